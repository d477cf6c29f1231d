"""Who is left out of every mailing, whatever its audience: the same sets of customers for the plan and for the count.

The plan joins each set once (``Ground.customers``); the panel beside the audience editor asks for each customer
(``Ground.condition``), because it looks at a sample. Both are made of the same rows, so they cannot disagree.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from backoffice.audiences.everyone import Rule
from backoffice.audiences.models import CustomerList, ListMember
from backoffice.customers.models import Consent, Contact, Customer, NumberKind
from backoffice.mailings.contact_rules import ContactRules
from backoffice.mailings.models import Mailing, Message
from kannel.monthly import first_id

State = Mailing.State
Reason = Message.Reason

# E.164: a plus, no leading zero, at most 15 digits; the shortest subscriber numbers in use have 7.
IS_NUMBER = r"^\+[1-9][0-9]{6,14}$"
# Mailings whose waiting messages will leave; a plan that nobody submitted may be forgotten.
UNDER_WAY = (State.SUBMITTED, State.APPROVED, State.RUNNING, State.PAUSED)
# Handed over, and nobody has told yet whether an operator took it.
HANDED_OVER = ("submitting", "uncertain", "accepted")


@dataclass(frozen=True)
class Ground:
    """A reason to leave out every customer of whom there are at least so many rows. The rows have a ``customer``."""

    reason: Reason
    rows: QuerySet[Any]
    at_least: int = 1

    def condition(self) -> Q:
        """On Customer. EXISTS, not IN: what does not fit into memory becomes index look-ups, never a loop in a loop."""
        return Q(Exists(self.rows.filter(customer=OuterRef("pk"))[self.at_least - 1 :]))

    def customers(self) -> QuerySet[Any]:
        """The ids of all of them, each once, to be joined."""
        ids = self.rows.order_by().values("customer_id")
        found: QuerySet[Any] = ids.distinct()
        if self.at_least > 1:
            found = ids.annotate(rows=Count("customer_id")).filter(rows__gte=self.at_least)
            found = found.values("customer_id")
        return found


class Listed:
    """On any list of customers never to write to, or with the number of somebody who is."""

    reason = Reason.EXCLUDED_LIST

    def __init__(self) -> None:
        self._members = ListMember.objects.filter(customer_list__kind=CustomerList.Kind.EXCLUSION)

    def condition(self) -> Q:
        """On Customer, as Ground has it."""
        return Q(Exists(self._members.filter(customer=OuterRef("pk")))) | ~Q(phone="") & Q(
            Exists(self._members.filter(customer__phone=OuterRef("phone")))
        )

    def customers(self) -> QuerySet[Any]:
        """The ids of all of them, each once, to be joined."""
        numbers = self._members.exclude(customer__phone="").values("customer__phone")
        same_number = Customer.objects.filter(phone__in=numbers).order_by().values("pk")
        return self._members.order_by().values("customer_id").union(same_number)


def grounds(rules: ContactRules, starts: datetime, mailing: Mailing | None = None) -> list[Ground]:
    """What earlier messages tell, in the order of the rules, for a mailing that starts then.

    :param mailing: it does not count against itself, and its own limit comes beside that of everybody.
    """
    found = []
    if rules.unreachable_days:
        found.append(_unreachable(rules, starts))
    if rules.one_mailing_a_day:
        found.append(_in_another(rules.purpose, starts, mailing))
    caps = [(rules.cap_messages, rules.cap_days)]
    if mailing:
        caps.append((mailing.cap_messages, mailing.cap_days))
    found += [
        _capped(rules.purpose, messages, starts - timedelta(days=days), mailing)
        for messages, days in caps
        if messages
    ]
    return found


def taken_meanwhile(mailing: Mailing) -> tuple[str, int] | None:
    """Whether a plan would have to leave out more by now, because another mailing was submitted after it was made.

    The reason in words and how many of its recipients it concerns; None if the plan stands. The two would otherwise
    reach the same people on one day, or more often than the rules allow, as neither plan knew of the other.
    """
    submitted = Mailing.objects.filter(purpose=mailing.purpose, submitted_at__gte=mailing.planned_at)
    if not submitted.exclude(pk=mailing.pk).exists():
        return None
    starts = max(mailing.starts_at or timezone.now(), timezone.now())
    waiting = Message.objects.of(mailing).waiting()
    for ground in grounds(ContactRules.of(mailing.purpose), starts, mailing):
        if count := waiting.filter(customer__in=ground.customers()).count():
            return str(ground.reason.label), count
    return None


def rules_for(purpose: str, audience: Q) -> list[Rule]:
    """The rules for a mailing of that purpose to those customers, if it were planned now, in the order of planning.

    What depends on the mailing itself is not among them: its hours, its operators, its text.
    """
    rules = ContactRules.of(purpose)
    found = [(Reason.OPTED_OUT, _opted_out(purpose))]
    if rules.leaves_out_lists:
        found.append((Reason.EXCLUDED_LIST, Listed().condition()))
    if rules.needs_consent:
        found.append((Reason.NO_CONSENT, ~Q(Exists(_said(purpose, "given").filter(customer=OuterRef("pk"))))))
    found.append((Reason.INVALID_NUMBER, ~Q(phone__regex=IS_NUMBER)))
    found.append(
        (Reason.NOT_MOBILE, Q(Exists(NumberKind.objects.without_sms().filter(phone=OuterRef("phone")))))
    )
    found += [(ground.reason, ground.condition()) for ground in grounds(rules, timezone.now())]
    if rules.once_a_number:
        found.append((Reason.DUPLICATE, _is_second(audience, [condition for _reason, condition in found])))
    return [Rule(reason.value, str(reason.label), condition) for reason, condition in found]


def _said(purpose: str, state: str) -> QuerySet[Consent]:
    return Consent.objects.filter(purpose=purpose, superseded_at=None, state=state)


def _opted_out(purpose: str) -> Q:
    """Under this name or, by the same number, under another one."""
    same_number = {"phone": OuterRef("phone")}
    return (
        Q(is_blocked=True)
        | Q(Exists(_said(purpose, "withdrawn").filter(customer=OuterRef("pk"))))
        | ~Q(phone="")
        & (
            Q(Exists(Customer.objects.filter(is_blocked=True, **same_number)))
            | Q(Exists(_said(purpose, "withdrawn").filter(customer__phone=OuterRef("phone"))))
        )
    )


def _is_second(audience: Q, left_out: Iterable[Q]) -> Q:
    """Somebody in the audience, known longer and not left out, has the same number."""
    first = Customer.objects.filter(audience, phone=OuterRef("phone"), pk__lt=OuterRef("pk"))
    for condition in left_out:
        first = first.filter(~condition)
    # Thousands have no number at all: each of them would be compared with all others (3 000 customers: 700 ms, not 20).
    return ~Q(phone="") & Q(Exists(first.order_by()))


def _unreachable(rules: ContactRules, starts: datetime) -> Ground:
    """The last outcome was a failure, and nothing was delivered for so long; until it is time to try again."""
    silent_since = starts - timedelta(days=rules.unreachable_days)
    return Ground(
        Reason.UNREACHABLE,
        Contact.objects.filter(
            Q(last_delivered_at__lt=F("last_failed_at"), last_delivered_at__lte=silent_since)
            | Q(last_delivered_at=None, customer__created_at__lte=silent_since),
            last_failed_at__gt=starts - timedelta(days=rules.retry_days),
        ),
    )


def _in_another(purpose: str, starts: datetime, mailing: Mailing | None) -> Ground:
    """Another mailing wrote to them on the day of the start, or is going to. The day is the company's own."""
    day = timezone.localdate(starts)
    opens = timezone.make_aware(datetime.combine(day, time()))
    closes = timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))
    return Ground(
        Reason.OTHER_MAILING,
        _messages_since(purpose, opens, mailing).filter(
            Q(state="waiting", earliest_at__lt=closes, latest_at__gt=opens)
            | Q(state__in=HANDED_OVER, submitted_at__gte=opens, submitted_at__lt=closes)
            | Q(sent_at__gte=opens, sent_at__lt=closes)
        ),
    )


def _capped(purpose: str, messages: int, since: datetime, mailing: Mailing | None) -> Ground:
    """A message counts from the moment its mailing is submitted; what nobody can have received does not."""
    return Ground(
        Reason.CAPPED,
        _messages_since(purpose, since, mailing).filter(
            Q(state="waiting") | Q(state__in=HANDED_OVER, submitted_at__gte=since) | Q(sent_at__gte=since)
        ),
        at_least=messages,
    )


def _messages_since(purpose: str, since: datetime, mailing: Mailing | None) -> QuerySet[Message]:
    """Messages of mailings that may have written to somebody since then; the ids let PostgreSQL skip all others."""
    others = Mailing.objects.filter(purpose=purpose).filter(
        Q(state__in=UNDER_WAY)
        | Q(state=State.FINISHED, finished_at__gte=since)
        # What had left before somebody cancelled it is followed to its end after that.
        | Q(state=State.CANCELLED, finished_at__gte=since - timedelta(days=7))
    )
    if mailing:
        others = others.exclude(pk=mailing.pk)
    # Written at most so long before it left; a plan older than that is not started (lifecycle).
    oldest = first_id((since - timedelta(days=31)).date())
    ids = list(others.order_by("pk").values_list("pk", flat=True))
    return Message.objects.filter(id__gte=oldest, mailing__in=ids)
