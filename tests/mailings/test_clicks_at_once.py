"""Two click in the same moment, in two sessions of a real PostgreSQL: it ends in one of the results that are allowed."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from wagtail.models import ModelLogEntry

from backoffice.accounts.models import User
from backoffice.mailings import lifecycle, rescheduling, speed
from backoffice.mailings.lifecycle import Refused
from backoffice.mailings.models import Approval, ApprovalRules, LaunchOrder, Mailing, Message, SpeedLimit
from tests.mailings.in_state import add_messages, put

pytestmark = pytest.mark.django_db(transaction=True)
State = Mailing.State
ROUNDS = 5
DONE = "done"


def at_once(*clicks: Callable[[], object]) -> list[str]:
    """Does all of them in the same moment. Gives "done", or why it was refused, for each."""
    together = threading.Barrier(len(clicks))

    def click(do: Callable[[], object]) -> str:
        try:
            connection.ensure_connection()
            together.wait(20)
            do()
        except Refused as refusal:
            return str(refusal)
        finally:
            connection.close()
        return DONE

    with ThreadPoolExecutor(len(clicks)) as pool:
        return list(pool.map(click, clicks))


@pytest.fixture
def mailing(mailing: Mailing) -> Mailing:
    """With one message that waits, to start tomorrow."""
    tomorrow = timezone.now() + timedelta(days=1)
    Mailing.objects.update(starts_at=tomorrow, ends_at=tomorrow + timedelta(days=1))
    add_messages(mailing, "waiting")
    return mailing


def fresh(mailing: Mailing) -> Mailing:
    return Mailing.objects.get(pk=mailing.pk)


def steps_of(mailing: Mailing) -> list[str]:
    entries = ModelLogEntry.objects.for_instance(mailing).order_by("pk")
    return [action.removeprefix("mailings.") for action in entries.values_list("action", flat=True)]


def test_of_two_approvers_one_approves(mailing: Mailing, editor: User, approver: User) -> None:
    other = User.objects.create_superuser("other")
    for round_ in range(1, ROUNDS + 1):
        put(mailing, State.SUBMITTED, editor)
        said = at_once(
            lambda: lifecycle.approve(fresh(mailing), approver),
            lambda: lifecycle.approve(fresh(mailing), other),
        )
        assert sorted(said)[-1] == DONE
        assert said.count(DONE) == 1
        assert LaunchOrder.objects.count() == round_
        assert fresh(mailing).state == State.APPROVED


def test_pausing_while_the_last_message_ends(mailing: Mailing, editor: User) -> None:
    Message.objects.update(state="delivered")
    for _ in range(ROUNDS):
        put(mailing, State.RUNNING, editor)
        ModelLogEntry.objects.all().delete()
        paused, finished = at_once(
            lambda: lifecycle.pause(fresh(mailing), editor), lambda: lifecycle.finish(fresh(mailing))
        )
        assert finished == DONE
        assert steps_of(mailing) == (["pause", "finish"] if paused == DONE else ["finish"])
        assert fresh(mailing).state == State.FINISHED


def test_of_two_approvers_who_are_both_needed_each_counts_once(
    mailing: Mailing, editor: User, approver: User
) -> None:
    ApprovalRules.objects.update_or_create(pk=1, defaults={"second_above_recipients": 0})
    other = User.objects.create_superuser("other")
    for round_ in range(1, ROUNDS + 1):
        put(mailing, State.SUBMITTED, editor)
        said = at_once(
            lambda: lifecycle.approve(fresh(mailing), approver),
            lambda: lifecycle.approve(fresh(mailing), other),
        )
        assert said == [DONE, DONE]
        order = LaunchOrder.objects.order_by("pk").last()
        assert order is not None
        assert {order.first_approved_by, order.approved_by} == {approver, other}
        assert (Approval.objects.count(), LaunchOrder.objects.count()) == (round_, round_)
        assert fresh(mailing).state == State.APPROVED


def test_a_double_click_of_one_approver_is_one_of_two_approvals(
    mailing: Mailing, editor: User, approver: User
) -> None:
    ApprovalRules.objects.update_or_create(pk=1, defaults={"second_above_recipients": 0})
    for _ in range(ROUNDS):
        put(mailing, State.SUBMITTED, editor)
        said = at_once(*[lambda: lifecycle.approve(fresh(mailing), approver)] * 2)
        assert sorted(said)[1] == DONE
        assert "already" in sorted(said)[0]
        assert (fresh(mailing).state, LaunchOrder.objects.count()) == (State.SUBMITTED, 0)


# Both at once from the first state: the steps that may stand in the history then, and the state at the end.
PAIRS = {
    "cancel against finish": (
        State.RUNNING,
        ("cancel", "finish"),
        {(("cancel",), State.CANCELLED), (("finish",), State.FINISHED)},
    ),
    "resume against cancel": (
        State.PAUSED,
        ("resume", "cancel"),
        {(("resume", "cancel"), State.CANCELLED), (("cancel",), State.CANCELLED)},
    ),
    "approve against return": (
        State.SUBMITTED,
        ("approve", "send_back"),
        {(("approve",), State.APPROVED), (("send_back",), State.DRAFT)},
    ),
    "approve against refuse": (
        State.SUBMITTED,
        ("approve", "refuse"),
        {(("approve",), State.APPROVED), (("refuse",), State.CANCELLED)},
    ),
    "refuse against withdraw": (
        State.SUBMITTED,
        ("refuse", "withdraw"),
        {(("refuse",), State.CANCELLED), (("withdraw",), State.DRAFT)},
    ),
    "approve against withdraw": (
        State.SUBMITTED,
        ("approve", "withdraw"),
        {(("approve", "withdraw"), State.DRAFT), (("withdraw",), State.DRAFT)},
    ),
    "approve against a change": (
        State.SUBMITTED,
        ("approve", "edited"),
        {(("approve", "edited"), State.DRAFT), (("edited",), State.DRAFT)},
    ),
    "submit twice": (
        State.PLANNED,
        ("submit", "submit"),
        {(("submit",), State.SUBMITTED)},
    ),
    "start against withdraw": (
        State.APPROVED,
        ("start", "withdraw"),
        {(("start",), State.RUNNING), (("withdraw",), State.DRAFT)},
    ),
    "start twice": (
        State.APPROVED,
        ("start", "start"),
        {(("start",), State.RUNNING)},
    ),
}


@pytest.mark.parametrize("pair", PAIRS)
def test_two_steps_at_once_end_as_if_one_had_come_first(
    pair: str, mailing: Mailing, editor: User, approver: User
) -> None:
    state, names, allowed = PAIRS[pair]
    if "finish" in names:
        Message.objects.update(state="delivered")
    soon = timezone.now() + timedelta(days=1, hours=1)

    def click(name: str) -> Callable[[], object]:
        if name == "start":
            return lambda: lifecycle.start_due(soon)
        if name == "finish":
            return lambda: lifecycle.finish(fresh(mailing))
        words = {"comment": "Shorter."} if name in ("send_back", "refuse") else {}
        return lambda: getattr(lifecycle, name)(fresh(mailing), approver, **words)

    for _ in range(ROUNDS):
        put(mailing, state, editor, approver)
        ModelLogEntry.objects.all().delete()
        at_once(*map(click, names))
        assert (tuple(steps_of(mailing)), fresh(mailing).state) in allowed


def test_of_two_who_move_it_the_later_one_holds_and_no_approval_is_left(
    mailing: Mailing, editor: User, approver: User
) -> None:
    days = [timezone.now() + timedelta(days=number) for number in (3, 4)]
    for _ in range(ROUNDS):
        put(mailing, State.APPROVED, editor, approver)
        said = at_once(
            lambda: rescheduling.move_to(fresh(mailing), days[0], editor),
            lambda: rescheduling.move_to(fresh(mailing), days[1], approver),
        )
        assert said == [DONE, DONE]
        now = fresh(mailing)
        assert now.state == State.DRAFT
        assert now.starts_at in days
        assert now.ends_at is not None
        assert now.ends_at - now.starts_at == timedelta(days=1)


def test_a_move_against_the_start_ends_as_one_of_them(mailing: Mailing, editor: User, approver: User) -> None:
    later = timezone.now() + timedelta(days=4)
    soon = timezone.now() + timedelta(days=1, hours=1)
    for _ in range(ROUNDS):
        put(mailing, State.APPROVED, editor, approver)
        starts_at = fresh(mailing).starts_at
        moved, _started = at_once(
            lambda: rescheduling.move_to(fresh(mailing), later, editor), lambda: lifecycle.start_due(soon)
        )
        now = fresh(mailing)
        if moved == DONE:
            assert (now.state, now.starts_at) == (State.DRAFT, later)
            Mailing.objects.update(starts_at=starts_at, ends_at=starts_at + timedelta(days=1))
        else:
            assert (now.state, now.starts_at) == (State.RUNNING, starts_at)


def test_two_senders_together_keep_to_the_speed_of_a_mailing(mailing: Mailing, editor: User) -> None:
    put(mailing, State.RUNNING, editor)
    speed.slow_down(mailing, 100, editor)
    SpeedLimit.objects.update(counted_at=timezone.now() - timedelta(seconds=60))
    taken: list[int] = []

    def take() -> None:
        limited = Mailing.objects.select_related("speed_limit").get(pk=mailing.pk)
        taken.extend(speed.granted(limited, 40) for _ in range(4))

    at_once(take, take)
    # One second of it had gathered; a few more may have come while both took, and less than a quarter is left for later.
    assert 75 < sum(taken) <= 130
