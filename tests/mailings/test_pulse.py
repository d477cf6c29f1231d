import os
import signal
import threading
import uuid
from collections.abc import Callable, Iterator

import pytest
from django.core.management import call_command
from django.db import OperationalError, connections
from django.utils import timezone
from huey.contrib.djhuey import HUEY

from backoffice.accounts.models import User
from backoffice.mailings import background, lifecycle, pulse, tasks
from backoffice.mailings.models import Mailing, Message, PeriodicRun
from kannel.models import Connection, Process
from tests.mailings.conftest import MakeCustomer
from tests.mailings.test_receipts import report

pytestmark = pytest.mark.django_db
Running = Callable[[], Mailing]


@pytest.fixture(autouse=True)
def empty_queue() -> Iterator[None]:
    HUEY.flush()
    HUEY.storage.conn.flushdb()
    yield
    HUEY.flush()


def queued() -> list[tuple[str, tuple[int, ...]]]:
    return sorted((task.name, task.args) for task in HUEY.pending())


def test_a_mailing_to_be_planned_wakes_a_planner(mailing: Mailing, editor: User) -> None:
    lifecycle.request_plan(mailing, editor)
    pulse.wake_planners()
    assert queued() == [("plan", (mailing.pk,))]


def test_a_mailing_that_is_due_wakes_whoever_starts_it(mailing: Mailing) -> None:
    pulse.wake_starters()
    assert queued() == []
    Mailing.objects.update(state=Mailing.State.APPROVED)
    pulse.wake_starters()
    assert queued() == [("start", ())]


def test_only_connections_with_work_wake_a_sender(
    north: Connection, south: Connection, make_customer: MakeCustomer, running: Running
) -> None:
    make_customer("+79160000001")
    running()
    pulse.wake_senders()
    assert queued() == [("send", (north.pk,))]


def test_a_connection_that_is_down_wakes_nobody(
    north: Connection, make_customer: MakeCustomer, running: Running
) -> None:
    make_customer()
    running()
    Connection.objects.update(status=Connection.Status.RECONNECTING)
    pulse.wake_senders()
    assert queued() == []


def test_a_waiting_event_wakes_whoever_applies_it(db: None) -> None:
    pulse.wake_receipts()
    assert queued() == []
    report(1, 8)
    pulse.wake_receipts()
    assert queued() == [("apply_receipts", ())]


def test_an_uncertain_message_wakes_whoever_settles_it(
    north: Connection, make_customer: MakeCustomer, running: Running
) -> None:
    make_customer()
    running()
    pulse.wake_settlers()
    assert queued() == []
    Message.objects.update(state=Message.State.UNCERTAIN)
    pulse.wake_settlers()
    assert queued() == [("settle", (north.gateway_id,))]


def test_a_wake_up_that_waits_is_not_queued_twice() -> None:
    pulse.wake_sweep()
    pulse.wake_sweep()
    assert queued() == [("sweep", ())]


@pytest.mark.django_db(transaction=True)
def test_a_started_task_can_be_queued_again() -> None:
    pulse.wake_sweep()
    HUEY.execute(HUEY.dequeue())
    pulse.wake_sweep()
    assert queued() == [("sweep", ())]


def test_without_redis_a_wake_up_is_lost_and_nothing_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(HUEY.storage, "conn", type(HUEY.storage.conn)(host="127.0.0.1", port=1))
        pulse.wake_sweep()
    assert queued() == []


def test_a_beat_comes_after_its_time_only() -> None:
    beats: list[int] = []
    beat = pulse.Beat(lambda: beats.append(1), each_seconds=3600, step=background.MARK)
    beat.run_if_due()
    beat.run_if_due()
    assert beats == [1]


def test_a_beat_that_fails_does_not_stop_the_heart(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise OperationalError("the database is away")

    pulse.Beat(fail, each_seconds=0, step=background.MARK).run_if_due()
    assert "beat_missed" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_of_two_pulses_one_leads() -> None:
    assert pulse.leads()
    assert pulse.leads()
    others: list[bool] = []

    def another() -> None:
        others.append(pulse.leads())
        connections.close_all()

    thread = threading.Thread(target=another)
    thread.start()
    thread.join()
    assert others == [False]


@pytest.mark.django_db(transaction=True)
def test_the_heart_beats_until_it_is_told_to_stop() -> None:
    stopping = threading.Event()
    thread = threading.Thread(target=lambda: (pulse.beat_until(stopping), connections.close_all()))
    thread.start()
    deadline = timezone.now().timestamp() + 10
    while not queued() and timezone.now().timestamp() < deadline:
        threading.Event().wait(0.05)
    stopping.set()
    thread.join(5)
    assert not thread.is_alive()
    assert ("sweep", ()) in queued()


def test_periodic_work_runs_once_a_minute_however_many_schedulers_there_are() -> None:
    done: list[uuid.UUID] = []

    def work() -> None:
        done.append(uuid.uuid4())

    PeriodicRun.objects.all().delete()
    tasks.once_a_minute(work)
    tasks.once_a_minute(work)
    assert len(done) == PeriodicRun.objects.filter(task="work").count()
    assert len(done) in (1, 2)  # two, if the minute turned just then


def test_without_the_database_a_pulse_does_not_lead(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise OperationalError("the database is away")

    monkeypatch.setattr(pulse.connection, "cursor", away)
    assert not pulse.leads()


def test_a_beat_with_a_mistake_in_it_does_not_stop_the_heart(caplog: pytest.LogCaptureFixture) -> None:
    pulse.Beat(lambda: 1 / 0, each_seconds=0, step=background.MARK).run_if_due()
    assert "step_failed" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_the_command_beats_until_it_is_told_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped: list[bool] = []

    def beat(stopping: threading.Event) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        stopped.append(stopping.wait(5))

    monkeypatch.setattr("backoffice.mailings.management.commands.pulse.beat_until", beat)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        call_command("pulse")
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert stopped == [True]
    assert Process.objects.get().ended_at is not None, "it ended in order"


def test_whoever_listens_for_events_wakes_the_receipts() -> None:
    tasks.wake_receipts()
    assert queued() == [("apply_receipts", ())]
