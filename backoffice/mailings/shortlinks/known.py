"""Links that a process knows by heart, so that it need not ask the database for each click, and can go on without it."""

import time
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.core.cache import cache
from django.db import DatabaseError, InterfaceError, connection
from redis.exceptions import RedisError

from backoffice.mailings.models import ShortLink
from backoffice.mailings.shortlinks.codes import NoCode

logger = structlog.get_logger(__name__)

FRESH_SECONDS = 60.0
REDIS_SECONDS = 30 * 24 * 3600
KEPT_AT_MOST = 10_000


class Unreachable(Exception):
    """The database is away, and nobody remembers this link."""


@dataclass(frozen=True)
class Known:
    """What a redirect needs of a link."""

    target: str
    key: bytes
    expires_at: datetime


class KnownLinks:
    """Links by id: those of the last minute from memory, else from the database, else what is remembered of them."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[float, Known]] = {}

    def find(self, link_id: int) -> Known:
        """
        :raises NoCode: when there is no such link.
        :raises Unreachable: when nobody can say.
        """
        read_at, link = self._kept.get(link_id, (0.0, None))
        if link is not None and time.monotonic() - read_at < FRESH_SECONDS:
            return link
        try:
            found = _from_database(link_id)
        except (DatabaseError, InterfaceError) as error:
            logger.warning("database_away", error=type(error).__name__)
            connection.close()
            found = link or _from_redis(link_id)
            if found is None:
                raise Unreachable from error
            return found
        if found is None:
            raise NoCode(str(link_id))
        self._keep(link_id, found)
        return found

    def _keep(self, link_id: int, link: Known) -> None:
        if len(self._kept) >= KEPT_AT_MOST:
            self._kept.clear()
        self._kept[link_id] = time.monotonic(), link
        try:
            words = (link.target, b64encode(link.key).decode(), link.expires_at.isoformat())
            cache.set(_name(link_id), words, REDIS_SECONDS)
        except RedisError as error:
            logger.warning("redis_away", error=type(error).__name__)


def _from_database(link_id: int) -> Known | None:
    row = ShortLink.objects.filter(pk=link_id).values_list("target", "key", "expires_at").first()
    return Known(row[0], bytes(row[1]), row[2]) if row else None


def _from_redis(link_id: int) -> Known | None:
    try:
        words = cache.get(_name(link_id))
    except RedisError:
        return None
    return Known(words[0], b64decode(words[1]), datetime.fromisoformat(words[2])) if words else None


def _name(link_id: int) -> str:
    return f"parley:link:{link_id}"
