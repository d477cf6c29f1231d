"""The process that rehearses: one at a time, stopped within seconds, noticed when it dies, and nothing stays of it."""

import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.utils import timezone

from backoffice.accounts.models import User
from backoffice.mailings.models import Mailing, Rehearsal
from backoffice.mailings.rehearsal import asking, running
from backoffice.mailings.rehearsal.process import rehearse_waiting
from backoffice.mailings.rehearsal.tasks import begin_rehearsals, sweep_rehearsals
from backoffice.message_templates.models import MessageTemplate
from kannel.models import Connection
from tests.kannel.simulator.operators import wait_for
from tests.mailings.rehearsing import add_customers

pytestmark = pytest.mark.django_db(transaction=True)
State = Rehearsal.State
Plan = Callable[[int], Mailing]


@pytest.fixture
def plan(north: Connection, mailing: Mailing, planned: Callable[[], Mailing], clean_redis: object) -> Plan:
    """Plans a mailing that takes some seconds to each of so many customers."""

    def go(count: int) -> Mailing:
        add_customers(count)
        MessageTemplate.objects.update(text="Come in.")
        Connection.objects.update(throughput_per_second=10)
        mailing.refresh_from_db()
        return planned()

    return go


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is started works with the database of this test."""
    base = settings.DATABASES["default"]
    account = f"{base['USER']}:{base['PASSWORD']}@{base['HOST']}:{base['PORT']}"
    monkeypatch.setenv("DATABASE_URL", f"postgres://{account}/{base['NAME']}")


def row() -> Rehearsal:
    return Rehearsal.objects.get()


def ours(folder: str) -> list[psutil.Process]:
    """Every bearerbox that works in this folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if any(folder in word for word in process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.fixture
def aside() -> Iterator[Callable[[], threading.Event]]:
    """Rehearses in a thread; gives what ends it."""
    threads: list[tuple[threading.Thread, threading.Event]] = []

    def go() -> threading.Event:
        stopping = threading.Event()

        def work() -> None:
            rehearse_waiting(stopping)
            connections.close_all()

        thread = threading.Thread(target=work)
        thread.start()
        threads.append((thread, stopping))
        return stopping

    yield go
    for thread, stopping in threads:
        stopping.set()
        thread.join(30)
        assert not thread.is_alive()


def test_stop_ends_it_within_seconds_and_nothing_stays(
    plan: Plan, editor: User, aside: Callable[[], threading.Event]
) -> None:
    rehearsal = asking.ask(plan(200), editor)
    aside()
    wait_for(lambda: row().taken > 5, 30)
    folder = row().folder
    assert Path(folder).exists()
    assert ours(folder)
    asking.ask_to_stop(rehearsal)
    wait_for(lambda: row().state == State.STOPPED, 5)
    wait_for(lambda: not Path(folder).exists() and not ours(folder), 5)
    assert 5 < row().taken < 200
    assert row().folder == ""


def test_a_killed_process_is_noticed_and_its_kannel_dies_with_it(
    plan: Plan, editor: User, beside: None
) -> None:
    asking.ask(plan(400), editor)
    waiter = running.start_process()
    wait_for(lambda: row().taken > 5, 40)
    folder = row().folder
    # Other tests' children may have ended and wait for this process to ask how.
    living = [one for one in psutil.Process().children() if one.status() != psutil.STATUS_ZOMBIE]
    [process] = [one for one in living if running.COMMAND in one.cmdline()]
    process.send_signal(signal.SIGKILL)
    waiter.join(20)
    assert row().state == State.FAILED
    assert "Its process was ended before it was through. No customer got anything." in row().problem
    wait_for(lambda: not ours(folder), 5)
    assert not Path(folder).exists()


def test_a_kannel_that_dies_on_the_way_is_told(
    plan: Plan, editor: User, aside: Callable[[], threading.Event]
) -> None:
    asking.ask(plan(200), editor)
    aside()
    wait_for(lambda: row().taken > 0, 30)
    for process in ours(row().folder):
        process.kill()
    wait_for(lambda: row().state == State.FAILED, 20)
    assert "The Kannel of the rehearsal died. Rehearse it again." in row().problem


def test_what_stops_moving_is_not_waited_for_for_ever(
    plan: Plan, editor: User, aside: Callable[[], threading.Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backoffice.mailings.rehearsal.playing.QUIET_SECONDS", 2.0)
    asking.ask(plan(60), editor)
    aside()
    wait_for(lambda: row().taken > 0, 30)
    for process in ours(row().folder):
        process.suspend()
    wait_for(lambda: row().state == State.DONE, 30)
    assert row().faults["lost"] == 60 - row().taken == row().different
    assert not row().is_as_planned


def test_a_process_that_is_told_to_end_says_so(
    plan: Plan, editor: User, aside: Callable[[], threading.Event]
) -> None:
    asking.ask(plan(200), editor)
    stopping = aside()
    wait_for(lambda: row().taken > 0, 30)
    stopping.set()
    wait_for(lambda: row().state == State.FAILED, 5)
    assert "Rehearse it again." in row().problem


def test_the_command_rehearses_what_waits_and_ends(plan: Plan, editor: User) -> None:
    mailing = plan(5)
    rehearsal = asking.ask(mailing, editor)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        call_command("rehearse_mailings")
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    rehearsal.refresh_from_db()
    assert (rehearsal.state, rehearsal.problem) == (State.DONE, "")
    assert rehearsal.is_as_planned
    assert rehearsal.finished_at is not None


def test_what_cannot_be_played_leaves_its_reason(plan: Plan, editor: User) -> None:
    asking.ask(plan(2), editor)
    Rehearsal.objects.update(plan_digest="another")
    assert rehearse_waiting(threading.Event()) == 1
    assert row().state == State.FAILED
    assert "planned anew meanwhile" in row().problem


def test_what_nobody_foresaw_leaves_a_number_to_tell(
    plan: Plan, editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking.ask(plan(2), editor)
    monkeypatch.setattr("kannel.dry_start.PROGRAMS", ("/etc/hostname",))
    monkeypatch.setattr("kannel.private_gateway.DIES_WITH_US", ("/not/there",))
    assert rehearse_waiting(threading.Event()) == 1
    assert row().state == State.FAILED
    assert f"Tell the administrators its number: {row().pk}." in row().problem


def test_a_second_process_leaves_the_first_one_alone(plan: Plan, editor: User, tmp_path: Path) -> None:
    asking.ask(plan(2), editor)
    with held_elsewhere():
        assert rehearse_waiting(threading.Event()) == 0
        Rehearsal.objects.update(state=State.RUNNING)
        running.sweep()
        assert row().state == State.RUNNING
    running.sweep()
    assert row().state == State.FAILED


class held_elsewhere:  # noqa: N801  reads as a sentence
    """Another session has the lock."""

    def __enter__(self) -> None:
        self.held, self.done = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._hold)
        self.thread.start()
        assert self.held.wait(10)

    def __exit__(self, *_: object) -> None:
        self.done.set()
        self.thread.join(10)

    def _hold(self) -> None:
        with running.alone() as mine:
            assert mine
            self.held.set()
            self.done.wait(30)
        connections.close_all()


def test_what_is_left_behind_is_removed_and_nothing_else(
    mailing: Mailing, clean_redis: object, tmp_path: Path
) -> None:
    left, other = tmp_path / f"{running.FOLDER}x", tmp_path / "another"
    for folder in (left, other):
        folder.mkdir()
        Rehearsal.objects.create(
            mailing=mailing,
            plan_digest="1",
            planned=1,
            state=State.RUNNING,
            heard_at=timezone.now(),
            folder=str(folder),
        )
        running.tell_left_behind()
    assert not left.exists()
    assert other.exists()
    assert {one.state for one in Rehearsal.objects.all()} == {State.FAILED}


def test_the_queue_wakes_a_process_for_what_waits(plan: Plan, editor: User, beside: None) -> None:
    asking.ask(plan(3), editor)
    begin_rehearsals.call_local()
    wait_for(lambda: row().state == State.DONE, 40)
    assert row().is_as_planned
    sweep_rehearsals.call_local()
