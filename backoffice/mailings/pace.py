"""How much may be inside Kannel: enough that it never waits for us, so little that pausing works within seconds."""

import time
from contextlib import suppress
from dataclasses import dataclass, field

from django.core.cache import cache
from redis.exceptions import RedisError

# A message counts as inside until we have applied the report that it left, which takes about a second. So three seconds
# of traffic here are two in Kannel's queue, which pausing cannot call back (budget: the last one leaves within 3 s).
SECONDS_INSIDE_KANNEL = 3.0
AT_LEAST = 100
# The first receipts need a moment; until then the contract's rate is believed.
AT_FIRST = 1000
WARM_UP_SECONDS = 2.0
# Kannel refuses more per connection (sms-outgoing-queue-limit in the rendered configuration).
AT_MOST = 4500
MEASURED_EACH_SECONDS = 0.25
# A turn after another one goes on as it was; of the first 1000 alone nothing would leave until most of them have.
KEPT_SECONDS = 10
# Weight of the newest measurement in the average.
NEWEST = 0.5


@dataclass
class Pace:
    """A window over one connection that follows the measured rate of departures.

    :param departures_per_second: as the turn before has measured it, 0 if that is not known.
    """

    throughput_per_second: int
    limit: int = AT_FIRST
    inside: int = 0
    departures_per_second: float = 0.0
    _measured_at: float = field(default=0.0)
    _warm_at: float = field(default=0.0)

    def __post_init__(self) -> None:
        self.limit = max(min(self.limit, self._most()), self._limit_for(self.departures_per_second))

    def is_due(self) -> bool:
        return time.monotonic() - self._measured_at >= MEASURED_EACH_SECONDS

    def update(self, inside: int, now: float | None = None) -> None:
        """Takes a count of the messages inside Kannel and draws the limit from what has left since the last one."""
        now = time.monotonic() if now is None else now
        if self._measured_at:
            left = max(0, self.inside - inside)
            rate = left / (now - self._measured_at)
            if self.departures_per_second:
                rate = NEWEST * rate + (1 - NEWEST) * self.departures_per_second
            self.departures_per_second = rate
            if now >= self._warm_at:
                self.limit = self._limit_for(rate)
        else:
            self._warm_at = now + WARM_UP_SECONDS
        self.inside = inside
        self._measured_at = now

    def _limit_for(self, departures_per_second: float) -> int:
        most = self._most()
        wanted = int(departures_per_second * SECONDS_INSIDE_KANNEL)
        return max(min(AT_LEAST, most), min(wanted, most))

    def _most(self) -> int:
        return min(AT_MOST, int(self.throughput_per_second * SECONDS_INSIDE_KANNEL))

    def room(self) -> int:
        return self.limit - self.inside

    def handed_over(self, count: int) -> None:
        self.inside += count

    def returned(self, count: int) -> None:
        self.inside -= count


def kept_departures(connection_id: int) -> float:
    """Departures a second over a connection in the turn just before this one, whoever had it; 0 without one."""
    with suppress(RedisError):
        return float(cache.get(_key(connection_id), 0.0))
    return 0.0


def keep_departures(connection_id: int, departures_per_second: float) -> None:
    """For the next turn. Without Redis it begins slowly."""
    with suppress(RedisError):
        cache.set(_key(connection_id), departures_per_second, KEPT_SECONDS)


def _key(connection_id: int) -> str:
    return f"parley:departures:{connection_id}"
