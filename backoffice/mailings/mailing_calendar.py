"""Mailings by day: what starts when, how large it is, how long the operators are busy with it, and who gets several."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db import connection
from django.db.models import QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from backoffice.audiences.limits import within
from backoffice.lib.moments import company_zone
from backoffice.mailings.check.span import first_moments
from backoffice.mailings.models import Mailing, RouteChoice
from backoffice.mailings.recipients import recipients_of
from backoffice.mailings.rescheduling import is_movable
from kannel.models import Connection

State = Mailing.State
WITHOUT_A_DAY = (State.PLANNED, State.SUBMITTED, State.APPROVED)
SHOWN_WITHOUT_A_DAY = 20
# What an operator carries within a minute keeps nobody waiting.
WORTH_A_WORD_SECONDS = 60
# Comparing two plans of 1.9 million takes some seconds; nobody waits longer than this.
OVERLAP_WITHIN = timedelta(seconds=10)
# Messages that somebody is meant to receive, or was.
TO_SEND = "state NOT IN ('excluded', 'held_out', 'cancelled')"
# So much later than its start the first message of a mailing may leave: over days on which nothing may.
LATER = timedelta(days=7)
OVERLAP = f"""
SELECT one.mailing_id, other.mailing_id, count(*)
FROM mailings_message one
JOIN mailings_message other ON other.customer_id = one.customer_id AND other.mailing_id > one.mailing_id
WHERE one.mailing_id = ANY(%(ids)s) AND other.mailing_id = ANY(%(ids)s)
    AND one.{TO_SEND} AND other.{TO_SEND}
GROUP BY 1, 2
"""


@dataclass(frozen=True)
class Entry:
    """One mailing on its day. ``messages`` is None while it has no plan."""

    mailing: Mailing
    at: datetime
    messages: int | None
    is_movable: bool

    @property
    def clock(self) -> str:
        """What the company's clock shows then."""
        return f"{self.at.astimezone(company_zone()):%H:%M}"


@dataclass
class Day:
    """What starts on one day, and how long each operator is busy with it at its full speed, the busiest first."""

    day: date
    entries: list[Entry] = field(default_factory=list)
    busy: list[tuple[str, timedelta]] = field(default_factory=list)

    @property
    def messages(self) -> int:
        return sum(entry.messages or 0 for entry in self.entries)

    @property
    def planned(self) -> list[Mailing]:
        """Those whose recipients are known."""
        return [entry.mailing for entry in self.entries if entry.messages]


@dataclass(frozen=True)
class _Share:
    """What one operator carries of one mailing, as it was planned."""

    mailing_id: int
    operator_id: int
    operator: str
    messages: int
    parts: int


def days(first: date, last: date) -> dict[date, Day]:
    """Each day from the first to the last, both with theirs, with the mailings that start on it, or did."""
    found = {
        first + timedelta(days=number): Day(first + timedelta(days=number))
        for number in range((last - first).days + 1)
    }
    mailings = list(_starting(first - LATER, last))
    leaves = first_moments(mailings)
    shares = _shares([mailing.pk for mailing in mailings])
    recipients = recipients_of(mailings)
    for mailing in mailings:
        at = mailing.started_at or leaves.get(mailing.pk) or mailing.starts_at
        assert at is not None
        if day := found.get(timezone.localdate(at, company_zone())):
            day.entries.append(Entry(mailing, at, recipients.get(mailing.pk), is_movable(mailing)))
    speeds = _parts_per_second()
    for day in found.values():
        day.busy = _busy(
            [share for entry in day.entries for share in shares.get(entry.mailing.pk, ())], speeds
        )
    return found


def _starting(first: date, last: date) -> QuerySet[Mailing]:
    zone = company_zone()
    begins = datetime.combine(first, time(0), zone)
    ends = datetime.combine(last + timedelta(days=1), time(0), zone)
    at = Coalesce("started_at", "starts_at")
    return Mailing.objects.alias(at=at).filter(at__gte=begins, at__lt=ends).order_by("at", "pk")


def _shares(mailing_ids: Collection[int]) -> dict[int, list[_Share]]:
    """From the ways of the plans: some rows a mailing, however many messages it has."""
    rows = (
        RouteChoice.objects.filter(mailing__in=mailing_ids)
        .values_list("mailing", "operator", "operator__name")
        .annotate(messages=Sum("messages"), parts=Sum("parts"))
        .order_by("mailing", "operator")
    )
    found: dict[int, list[_Share]] = defaultdict(list)
    for row in rows:
        share = _Share(*row)
        found[share.mailing_id].append(share)
    return found


def _parts_per_second() -> dict[int, int]:
    """What each operator's connections in use may carry together."""
    used = Connection.objects.filter(is_enabled=True, gateway__is_enabled=True)
    rows = used.order_by().values_list("operator").annotate(speed=Sum("throughput_per_second"))
    return {operator: speed for operator, speed in rows if operator is not None}


def _busy(shares: Iterable[_Share], speeds: dict[int, int]) -> list[tuple[str, timedelta]]:
    seconds: dict[str, float] = defaultdict(float)
    for share in shares:
        if speed := speeds.get(share.operator_id):
            seconds[share.operator] += share.parts / speed
    ranked = sorted(seconds.items(), key=lambda one: (-one[1], one[0]))
    return [(operator, timedelta(seconds=busy)) for operator, busy in ranked if busy >= WORTH_A_WORD_SECONDS]


def without_a_day() -> list[Mailing]:
    """Mailings under way to their start that begin as soon as they are approved, the newest first."""
    waiting = Mailing.objects.filter(state__in=WITHOUT_A_DAY, starts_at=None)
    return list(waiting.order_by("-pk")[:SHOWN_WITHOUT_A_DAY])


def overlaps(mailings: Sequence[Mailing]) -> list[tuple[Mailing, Mailing, int]]:
    """For each two of these mailings that share recipients: how many get both, most first.

    :raises CountTooSlowError: when the database needs too long for it.
    """
    by_id = {mailing.pk: mailing for mailing in mailings}

    def ask() -> list[tuple[int, int, int]]:
        with connection.cursor() as cursor:
            cursor.execute(OVERLAP, {"ids": list(by_id)})
            rows: list[tuple[int, int, int]] = cursor.fetchall()
            return rows

    found = within(OVERLAP_WITHIN, ask)
    return [(by_id[one], by_id[other], both) for one, other, both in sorted(found, key=lambda row: -row[2])]
