"""Trying a mailing out: its texts as chosen customers would get them, sent to telephones of employees.

What is tried goes the way of a test message over one connection. It is no message of the plan, and no ledger counts it.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial

from django.db import transaction
from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.log_actions import log

from backoffice.accounts.models import User
from backoffice.customers.disguise import disguised
from backoffice.lib.numbers import grouped
from backoffice.lib.said import stored
from backoffice.mailings.lifecycle import Refused
from backoffice.mailings.models import Mailing, Trial
from backoffice.mailings.trial_texts import Sample, as_sent
from backoffice.mailings.trial_ways import Way
from backoffice.operators import tasks
from kannel.models import TestMessage

State = Mailing.State
TRIABLE = frozenset(State) - {State.PLANNING, State.FINISHED, State.CANCELLED}
TRIALS_A_DAY = 20
KEPT = timedelta(days=30)
PEOPLE_FOUND = 20


@dataclass(frozen=True)
class Planned:
    """One message that a click would send."""

    person: User
    sample: Sample
    way: Way

    @property
    def cost(self) -> Decimal:
        return self.way.price * self.sample.parts


def may_try(user: User) -> bool:
    """Whoever writes or submits mailings."""
    return user.has_perm("mailings.change_mailing") or user.has_perm("mailings.submit_mailing")


def people(ids: Iterable[int]) -> list[User]:
    """Of these employees those who have entered a number of their own: nobody else is written to."""
    return list(_with_number().filter(pk__in=list(ids)).order_by("last_name", "first_name", "username"))


def find_people(words: str) -> list[User]:
    """Employees with a number whose name or login has these words in it."""
    found = Q()
    for word in words.split():
        found &= Q(first_name__icontains=word) | Q(last_name__icontains=word) | Q(username__icontains=word)
    return list(_with_number().filter(found).order_by("last_name", "first_name", "username")[:PEOPLE_FOUND])


def left_today(person: User) -> int:
    """How many tests somebody may still send today."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return max(0, TRIALS_A_DAY - Trial.objects.filter(sent_by=person, sent_at__gte=midnight).count())


def send(mailing: Mailing, by: User, planned: Sequence[Planned]) -> uuid.UUID:
    """Sends test messages. Returns what they have in common.

    :raises Refused: when the person, the state or the number of tests of a day does not allow it.
    """
    if not may_try(by):
        raise Refused(_("Your role does not allow this."))
    if not planned:
        raise Refused(_("Choose at least one person and one text."))
    batch = uuid.uuid4()
    with transaction.atomic():
        # Of two clicks the second sees what the first has sent.
        User.objects.select_for_update().get(pk=by.pk)
        present = Mailing.objects.get(pk=mailing.pk)
        if present.state not in TRIABLE:
            raise Refused(
                _("The mailing is now “%(state)s”, so this is not possible.")
                % {"state": present.get_state_display()}
            )
        if len(planned) > (left := left_today(by)):
            raise Refused(_too_many(len(planned), left))
        texts = as_sent(present, [one.sample for one in planned])
        for one, text in zip(planned, texts, strict=True):
            # What leaves for the telephones of employees names no customer.
            _send_one(present, by, one, disguised(text, one.sample.customer), batch)
        comment = stored(partial(_messages_words, len(planned)))
        log(present, "mailings.tried", user=by, data={"state": present.state, "comment": comment})
    return batch


def _send_one(mailing: Mailing, by: User, planned: Planned, text: str, batch: uuid.UUID) -> None:
    message = TestMessage.objects.create(
        connection=planned.way.connection,
        phone=planned.person.phone,
        sender=mailing.sender,
        text=text,
        created_by=by,
    )
    Trial.objects.create(
        mailing=mailing,
        batch=batch,
        test_message=message,
        customer_id=planned.sample.customer.pk,
        sent_by=by,
        to=planned.person,
        parts=planned.sample.parts,
        cost=planned.cost,
        currency=planned.way.currency,
    )
    transaction.on_commit(lambda: tasks.send_test(message.pk))


def forget_old() -> None:
    """Texts with values of customers, and numbers of employees, are not kept for longer than anybody asks for them."""
    old = Trial.objects.filter(sent_at__lt=timezone.now() - KEPT)
    TestMessage.objects.filter(pk__in=old.values("test_message")).delete()


def cost_words(planned: Sequence[Planned]) -> str:
    """What a click would send and cost; empty where nothing is chosen."""
    if not planned:
        return ""
    words = {
        "count": grouped(len(planned)),
        "parts": grouped(sum(one.sample.parts for one in planned)),
        "cost": grouped(sum((one.cost for one in planned), Decimal(0)), 2),
        "currency": planned[0].way.currency,
    }
    return (
        ngettext(
            "%(count)s test message, parts: %(parts)s, about %(cost)s %(currency)s.",
            "%(count)s test messages, parts: %(parts)s, about %(cost)s %(currency)s.",
            len(planned),
        )
        % words
    )


def left_words(person: User) -> str:
    """The limit of a day as a sentence."""
    return _("Of %(all)s test messages a day you have %(left)s left.") % {
        "all": grouped(TRIALS_A_DAY),
        "left": grouped(left_today(person)),
    }


def so_far_words(mailing: Mailing) -> str:
    """What tests of a mailing have cost until now; empty if there were none."""
    rows = (
        mailing.trials.values("currency").annotate(count=Count("pk"), cost=Sum("cost")).order_by("currency")
    )
    return " ".join(
        ngettext(
            "So far %(count)s test message of this mailing has cost about %(cost)s %(currency)s.",
            "So far %(count)s test messages of this mailing have cost about %(cost)s %(currency)s.",
            row["count"],
        )
        % {"count": grouped(row["count"]), "cost": grouped(row["cost"], 2), "currency": row["currency"]}
        for row in rows
    )


def _with_number() -> QuerySet[User]:
    return User.objects.filter(is_active=True).exclude(phone="")


def _too_many(wanted: int, left: int) -> str:
    return _(
        "That would be %(wanted)s test messages, and you have %(left)s of %(all)s left today. Choose fewer people or texts."
    ) % {"wanted": grouped(wanted), "left": grouped(left), "all": grouped(TRIALS_A_DAY)}


def _messages_words(count: int) -> str:
    return ngettext("%(count)s message", "%(count)s messages", count) % {"count": grouped(count)}
