"""Lists made of what came of a mailing, and a new mailing to those whom it certainly did not reach."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, CharField, Count, Exists, OuterRef, Q, Value, When
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.log_actions import log

from backoffice.accounts.models import User
from backoffice.audiences.list_sets import lock_list, note_size
from backoffice.audiences.models import Audience, CustomerList
from backoffice.customers.models import Customer
from backoffice.lib.numbers import grouped
from backoffice.lib.said import kept, stored
from backoffice.mailings.given_back import RETURNED, WITHOUT_REASON
from backoffice.mailings.lifecycle import ENDED, Refused
from backoffice.mailings.models import Mailing, Message
from kannel.models import Event

State, Reason = Message.State, Message.Reason
# Our own verdicts on messages that may have arrived all the same.
NOBODY_KNOWS = (Reason.NO_RECEIPT, Reason.GIVEN_UP)
OWN_VERDICT = Q(reason__in=NOBODY_KNOWS)
SURELY_NOT = (
    Q(state__in=[State.UNDELIVERED, State.REJECTED, State.CANCELLED])
    | Q(state__in=[State.EXPIRED, State.FAILED]) & ~OWN_VERDICT
)
LISTS, RESEND = "audiences.add_customerlist", "mailings.add_mailing"
INSERT = """
INSERT INTO audiences_listmember (customer_list_id, customer_id)
SELECT DISTINCT %s::bigint, customer_id FROM ({chosen}) AS result (customer_id) ORDER BY customer_id
"""


@dataclass(frozen=True)
class Result:
    """One kind of outcome. ``words`` complete "those …"."""

    condition: Q
    label: str | Promise
    words: str | Promise


RESULTS = {
    "delivered": Result(
        Q(state=State.DELIVERED),
        gettext_lazy("Delivered"),
        gettext_lazy("“%(mailing)s” was delivered to them"),
    ),
    "not_reached": Result(
        SURELY_NOT,
        gettext_lazy("Certainly not received"),
        gettext_lazy("“%(mailing)s” certainly did not reach them"),
    ),
    "unknown": Result(
        Q(state__in=[State.SUBMITTING, State.UNCERTAIN, State.ACCEPTED, State.SENT]) | OWN_VERDICT,
        gettext_lazy("Nobody can say"),
        gettext_lazy("“%(mailing)s” may have reached them, and nobody can say"),
    ),
    "left_out": Result(
        Q(state=State.EXCLUDED), gettext_lazy("Left out"), gettext_lazy("they were left out of “%(mailing)s”")
    ),
    "held_out": Result(
        Q(state=State.HELD_OUT), gettext_lazy("Held out"), gettext_lazy("they were held out of “%(mailing)s”")
    ),
}


def condition_of(mailing: Mailing, name: str) -> Q:
    """Which messages have this outcome.

    The end of a message says nothing about an earlier try of which nobody knows whether it had left.
    """
    condition = RESULTS[name].condition
    if name == "not_reached":
        return condition & ~_may_have_left_before(mailing)
    if name == "unknown":
        return condition | SURELY_NOT & _may_have_left_before(mailing)
    return condition


def _may_have_left_before(mailing: Mailing) -> Q:
    """Sent again without knowing (by the mailing's policy), or given back by a link that was taken out while it submitted.

    Of a text of several parts that was refused without a reason, some parts may have left.
    """
    was_tried_before = Q(attempt__gt=1) | Q(attempt=1, state=State.CANCELLED)
    was_tried_before |= Q(attempt=1, reason=Reason.WINDOW_CLOSED)
    without_word = (RETURNED, WITHOUT_REASON)
    is_given_back = Q(error__in=without_word)
    if mailing.uncertain_policy == Mailing.UncertainPolicy.SEND_AGAIN:
        return is_given_back | was_tried_before
    given_back = Event.objects.filter(
        kind=Event.Kind.REPORT, message_id=OuterRef("pk"), text__in=without_word
    )
    return is_given_back | was_tried_before & Q(Exists(given_back))


def counts(mailing: Mailing) -> dict[str, int]:
    """How many messages have each outcome; 0 for those that none has. One statement."""
    kinds = [When(condition_of(mailing, name), then=Value(name)) for name in RESULTS]
    rows = (
        Message.objects.of(mailing)
        .order_by()
        .values_list(Case(*kinds, default=Value(""), output_field=CharField()))
        .annotate(count=Count("id"))
    )
    found = dict(rows)
    return {name: found.get(name, 0) for name in RESULTS}


def list_of(mailing: Mailing, result: str, name: str, by: User) -> CustomerList:
    """A list that keeps who has this outcome now. In one transaction; customers who were erased are not on it.

    :raises Refused: when the person may not make lists, the mailing has no result yet, or the name is taken.
    """
    if not by.has_perm(LISTS):
        raise Refused(_("Your role does not allow this."))
    if mailing.planned_count is None:
        raise Refused(_("This mailing has no plan yet, so it has no result."))
    if CustomerList.objects.filter(name=name).exists():
        raise Refused(_("There is a list of this name already. Choose another name."))
    with transaction.atomic():
        made = CustomerList.objects.create(
            name=name,
            kind=CustomerList.Kind.FROZEN,
            created_by=by,
            frozen_from=mailing.name,
            frozen_sentence=kept(lambda: sentence(mailing, result)),
            frozen_at=timezone.now(),
        )
        made.members_count = _fill(made, mailing, result)
        data = {"state": mailing.state, "comment": made.name}
        log(mailing, "mailings.list_of_result", user=by, data=data)
    return made


def sentence(mailing: Mailing, result: str) -> str:
    """Who has this outcome, in words."""
    words = str(RESULTS[result].words) % {"mailing": mailing.name}
    return f"{words[:1].upper()}{words[1:]}."


def _fill(made: CustomerList, mailing: Mailing, result: str) -> int:
    """Puts them on the list. Returns how many there are."""
    is_there = Exists(Customer.objects.filter(pk=OuterRef("customer_id")))
    chosen = Message.objects.of(mailing).filter(condition_of(mailing, result)).filter(is_there)
    sql, params = chosen.order_by().values("customer_id").query.sql_with_params()
    with connection.cursor() as cursor:
        lock_list(cursor, made.pk)
        cursor.execute(INSERT.format(chosen=sql), [made.pk, *params])
        return note_size(cursor, made.pk)


def reason_not_to_resend(mailing: Mailing, by: User) -> str:
    """Why no mailing to the rest can be made now, and what to do; empty if it can."""
    rights = (RESEND, LISTS, "audiences.add_audience")
    if not all(by.has_perm(right) for right in rights):
        return _("Your role does not allow this.")
    if mailing.state not in ENDED:
        return _("Wait until this mailing has ended: what is on its way may still arrive.")
    return ""


def resend(mailing: Mailing, by: User) -> Mailing:
    """A new draft with the same answers, to those whom this one certainly did not reach. Whoever may have it is not among them.

    They are kept as a frozen list; should a receipt still come for one of them, the new plan leaves that customer out.

    :raises Refused: when it cannot be made, or there is nobody.
    """
    if reason := reason_not_to_resend(mailing, by):
        raise Refused(reason)
    moment = date_format(timezone.localtime(), "SHORT_DATETIME_FORMAT")
    words = {"name": mailing.name[:70], "when": moment}
    name = _("Not reached by “%(name)s”, %(when)s") % words
    # Twice within a minute, or by the same name on the same day: each gets its own.
    taken = CustomerList.objects.filter(name__startswith=name).count()
    name = f"{name} ({taken + 1})" if taken else name
    with transaction.atomic():
        rest = list_of(mailing, "not_reached", name, by)
        if not rest.members_count:
            raise Refused(_("There is nobody whom this mailing certainly did not reach."))
        audience = Audience.objects.create(name=name, rules=_rules(rest, mailing))
        draft = copy_of(mailing)
        draft.name = (_("%(name)s, to the rest") % {"name": mailing.name[:100]})[:120]
        draft.audience, draft.created_by = audience, by
        draft.starts_at = draft.ends_at = None
        draft.save()
        comment = stored(partial(_resent_words, mailing, rest.members_count))
        log(draft, "mailings.resend", user=by, data={"state": draft.state, "comment": comment})
    return draft


def _resent_words(mailing: Mailing, count: int) -> str:
    people = ngettext("%(count)s customer", "%(count)s customers", count) % {"count": grouped(count)}
    return f"“{mailing.name}”, {people}"


def _rules(rest: CustomerList, mailing: Mailing) -> list[dict[str, Any]]:
    arrived = {"mailing": str(mailing.pk), "whether": "no", "fate": "delivered"}
    return [
        {"type": "on_list", "value": {"is_or_not": "in", "lists": [str(rest.pk)]}},
        {"type": "got_mailing", "value": arrived},
    ]


def copy_of(mailing: Mailing) -> Mailing:
    """A new draft, not saved, with the same answers; plan, approval and history stay with the old one."""
    fields = [field.attname for field in Mailing._meta.concrete_fields if field.editable]
    return Mailing(**{name: getattr(mailing, name) for name in fields if name != "id"})
