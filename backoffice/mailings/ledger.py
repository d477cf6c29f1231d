"""The account of a mailing. It must balance at every moment: what was planned is the sum of what became of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count, Q, Sum
from django.utils import timezone

from backoffice.mailings.models import Mailing, Message
from backoffice.mailings.querysets import OPEN
from backoffice.mailings.reasons import Problem, explained

State = Message.State
RATE_SECONDS = 30
# Most receipts come within a minute; a telephone that is off keeps a few of them back for hours, not half of them.
RECEIPT_DUE_AFTER = timedelta(minutes=15)


@dataclass(frozen=True)
class Ledger:
    """planned = the sum of counts, or the mailing does not balance. Cost is of what operators took."""

    planned: int | None
    counts: dict[State, int]
    cost: Decimal
    planned_cost: Decimal
    currency: str
    parts_sent: int
    balanced: bool

    @property
    def to_send(self) -> int:
        """Messages that somebody is meant to receive."""
        return (self.planned or 0) - self.counts[State.EXCLUDED] - self.counts[State.HELD_OUT]

    @property
    def is_open(self) -> bool:
        return any(self.counts[State(state)] for state in OPEN)

    @property
    def ended(self) -> int:
        """Of those meant to be sent: how many have reached their end."""
        return self.to_send - sum(self.counts[State(state)] for state in OPEN)

    @property
    def finished_share(self) -> float:
        """0 to 1."""
        return self.ended / self.to_send if self.to_send else 1.0


@dataclass(frozen=True)
class OperatorLine:
    """What one connection carries of a mailing."""

    operator_id: int
    operator: str
    connection: str
    messages: int
    parts: int
    parts_sent: int
    planned_cost: Decimal
    sent: int
    delivered: int
    cost: Decimal
    waiting: int


@dataclass(frozen=True)
class Outcomes:
    """How the messages of a mailing end with one operator.

    ``due`` are those it took so long ago that a receipt should be there, ``without_receipt`` those of them that have none.
    """

    operator: str
    ended: int
    delivered: int
    due: int = 0
    without_receipt: int = 0


EMPTY = Ledger(None, dict.fromkeys(State, 0), Decimal(0), Decimal(0), "", 0, balanced=True)


def ledgers(mailing_ids: Iterable[int]) -> dict[int, Ledger]:
    """The ledger of each mailing that has a plan, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM mailings_ledger WHERE mailing_id = ANY(%s)", [list(mailing_ids)])
        assert cursor.description is not None
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, values, strict=True)) for values in cursor]
    return {row["mailing_id"]: _ledger(row) for row in rows}


def ledger(mailing_id: int) -> Ledger:
    """The ledger of one mailing; an empty one while it has no plan."""
    return ledgers([mailing_id]).get(mailing_id, EMPTY)


def _ledger(row: dict[str, Any]) -> Ledger:
    return Ledger(
        planned=row["planned"],
        counts={state: row[state.value] for state in State},
        cost=row["cost"],
        planned_cost=row["planned_cost"],
        currency=row["currency"],
        parts_sent=row["parts_sent"],
        balanced=row["balanced"],
    )


def by_operator(mailing_id: int) -> list[OperatorLine]:
    """One line for each connection that has messages of the mailing, dearest first."""
    sent = Q(sent_at__isnull=False)
    rows = (
        _messages(mailing_id)
        .exclude(connection=None)
        .exclude(state__in=(State.EXCLUDED, State.HELD_OUT))
        .values("connection__operator", "connection__operator__name", "connection__name")
        .annotate(
            messages=Count("id"),
            parts_planned=Sum("parts"),
            parts_taken=Sum("parts", filter=sent, default=0),
            cost_planned=Sum("cost"),
            messages_sent=Count("id", filter=sent),
            delivered=Count("id", filter=Q(state=State.DELIVERED)),
            cost_sent=Sum("cost", filter=sent, default=Decimal(0)),
            still_waiting=Count("id", filter=Q(state=State.WAITING)),
        )
        .order_by("-cost_planned", "connection__name")
    )
    return [
        OperatorLine(
            operator_id=row["connection__operator"],
            operator=row["connection__operator__name"],
            connection=row["connection__name"],
            messages=row["messages"],
            parts=row["parts_planned"],
            parts_sent=row["parts_taken"],
            planned_cost=row["cost_planned"],
            sent=row["messages_sent"],
            delivered=row["delivered"],
            cost=row["cost_sent"],
            waiting=row["still_waiting"],
        )
        for row in rows
    ]


def outcomes_by_operator(mailing_id: int) -> list[Outcomes]:
    """For each operator: messages it took that have an outcome, how many of them were delivered, and missing receipts."""
    due = Q(sent_at__lt=timezone.now() - RECEIPT_DUE_AFTER)
    rows = (
        _messages(mailing_id)
        .filter(sent_at__isnull=False)
        .values_list("connection__operator__name")
        .annotate(
            ended=Count("id", filter=~Q(state=State.SENT)),
            delivered=Count("id", filter=Q(state=State.DELIVERED)),
            due=Count("id", filter=due),
            without_receipt=Count("id", filter=due & Q(state=State.SENT)),
        )
        .order_by("connection__operator__name")
    )
    return [Outcomes(*row) for row in rows]


def exclusions(mailing_id: int) -> list[tuple[str, str, int]]:
    """Why recipients are left out: reason, its words, how many; most frequent first."""
    rows = (
        _messages(mailing_id)
        .filter(state=State.EXCLUDED)
        .values_list("reason")
        .annotate(count=Count("id"))
        .order_by("-count", "reason")
    )
    return [(reason, str(Message.Reason(reason).label), count) for reason, count in rows]


def problems(mailing_id: int, limit: int = 10) -> list[Problem]:
    """Why messages did not arrive, as sentences, and what to do; most frequent first."""
    return explained(_messages(mailing_id), limit)


def rate(mailing_id: int) -> float:
    """Messages a second that operators took within the last 30 seconds."""
    since = timezone.now() - timedelta(seconds=RATE_SECONDS)
    left: int = _messages(mailing_id).filter(sent_at__gte=since).count()
    return left / RATE_SECONDS


def _messages(mailing_id: int) -> Any:
    mailing = Mailing.objects.only("planned_at").filter(pk=mailing_id).first()
    return Message.objects.of(mailing) if mailing else Message.objects.none()
