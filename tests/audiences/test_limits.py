"""Statements that people wait for are cut off after a time, and given up when their page asks something newer."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection

from backoffice.audiences import limits
from backoffice.audiences.limits import Asker, CountCancelledError, CountTooSlowError, cancel_older, within

pytestmark = pytest.mark.django_db(transaction=True)

LONG = timedelta(seconds=60)


@pytest.fixture(autouse=True)
def _nothing_asked(clean_redis: Any) -> None:
    """What one test asked is forgotten in the next."""


def sleep(seconds: float) -> Callable[[], None]:
    def statement() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(%s)", [seconds])

    return statement


class Running(threading.Thread):
    """A statement in a session of its own, asked by a page. ``error`` is what it ended with."""

    def __init__(self, asker: Asker, seconds: float) -> None:
        super().__init__()
        self.asker, self.seconds = asker, seconds
        self.error: Any = None
        self.start()
        while asker.name not in running():
            assert self.is_alive()

    def run(self) -> None:
        try:
            within(LONG, sleep(self.seconds), self.asker)
        except CountCancelledError as error:
            self.error = error
        finally:
            connection.close()


def running() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT application_name FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'")
        return [name for (name,) in cursor.fetchall()]


def test_a_newer_question_of_the_same_page_cancels_the_older_one() -> None:
    older = Running(Asker("pageaaaa", 1), 30)
    cancel_older(Asker("pageaaaa", 2))
    older.join(10)
    assert isinstance(older.error, CountCancelledError)


def test_an_older_question_that_waited_for_its_turn_is_not_asked_any_more() -> None:
    cancel_older(Asker("pageaaaa", 2))
    cancel_older(Asker("pageaaaa", 1))
    with pytest.raises(CountCancelledError):
        within(LONG, sleep(0), Asker("pageaaaa", 1))
    within(LONG, sleep(0), Asker("pageaaaa", 2))
    within(LONG, sleep(0), Asker("pagebbbb", 1))


def test_other_pages_and_newer_questions_go_on() -> None:
    other, newer = Running(Asker("pagebbbb", 1), 1), Running(Asker("pageaaaa", 3), 1)
    cancel_older(Asker("pageaaaa", 2))
    cancel_older(Asker("page", 9))
    for thread in (other, newer):
        thread.join(20)
        assert thread.error is None


def test_what_takes_too_long_is_told_from_what_was_cancelled() -> None:
    with pytest.raises(CountTooSlowError):
        within(timedelta(milliseconds=50), sleep(5))


def test_the_name_and_the_limit_end_with_the_statement() -> None:
    within(LONG, sleep(0), Asker("pageaaaa", 1))
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('application_name'), current_setting('statement_timeout')")
        assert cursor.fetchone() == ("", "0")


def test_other_failures_of_the_database_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(timeout: timedelta, asker: Asker | None) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(limits, "_prepare", broken)
    with pytest.raises(OperationalError, match="gone"):
        within(LONG, sleep(0))
