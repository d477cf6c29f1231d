"""When a customer may be written to: within the mailing's hours, on the customer's own clock."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings

DEFAULT_LENGTH = timedelta(days=1)


@dataclass(frozen=True)
class Hours:
    """From when to when on each day, by the local clock. Both the same: at any hour."""

    local_from: time
    local_to: time

    def windows(
        self, zone: ZoneInfo, starts: datetime, ends: datetime
    ) -> Iterator[tuple[datetime, datetime]]:
        """Every permitted stretch between two moments, in order, as UTC."""
        if self.local_from == self.local_to:
            yield starts, ends
            return
        day = starts.astimezone(zone).date()
        while True:
            opens = datetime.combine(day, self.local_from, zone).astimezone(UTC)
            closes = datetime.combine(day, self.local_to, zone).astimezone(UTC)
            if opens >= ends:
                return
            if closes > starts and closes > opens:
                yield max(opens, starts), min(closes, ends)
            day += timedelta(days=1)

    def span(self, zone: ZoneInfo, starts: datetime, ends: datetime) -> tuple[datetime, datetime] | None:
        """First and last permitted moment, or None if there is none."""
        windows = list(self.windows(zone, starts, ends))
        return (windows[0][0], windows[-1][1]) if windows else None

    def now(self, zone: ZoneInfo, now: datetime) -> tuple[datetime | None, datetime]:
        """When the present stretch closes (None: it is closed now), and when the next one opens."""
        following = self.windows(zone, now, now + timedelta(days=3))
        opens, closes = next(following)
        if opens > now:
            return None, opens
        later = next(following, None)
        return closes, later[0] if later else closes


@lru_cache
def zone_named(name: str) -> ZoneInfo:
    """The zone of that name; the company's own where the name is empty or unknown."""
    try:
        return ZoneInfo(name or settings.TIME_ZONE)
    except (ValueError, OSError, KeyError):
        return ZoneInfo(settings.TIME_ZONE)
