"""What an operator's answers say of our account there: the balance, and the price of the last message."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

import structlog
from django.core.cache import cache
from redis.exceptions import RedisError

logger = structlog.get_logger(__name__)

# Answers come many times a second; people look a few times an hour.
NOTED_EACH_SECONDS = 10.0
KEPT_SECONDS = 7 * 24 * 3600
AMOUNT_AT_MOST = 24

_noted_at: dict[str, float] = {}


@dataclass(frozen=True)
class Account:
    """In the operator's currency; None where it does not say it."""

    balance: Decimal | None
    price: Decimal | None
    at: datetime


def amount(text: str) -> Decimal | None:
    """A number as an API writes it, with a point and perhaps a sign; None if it is none."""
    try:
        found = Decimal(text.strip()[:AMOUNT_AT_MOST])
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def note(connection_name: str, balance: Decimal | None, price: Decimal | None) -> None:
    """Keeps what the operator said, every few seconds. While Redis is away nobody sees it."""
    now = time.monotonic()
    if (balance is None and price is None) or now - _noted_at.get(connection_name, 0.0) < NOTED_EACH_SECONDS:
        return
    _noted_at[connection_name] = now
    try:
        cache.set(_key(connection_name), Account(balance, price, datetime.now(UTC)), KEPT_SECONDS)
    except RedisError as error:
        logger.warning("account_not_noted", error=type(error).__name__)


def of(connection_name: str) -> Account | None:
    """What was said last; None if nothing was."""
    try:
        found = cache.get(_key(connection_name))
    except RedisError:
        return None
    return found if isinstance(found, Account) else None


def _key(connection_name: str) -> str:
    return f"kannel.adapters:account:{connection_name}"
