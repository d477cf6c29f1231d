"""Clicks: kept in Redis within the request, written to the database in sets."""

import json
import threading
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import redis
import structlog
from django.conf import settings
from django.db import connection
from redis.exceptions import RedisError

logger = structlog.get_logger(__name__)

WAITING = "parley:clicks"
BATCH = 10_000
TIMEOUT_SECONDS = 1.0
# While Redis is away; older ones are forgotten then.
IN_MEMORY_AT_MOST = 100_000

_APPLY = """
INSERT INTO mailings_click AS kept (link_id, customer_id, is_robot, first_at, last_at, clicks)
SELECT link_id, customer_id, is_robot, min(at), max(at), count(*)
FROM unnest(%s::int[], %s::bigint[], %s::timestamptz[], %s::bool[]) AS new (link_id, customer_id, at, is_robot)
WHERE EXISTS (SELECT FROM mailings_shortlink link WHERE link.id = link_id)
    AND EXISTS (SELECT FROM customers_customer customer WHERE customer.id = customer_id)
GROUP BY link_id, customer_id, is_robot
ON CONFLICT (link_id, customer_id, is_robot) DO UPDATE SET
    first_at = least(kept.first_at, excluded.first_at),
    last_at = greatest(kept.last_at, excluded.last_at),
    clicks = kept.clicks + excluded.clicks
"""


@dataclass(frozen=True)
class NewClick:
    """That a code was asked for."""

    link_id: int
    customer_id: int
    at: datetime
    is_robot: bool

    def pack(self) -> str:
        return json.dumps([self.link_id, self.customer_id, self.at.timestamp(), self.is_robot])


class Clicks:
    """Where clicks wait until they are applied."""

    def __init__(self) -> None:
        self._in_memory: deque[str] = deque(maxlen=IN_MEMORY_AT_MOST)
        self._one_at_a_time = threading.Lock()

    @cached_property
    def _redis(self) -> redis.Redis:
        return redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
        )

    def keep(self, click: NewClick) -> None:
        """Never fails: without Redis a click waits in memory for the next one that gets through."""
        with self._one_at_a_time:
            self._in_memory.append(click.pack())
            try:
                self._redis.rpush(WAITING, *self._in_memory)
            except RedisError as error:
                logger.warning("clicks_wait", error=type(error).__name__)
            else:
                self._in_memory.clear()

    def count(self) -> int:
        """How many wait in Redis."""
        return int(self._redis.llen(WAITING))

    def apply(self) -> int:
        """Writes what waits, by one worker at a time. Returns how many. One that dies here may count a batch twice."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(hashtext('clicks'), 0)")
            if not cursor.fetchone()[0]:
                return 0
            try:
                return self._apply_all(cursor)
            finally:
                cursor.execute("SELECT pg_advisory_unlock(hashtext('clicks'), 0)")

    def _apply_all(self, cursor: Any) -> int:
        applied = 0
        while packed := self._redis.lrange(WAITING, 0, BATCH - 1):
            rows = [json.loads(one) for one in packed]
            moments = [datetime.fromtimestamp(row[2], UTC) for row in rows]
            columns = [[row[0] for row in rows], [row[1] for row in rows], moments, [row[3] for row in rows]]
            cursor.execute(_APPLY, columns)
            self._redis.ltrim(WAITING, len(packed), -1)
            applied += len(packed)
        return applied
