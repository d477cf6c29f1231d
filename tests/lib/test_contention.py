"""What PostgreSQL stops because of another transaction is done again; anything else is raised at once."""

from typing import Any

import psycopg2.errors
import pytest
from django.db import OperationalError, connection, transaction

from backoffice.lib import contention
from backoffice.lib.contention import again_on_contention


class Work:
    """Fails so many times with an error of PostgreSQL, then answers."""

    def __init__(self, failures: int, cause: type[Exception]) -> None:
        self.failures, self.cause, self.calls = failures, cause, 0

    def __call__(self) -> str:
        self.calls += 1
        if self.calls > self.failures:
            return "done"
        error: Any = OperationalError("stopped")
        raise error from _with_code(self.cause)


def _with_code(cause: type[Exception]) -> Exception:
    codes = {psycopg2.errors.DeadlockDetected: "40P01", psycopg2.errors.SerializationFailure: "40001"}

    class Coded(cause):  # type: ignore[valid-type,misc]
        pgcode = codes.get(cause, "57014")

    return Coded()


def tried(work: Work) -> Any:
    def go() -> str:
        return work()

    return again_on_contention(go)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contention, "WAIT_SECONDS", 0)


@pytest.mark.parametrize("cause", [psycopg2.errors.DeadlockDetected, psycopg2.errors.SerializationFailure])
def test_a_transaction_that_lost_is_done_again(cause: type[Exception]) -> None:
    work = Work(2, cause)
    assert tried(work)() == "done"
    assert work.calls == 3


def test_it_is_done_a_bounded_number_of_times() -> None:
    work = Work(100, psycopg2.errors.DeadlockDetected)
    with pytest.raises(OperationalError):
        tried(work)()
    assert work.calls == contention.TRIES


def test_what_is_no_contention_is_raised_at_once() -> None:
    work = Work(1, psycopg2.errors.QueryCanceled)
    with pytest.raises(OperationalError):
        tried(work)()
    assert work.calls == 1


@pytest.mark.django_db
def test_inside_a_larger_transaction_nothing_is_done_again() -> None:
    work = Work(1, psycopg2.errors.DeadlockDetected)
    with transaction.atomic():
        assert connection.in_atomic_block
        with pytest.raises(OperationalError):
            tried(work)()
    assert work.calls == 1
