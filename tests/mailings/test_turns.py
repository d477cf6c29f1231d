"""A sender keeps its worker as long as nobody waits for one; whoever applies receipts is one at a time."""

import threading
from collections.abc import Callable, Iterator

import pytest
from django.db import connection, connections
from huey.contrib.djhuey import HUEY

from backoffice.mailings import receipts, sending, tasks
from backoffice.mailings.models import Mailing, Message
from backoffice.mailings.turns import Turn, whole
from kannel.models import Connection, Event
from tests.mailings.conftest import MakeCustomer
from tests.mailings.test_receipts import report

Running = Callable[[], Mailing]


class Clock:
    """Stands still until somebody lets time pass."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def over_after(clock: Clock, turn: Turn, *seconds: float) -> list[bool]:
    answers = []
    for wait in seconds:
        clock.now += wait
        answers.append(turn.is_over())
    return answers


def test_a_turn_ends_with_its_time() -> None:
    clock = Clock()
    turn = Turn(lambda: False, 2, clock)
    assert over_after(clock, turn, 0, 1, 0.9, 0.2) == [False, False, False, True]
    assert not turn.is_wanted


def test_a_whole_turn_is_not_cut_short() -> None:
    assert not whole(60).is_over()
    assert whole(0).is_over()


def test_a_turn_ends_when_somebody_has_waited_for_a_worker() -> None:
    clock = Clock()
    turn = Turn(lambda: True, clock=clock)
    assert over_after(clock, turn, 0.3, 0.3, 0.3) == [False, False, True]
    assert turn.is_wanted


def test_whoever_finds_a_worker_at_once_ends_no_turn() -> None:
    waits, clock = iter([True, False, True, False, True]), Clock()
    turn = Turn(lambda: next(waits), clock=clock)
    assert over_after(clock, turn, 0.3, 0.3, 0.3, 0.3, 0.3) == [False] * 5


def test_the_queue_is_asked_four_times_a_second_at_most() -> None:
    asked: list[int] = []
    clock = Clock()

    def waits() -> bool:
        asked.append(1)
        return False

    over_after(clock, Turn(waits, clock=clock), *[0.0625] * 16)
    assert len(asked) == 4


@pytest.fixture
def empty_queue() -> Iterator[None]:
    HUEY.flush()
    HUEY.storage.conn.flushdb()
    yield
    HUEY.flush()


@pytest.mark.usefixtures("empty_queue")
def test_somebody_waits_while_the_queue_is_not_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not tasks.somebody_waits()
    tasks.wake(tasks.sweep)
    assert tasks.somebody_waits()
    with monkeypatch.context() as patch:
        patch.setattr(HUEY.storage, "conn", type(HUEY.storage.conn)(host="127.0.0.1", port=1))
        assert not tasks.somebody_waits()


@pytest.mark.django_db
@pytest.mark.usefixtures("empty_queue")
@pytest.mark.parametrize(("is_wanted", "priority"), [(True, tasks.AFTER_OTHERS), (False, tasks.SENDING_NEXT)])
def test_a_sender_that_made_room_comes_after_those_who_waited(
    is_wanted: bool, priority: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sent(connection_id: int, turn: Turn) -> int:
        turn.is_wanted = is_wanted
        return 1

    monkeypatch.setattr(sending, "send", sent)
    tasks.send.call_local(7)
    assert [(task.args, task.priority) for task in HUEY.pending()] == [((7,), priority)]


@pytest.mark.django_db(transaction=True)
def test_while_one_applies_receipts_a_second_one_leaves_at_once(
    north: Connection, make_customer: MakeCustomer, running: Running
) -> None:
    make_customer()
    report(Message.objects.get(mailing=running()).pk, 8)
    held, may_go = threading.Event(), threading.Event()

    def first() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtext('drain'), 0)")
            held.set()
            may_go.wait(10)
            # PostgreSQL frees what a closed connection held a moment after the call has returned.
            cursor.execute("SELECT pg_advisory_unlock(hashtext('drain'), 0)")
        connections.close_all()

    thread = threading.Thread(target=first)
    thread.start()
    assert held.wait(10)
    assert receipts.drain() == 0
    assert Event.objects.filter(applied_at=None).count() == 1
    may_go.set()
    thread.join(10)
    assert receipts.drain(linger_seconds=0.1) == 1
