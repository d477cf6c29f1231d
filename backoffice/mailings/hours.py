"""When a customer may be written to: on allowed weekdays, within the hours, on the customer's own clock."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings

DEFAULT_LENGTH = timedelta(days=1)
# As in ISO 8601: Monday is 1.
EVERY_DAY = frozenset(range(1, 8))
MIDNIGHT = time(0)
# From any moment on, two stretches of the hours that open least often (once a week) begin within so long.
LOOKED_AHEAD = timedelta(days=15)


@dataclass(frozen=True)
class Hours:
    """From when to when, by the local clock, on each of some weekdays. Both the same: at any hour of them.

    Where a clock is put back or forward at that very time, the later opening and the earlier closing count.
    """

    local_from: time
    local_to: time
    weekdays: frozenset[int] = EVERY_DAY

    def __and__(self, other: "Hours") -> "Hours":
        """What both allow."""
        days = self.weekdays & other.weekdays
        if self.is_any_hour:
            return replace(other, weekdays=days)
        if other.is_any_hour:
            return replace(self, weekdays=days)
        opens, closes = max(self.local_from, other.local_from), min(self.local_to, other.local_to)
        return Hours(opens, closes, days) if opens < closes else NEVER

    @property
    def is_any_hour(self) -> bool:
        return self.local_from == self.local_to

    def windows(
        self, zone: ZoneInfo, starts: datetime, ends: datetime
    ) -> Iterator[tuple[datetime, datetime]]:
        """Every permitted stretch between two moments, in order, as UTC."""
        if self.is_any_hour and self.weekdays == EVERY_DAY:
            yield starts, ends
            return
        held: tuple[datetime, datetime] | None = None
        for opens, closes in self._days(zone, starts, ends):
            if held and held[1] == opens:
                held = held[0], closes
                continue
            if held:
                yield held
            held = opens, closes
        if held:
            yield held

    def span(self, zone: ZoneInfo, starts: datetime, ends: datetime) -> tuple[datetime, datetime] | None:
        """First and last permitted moment, or None if there is none."""
        windows = list(self.windows(zone, starts, ends))
        return (windows[0][0], windows[-1][1]) if windows else None

    def now(self, zone: ZoneInfo, now: datetime) -> tuple[datetime | None, datetime]:
        """When the present stretch closes (None: it is closed now), and when the next one opens.

        Hours that never open are said to open in a day, so that somebody looks again.
        """
        following = self.windows(zone, now, now + LOOKED_AHEAD)
        opens, closes = next(following, (now + DEFAULT_LENGTH, now))
        if opens > now:
            return None, opens
        later = next(following, None)
        return closes, later[0] if later else closes

    def _days(self, zone: ZoneInfo, starts: datetime, ends: datetime) -> Iterator[tuple[datetime, datetime]]:
        day, last = starts.astimezone(zone).date(), ends.astimezone(zone).date()
        while day <= last:
            if day.isoweekday() in self.weekdays:
                until = day + timedelta(days=1) if self.is_any_hour else day
                local_from, local_to = (
                    (MIDNIGHT,) * 2 if self.is_any_hour else (self.local_from, self.local_to)
                )
                opens = max(*_readings(day, local_from, zone), starts)
                closes = min(*_readings(until, local_to, zone), ends)
                if opens < closes:
                    yield opens, closes
            day += timedelta(days=1)


NEVER = Hours(MIDNIGHT, MIDNIGHT, frozenset())


def moment_at(day: date, at: time, zone: ZoneInfo) -> datetime:
    """When clocks of a zone show a time: for the first time where they do twice, an hour later where they skip it."""
    return datetime.combine(day, at.replace(fold=0), zone).astimezone(UTC)


def _readings(day: date, at: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The moments that a time may mean: one and the same, but for the hour that a clock shows twice or skips."""
    first, second = (datetime.combine(day, at.replace(fold=fold), zone).astimezone(UTC) for fold in (0, 1))
    return first, second


def zone_named(name: str) -> ZoneInfo:
    """The zone of that name; the company's own where the name is empty or unknown."""
    return _zone(name, settings.TIME_ZONE)


@lru_cache
def _zone(name: str, company: str) -> ZoneInfo:
    try:
        return ZoneInfo(name or company)
    except (ValueError, OSError, KeyError):
        return ZoneInfo(company)
