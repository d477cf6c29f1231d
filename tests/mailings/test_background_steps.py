"""Whatever a task in the background raises ends after a bounded number of tries, with an alarm; a new task without an end fails here."""

import importlib
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from huey.contrib.djhuey import HUEY

from backoffice.accounts.models import User
from backoffice.alerts.models import Alert, Attempt
from backoffice.alerts.steps import Step, Tried
from backoffice.mailings import claiming, lifecycle, planning, pulse, receipts, sending, tasks, watch
from backoffice.mailings.models import Mailing, Message
from backoffice.operators import standing
from backoffice.replies import tasks as replies  # noqa: F401  registers its tasks
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer
from tests.mailings.test_receipts import ACCEPTED, report

pytestmark = pytest.mark.django_db
Running = Callable[[], Mailing]


def all_tasks() -> list[str]:
    """Every task that any room has registered with Huey."""
    names = sorted(HUEY._registry._registry)
    return [name for name in names if name.startswith(("backoffice.", "kannel.", "reports."))]


def task_of(path: str) -> Any:
    module, _dot, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def fail(*args: Any) -> None:
    raise ZeroDivisionError


def try_for_long(once: Callable[[], object]) -> int:
    """So often as the pulse would in hours; waits are skipped until it was given up. Returns how often it was tried."""
    tries = 0
    for _ in range(50):
        if not Attempt.objects.filter(given_up_at__isnull=False).exists():
            Attempt.objects.update(next_try_at=timezone.now())
        before = Attempt.objects.values_list("last_at", flat=True).first()
        once()
        tries += Attempt.objects.values_list("last_at", flat=True).first() != before
        if Attempt.objects.filter(given_up_at__isnull=False).exists():
            break
    return tries


def test_there_are_tasks_at_all() -> None:
    assert len(all_tasks()) > 30


@pytest.mark.parametrize("path", all_tasks())
def test_a_task_that_always_fails_is_given_up_and_told(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    task = task_of(path).call_local
    assert isinstance(task, Tried), f"{path} has no step: put @tried(…) below Huey's decorator"
    monkeypatch.setattr(task, "work", fail)
    arguments = [123_456_789] * (task.__wrapped__.__code__.co_argcount)
    assert try_for_long(lambda: task(*arguments)) == task.step.tries
    alert = Alert.objects.get(cause__startswith="step:", closed_at=None)
    assert alert.level == Alert.Level.ALARM
    assert "ZeroDivisionError" in alert.sentence


@pytest.mark.parametrize("beat", pulse.all_beats(), ids=lambda beat: beat.step.name)
def test_a_beat_that_always_fails_stands_still_and_is_told(beat: pulse.Beat) -> None:
    broken = pulse.Beat(fail, 0, beat.step)
    assert try_for_long(broken.run_if_due) == beat.step.tries
    assert Alert.objects.filter(cause__startswith="step:pulse.", closed_at=None).exists()


def test_each_beat_has_a_step_of_its_own() -> None:
    names = [beat.step.name for beat in pulse.all_beats()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("step", watch.PARTS, ids=lambda step: step.name)
def test_a_part_of_the_sweep_that_fails_does_not_keep_the_others_from_their_work(
    step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    parts: dict[Step, Callable[[], object]] = {
        one: lambda one=one: done.append(one.name)  # type: ignore[misc]
        for one in watch.PARTS
    }
    monkeypatch.setattr(watch, "PARTS", parts | {step: fail})
    watch.sweep()
    assert done == [one.name for one in parts if one != step]
    assert Attempt.objects.get().step == step.name


def test_a_mailing_whose_planning_fails_is_a_draft_that_says_so_and_can_be_changed_planned_and_cancelled(
    mailing: Mailing,
    editor: User,
    monkeypatch: pytest.MonkeyPatch,
    north: Connection,
    make_customer: MakeCustomer,
) -> None:
    make_customer()
    with monkeypatch.context() as patch:
        patch.setattr(planning, "_write", fail)
        lifecycle.request_plan(mailing, editor)
        assert try_for_long(lambda: tasks.plan.call_local(mailing.pk)) == 3
    mailing.refresh_from_db()
    assert mailing.state == Mailing.State.DRAFT
    assert mailing.problem.startswith("“Autumn” could not be planned")
    assert Alert.objects.get(closed_at=None).link.endswith(f"/{mailing.pk}/")
    assert not lifecycle.edited(mailing, editor)
    assert "cancel" in lifecycle.allowed_actions(mailing, editor)
    lifecycle.request_plan(mailing, editor)
    assert not Alert.objects.filter(closed_at=None).exists()
    tasks.plan.call_local(mailing.pk)
    mailing.refresh_from_db()
    assert mailing.state == Mailing.State.PLANNED


def test_a_mailing_can_be_cancelled_while_it_is_planned(
    mailing: Mailing,
    editor: User,
    monkeypatch: pytest.MonkeyPatch,
    north: Connection,
    make_customer: MakeCustomer,
) -> None:
    make_customer()
    lifecycle.request_plan(mailing, editor)
    write = planning._write

    def cancelled_meanwhile(one: Mailing, cursor: Any) -> int:
        lifecycle.cancel(Mailing.objects.get(pk=one.pk), editor)
        return write(one, cursor)

    monkeypatch.setattr(planning, "_write", cancelled_meanwhile)
    assert planning.plan(mailing) is None
    assert not Attempt.objects.exists()


def test_a_draft_without_a_problem_is_not_cancelled_but_changed(mailing: Mailing, editor: User) -> None:
    assert "cancel" not in lifecycle.allowed_actions(mailing, editor)


def test_a_mailing_that_cannot_start_is_a_draft_again_and_others_start(
    running: Running, make_customer: MakeCustomer, north: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_customer()
    mailing = running()
    Mailing.objects.update(state=Mailing.State.APPROVED, started_at=None)
    monkeypatch.setattr(lifecycle, "_reason_not_to_start", fail)
    assert try_for_long(lifecycle.start_due) == lifecycle.START.tries
    mailing.refresh_from_db()
    assert (mailing.state, bool(mailing.problem)) == (Mailing.State.DRAFT, True)


def test_a_mailing_whose_messages_cannot_be_taken_is_paused_and_can_be_resumed(
    running: Running,
    make_customer: MakeCustomer,
    north: Connection,
    editor: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_customer()
    mailing = running()
    with monkeypatch.context() as patch:
        patch.setattr(claiming, "_claim_of", fail)
        assert try_for_long(lambda: claiming.claim(north, 10)) == claiming.TAKE.tries
    mailing.refresh_from_db()
    assert mailing.state == Mailing.State.PAUSED
    assert "could not be taken" in mailing.problem
    lifecycle.resume(mailing, editor)
    assert len(claiming.claim(north, 10)) == 1
    assert Message.objects.get().state == Message.State.SUBMITTING


def test_a_connection_over_which_sending_fails_is_left_so_that_its_messages_go_elsewhere(
    running: Running, make_customer: MakeCustomer, north: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_customer()
    running()
    monkeypatch.setattr(sending, "send", fail)
    assert try_for_long(lambda: tasks.send.call_local(north.pk)) == tasks.SEND.tries
    assert standing.standing_of(north).state == "left"


def test_a_report_that_cannot_be_applied_is_set_aside_and_the_others_are_applied(
    running: Running, make_customer: MakeCustomer, north: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(20):
        make_customer()
    running()
    Message.objects.update(state=Message.State.ACCEPTED, attempt=1)
    for number, pk in enumerate(Message.objects.order_by("id").values_list("id", flat=True)):
        report(pk, ACCEPTED, "unforeseen" if number == 7 else "ACK/")
    read = receipts.read_receipt

    def read_or_fail(text: str, *rest: Any) -> Any:
        return fail() if text == "unforeseen" else read(text, *rest)

    monkeypatch.setattr(receipts, "read_receipt", read_or_fail)
    monkeypatch.setattr(receipts, "BATCH", 10)
    while receipts.apply_what_can_be():
        pass
    assert Message.objects.filter(state=Message.State.SENT).count() == 19
    assert Alert.objects.get(cause=receipts.UNREADABLE).level == "warning"
