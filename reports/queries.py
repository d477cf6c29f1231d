"""The numbers of reports, counted by the database in sets: one statement for each question."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.cache import cache
from django.db.models import Case, Count, F, IntegerField, Max, Min, Q, Sum, Value, When
from django.db.models.functions import Coalesce, TruncHour, TruncMinute
from django.utils import timezone

from backoffice.mailings import ledger
from backoffice.mailings.comparing import Score, scores
from backoffice.mailings.models import Click, Mailing, Message, ShortLink
from backoffice.mailings.reasons import counted

State = Message.State
# A page and the figures on it ask for the same numbers within moments.
KEPT_SECONDS = 10
MINUTES_DRAWN = timedelta(hours=12)
REASONS_SHOWN = 10
# Upper ends of the classes of delivery time.
DELIVERY_CLASSES = (
    timedelta(seconds=5),
    timedelta(seconds=10),
    timedelta(seconds=30),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
)


@dataclass(frozen=True)
class Pace:
    """Messages an interval: its start, taken by operators, delivered."""

    interval: timedelta
    points: list[tuple[datetime, int, int]]


@dataclass(frozen=True)
class Followed:
    """A link of a mailing: how many people followed it, how often in all, and how often a robot fetched it."""

    address: str
    people: int
    clicks: int
    robots: int


@dataclass(frozen=True)
class Numbers:
    """All that the report of a mailing shows."""

    ledger: ledger.Ledger
    taken: int
    pace: Pace
    delivery: list[int]
    outcomes: list[tuple[str, dict[str, int]]]
    costs: list[tuple[str, int, Decimal]]
    reasons: list[tuple[str, int]]
    texts: list[Score]
    """Only of a mailing that compares several."""
    links: list[Followed]
    followers: int
    """People who followed at least one of its links."""
    counted_at: datetime


def numbers(mailing: Mailing) -> Numbers:
    """The numbers of a mailing, at most ten seconds old."""
    key = f"reports:{mailing.pk}:{mailing.planned_at}".replace(" ", "T")
    found: Numbers | None = cache.get(key)
    if found is None:
        found = count(mailing)
        cache.set(key, found, KEPT_SECONDS)
    return found


def count(mailing: Mailing) -> Numbers:
    outcomes = outcomes_by_operator(mailing)
    return Numbers(
        ledger=ledger.ledger(mailing.pk),
        taken=sum(sum(states.values()) for _operator, states in outcomes),
        pace=pace(mailing),
        delivery=delivery_times(mailing),
        outcomes=outcomes,
        costs=costs_by_operator(mailing),
        reasons=reasons(mailing),
        texts=scores(mailing) if mailing.compares else [],
        links=links(mailing),
        followers=followers(mailing),
        counted_at=timezone.now(),
    )


def _sent(mailing: Mailing) -> Any:
    return Message.objects.of(mailing).filter(sent_at__isnull=False)


def pace(mailing: Mailing) -> Pace:
    """Taken and delivered messages by the minute, or by the hour when it went on for more than half a day."""
    ends = _sent(mailing).aggregate(first=Min("sent_at"), last=Max("sent_at"), final=Max("final_at"))
    if ends["first"] is None:
        return Pace(timedelta(minutes=1), [])
    last = max(moment for moment in (ends["last"], ends["final"]) if moment)
    by_hour = last - ends["first"] > MINUTES_DRAWN
    truncated, interval = (TruncHour, timedelta(hours=1)) if by_hour else (TruncMinute, timedelta(minutes=1))
    taken = _by(truncated("sent_at"), _sent(mailing))
    delivered = _by(truncated("final_at"), _sent(mailing).filter(state=State.DELIVERED))
    start = min([*taken, *delivered])
    steps = (max([*taken, *delivered]) - start) // interval
    moments = [start + interval * step for step in range(steps + 1)]
    return Pace(interval, [(at, taken.get(at, 0), delivered.get(at, 0)) for at in moments])


def _by(moment: Any, messages: Any) -> dict[datetime, int]:
    rows = messages.annotate(at=moment).values_list("at").annotate(count=Count("id")).order_by("at")
    return {at: number for at, number in rows if at}


def delivery_times(mailing: Mailing) -> list[int]:
    """How many were delivered within each class of DELIVERY_CLASSES, and last: how many took longer."""
    whens = [
        When(final_at__lte=F("sent_at") + limit, then=Value(index))
        for index, limit in enumerate(DELIVERY_CLASSES)
    ]
    rows = (
        _sent(mailing)
        .filter(state=State.DELIVERED, final_at__isnull=False)
        .annotate(bucket=Case(*whens, default=Value(len(DELIVERY_CLASSES)), output_field=IntegerField()))
        .values_list("bucket")
        .annotate(count=Count("id"))
        .order_by("bucket")
    )
    counted = dict(rows)
    return [counted.get(index, 0) for index in range(len(DELIVERY_CLASSES) + 1)]


def outcomes_by_operator(mailing: Mailing) -> list[tuple[str, dict[str, int]]]:
    """For each operator: of the messages it took, how many are in which state."""
    rows = (
        _sent(mailing)
        .values_list("connection__operator__name", "state")
        .annotate(count=Count("id"))
        .order_by("connection__operator__name")
    )
    found: dict[str, dict[str, int]] = {}
    for operator, state, number in rows:
        found.setdefault(operator or "–", {})[state] = number
    return list(found.items())


def costs_by_operator(mailing: Mailing) -> list[tuple[str, int, Decimal]]:
    """For each operator: parts it took and what they cost, dearest first."""
    return list(
        _sent(mailing)
        .values_list("connection__operator__name")
        .annotate(parts_taken=Sum("parts"), cost_taken=Sum("cost"))
        .order_by("-cost_taken", "connection__operator__name")
    )


def reasons(mailing: Mailing) -> list[tuple[str, int]]:
    """Why messages did not arrive, in plain words; most frequent first, the rest together."""
    return counted(Message.objects.of(mailing), REASONS_SHOWN)


def links(mailing: Mailing) -> list[Followed]:
    """The links that stand in its texts, the most followed first."""
    by_people = Q(clicks__is_robot=False)
    rows = (
        ShortLink.objects.filter(mailing=mailing)
        .annotate(
            people=Count("clicks", filter=by_people),
            times=Coalesce(Sum("clicks__clicks", filter=by_people), 0),
            robots=Coalesce(Sum("clicks__clicks", filter=~by_people), 0),
        )
        .order_by("-people", "id")
    )
    return [Followed(link.address, link.people, link.times, link.robots) for link in rows]


def followers(mailing: Mailing) -> int:
    """How many people followed any of its links; who followed two is one."""
    people = Click.objects.filter(link__mailing=mailing, is_robot=False).values("customer").distinct()
    return people.count()
