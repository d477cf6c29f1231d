"""Statements that people wait for: cut off after a time, and given up as soon as their page asks something newer."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from django.core.cache import cache
from django.db import OperationalError, connection, transaction

Answer = TypeVar("Answer")

CANCELLED = "57014"  # query_canceled: by the time limit or by pg_cancel_backend, the code is the same
# A large hash table that does not fit is written to disk in pieces, which takes longer than the count itself.
WORK_MEM = "64MB"
REMEMBERED_SECONDS = 60


class CountTooSlowError(Exception):
    """The database was stopped because counting took too long."""


class CountCancelledError(Exception):
    """The page that asked wants to know something newer; nobody waits for this answer."""


@dataclass(frozen=True)
class Asker:
    """An open page that asks again and again. ``number`` grows with each question; ``page`` has letters and digits only."""

    page: str
    number: int

    @property
    def name(self) -> str:
        """How its statements are called in pg_stat_activity."""
        return f"count:{self.page}:{self.number}"

    @property
    def key(self) -> str:
        """Where the newest question of its page is remembered."""
        return f"audiences:asked:{self.page}"


def within(timeout: timedelta, statement: Callable[[], Answer], asker: Asker | None = None) -> Answer:
    """What one statement answers.

    :param asker: who waits for it; a later question of the same page cancels it.
    :raises CountTooSlowError: when the database needs longer than ``timeout``.
    :raises CountCancelledError: when it was cancelled.
    """
    if asker and cache.get(asker.key, 0) > asker.number:
        raise CountCancelledError
    started = time.monotonic()
    try:
        with transaction.atomic():
            _prepare(timeout, asker)
            started = time.monotonic()
            return statement()
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", None) != CANCELLED:
            raise
        # The server's clock starts after ours: what ended earlier than that was not ended by the limit.
        is_over = timedelta(seconds=time.monotonic() - started) >= timeout
        raise (CountTooSlowError if is_over else CountCancelledError) from error


def cancel_older(asker: Asker) -> None:
    """Cancels the statements of earlier questions of the same page, and no others; those that wait for a turn never run.

    A statement that ends in the very moment is left alone by PostgreSQL, or the next one of its session is hit: that
    session, too, belongs to a request that nobody waits for.
    """
    if cache.get(asker.key, 0) < asker.number:
        cache.set(asker.key, asker.number, REMEMBERED_SECONDS)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT pg_cancel_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'active'
                AND CASE WHEN starts_with(application_name, %(prefix)s)
                    THEN split_part(application_name, ':', 3)::bigint < %(number)s END
            """,
            {"prefix": f"count:{asker.page}:", "number": asker.number},
        )


def _prepare(timeout: timedelta, asker: Asker | None) -> None:
    """Compiling (JIT) a statement with this many conditions takes longer than running it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('statement_timeout', %s, true), set_config('jit', 'off', true),"
            " set_config('work_mem', %s, true)",
            [f"{int(timeout / timedelta(milliseconds=1))}ms", WORK_MEM],
        )
        if asker:
            cursor.execute("SELECT set_config('application_name', %s, true)", [asker.name])
