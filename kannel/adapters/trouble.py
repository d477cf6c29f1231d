"""What an operator says about our account: while it refuses it, or the money is used up, nothing leaves over the line."""

import threading

import structlog
from django.core.cache import cache
from redis.exceptions import RedisError

logger = structlog.get_logger(__name__)

ACCOUNT, MONEY = "account", "money"
# Kannel shows a waiting message again every 15 seconds. When nobody has said it for so long, one may try.
KEPT_SECONDS = 120

_told: set[str] = set()
_lock = threading.Lock()


def note(connection_name: str, kind: str) -> None:
    """Keeps that the operator refused a message of ours for this reason. While Redis is away nobody hears it."""
    logger.warning("operator_refuses_account", connection=connection_name, kind=kind)
    with _lock:
        _told.add(connection_name)
    try:
        cache.set(_key(connection_name), kind, KEPT_SECONDS)
    except RedisError as error:
        logger.warning("trouble_not_noted", error=type(error).__name__)


def forget(connection_name: str) -> None:
    """The operator has taken a message: all is well. Asks Redis only if there was something."""
    if connection_name not in _told:
        return
    with _lock:
        _told.discard(connection_name)
    try:
        cache.delete(_key(connection_name))
    except RedisError as error:
        logger.warning("trouble_not_forgotten", error=type(error).__name__)


def of(connection_name: str) -> str:
    """ACCOUNT, MONEY, or empty if nothing is known to be wrong."""
    try:
        return str(cache.get(_key(connection_name)) or "")
    except RedisError:
        return ""


def _key(connection_name: str) -> str:
    return f"kannel.adapters:trouble:{connection_name}"
