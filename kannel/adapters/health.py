"""Whether the application lives: it says so in the cache, and who watches reads it there."""

import time

from django.core.cache import cache
from redis.exceptions import RedisError

BEAT_KEY = "kannel.adapters:beat"
KEPT_SECONDS = 3600


def beat() -> None:
    """Says that it lives now. While Redis is away nobody hears it, and that is all."""
    try:
        cache.set(BEAT_KEY, time.time(), KEPT_SECONDS)
    except RedisError:
        return


def age_seconds() -> float | None:
    """How long ago it said so last; None if it never did."""
    at = cache.get(BEAT_KEY)
    return None if at is None else max(0.0, time.time() - float(at))
