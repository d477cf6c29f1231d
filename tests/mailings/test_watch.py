from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from backoffice.accounts.models import User
from backoffice.alerts.models import Alert
from backoffice.mailings import ledger, lifecycle, settling, watch
from backoffice.mailings.models import Mailing, Message
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer

pytestmark = pytest.mark.django_db
Running = Callable[[], Mailing]
State = Message.State


@pytest.fixture
def one(north: Connection, make_customer: MakeCustomer, running: Running) -> Mailing:
    """A running mailing with one message."""
    make_customer()
    return running()


def the_message() -> Message:
    return Message.objects.get()


def test_a_mailing_is_finished_when_its_last_message_has_ended(one: Mailing) -> None:
    watch.sweep()
    one.refresh_from_db()
    assert one.state == Mailing.State.RUNNING
    Message.objects.update(state=State.DELIVERED)
    watch.sweep()
    one.refresh_from_db()
    assert one.state == Mailing.State.FINISHED
    assert one.finished_at is not None
    assert Alert.objects.get().sentence == "“Autumn” has finished: 1 of 1 messages were delivered."


@pytest.mark.parametrize("state", ["submitting", "uncertain", "accepted", "sent", "waiting"])
def test_an_open_message_keeps_the_mailing_running(state: str, one: Mailing) -> None:
    Message.objects.update(state=state, submitted_at=timezone.now())
    assert watch.finish_ended() == []


def test_a_cancelled_mailing_ends_what_has_not_left_and_follows_the_rest(
    one: Mailing, make_customer: MakeCustomer, editor: User
) -> None:
    lifecycle.cancel(one, editor)
    watch.sweep()
    assert the_message().state == State.CANCELLED
    assert ledger.ledger(one.pk).balanced


def test_a_message_whose_time_is_over_expires_even_while_paused(one: Mailing, editor: User) -> None:
    lifecycle.pause(one, editor)
    Message.objects.update(latest_at=timezone.now() - timedelta(seconds=1))
    watch.sweep()
    assert (the_message().state, the_message().reason) == (State.EXPIRED, "window_closed")


def test_a_message_that_nobody_answered_for_is_uncertain(one: Mailing) -> None:
    Message.objects.update(state=State.SUBMITTING, state_at=timezone.now() - timedelta(seconds=14))
    assert settling.doubt_unanswered() == 0
    Message.objects.update(state_at=timezone.now() - timedelta(seconds=16))
    assert settling.doubt_unanswered() == 1
    assert the_message().state == State.UNCERTAIN


@pytest.mark.parametrize(
    ("policy", "state", "reason"),
    [("wait", "uncertain", ""), ("give_up", "failed", "given_up"), ("send_again", "waiting", "")],
)
def test_when_nobody_can_say_the_policy_of_the_mailing_decides(
    policy: str, state: str, reason: str, one: Mailing
) -> None:
    Mailing.objects.update(uncertain_policy=policy)
    Message.objects.update(state=State.UNCERTAIN, state_at=timezone.now() - timedelta(minutes=9))
    assert settling.follow_policy() == 0
    Message.objects.update(state_at=timezone.now() - timedelta(minutes=11))
    settling.follow_policy()
    assert (the_message().state, the_message().reason) == (state, reason)


@pytest.mark.parametrize("policy", ["wait", "send_again"])
def test_an_uncertain_message_ends_when_no_receipt_can_come_any_more(policy: str, one: Mailing) -> None:
    Mailing.objects.update(uncertain_policy=policy)
    Message.objects.update(state=State.UNCERTAIN, latest_at=timezone.now() - timedelta(minutes=61))
    assert settling.follow_policy() == 1
    assert (the_message().state, the_message().reason) == (State.FAILED, "given_up")


@pytest.mark.unbalanced
def test_books_that_do_not_balance_stop_the_mailing_and_raise_one_alarm(one: Mailing) -> None:
    Mailing.objects.update(planned_count=2)
    watch.check_ledgers()
    watch.check_ledgers()
    one.refresh_from_db()
    assert (one.state, one.problem) == (Mailing.State.PAUSED, "Its books do not balance.")
    assert Alert.objects.get(closed_at=None).level == Alert.Level.ALARM
    Mailing.objects.update(planned_count=1)
    watch.check_ledgers()
    assert not Alert.objects.filter(closed_at=None).exists()


def test_a_budget_nearly_used_is_told(one: Mailing) -> None:
    Mailing.objects.update(budget=Decimal("2.70"))
    watch.check_ledgers()
    assert not Alert.objects.exists()
    Message.objects.update(state=State.DELIVERED, sent_at=timezone.now())
    watch.check_ledgers()
    assert "has used 2.50 of its budget of 2.70 RUB" in Alert.objects.get().sentence


def test_an_operator_whose_messages_do_not_arrive_is_told_and_the_alert_closes_itself(
    north: Connection, make_customer: MakeCustomer, running: Running
) -> None:
    for _ in range(100):
        make_customer()
    running()
    Message.objects.update(state=State.UNDELIVERED, sent_at=timezone.now())
    watch.check_ledgers()
    assert "Only 0 % of the messages over North arrive" in Alert.objects.get(closed_at=None).sentence
    Message.objects.update(state=State.DELIVERED)
    watch.check_ledgers()
    assert not Alert.objects.filter(closed_at=None).exists()


def test_an_operator_whose_receipts_stay_away_is_told_and_the_alert_closes_itself(
    north: Connection, make_customer: MakeCustomer, running: Running
) -> None:
    for _ in range(100):
        make_customer()
    running()
    Message.objects.update(state=State.SENT, sent_at=timezone.now() - timedelta(minutes=16))
    watch.check_ledgers()
    assert "100 of them have no receipt" in Alert.objects.get(closed_at=None).sentence
    Message.objects.update(state=State.DELIVERED)
    watch.check_ledgers()
    assert not Alert.objects.filter(closed_at=None).exists()


def test_of_two_sweeps_one_finishes_the_mailing(one: Mailing, monkeypatch: pytest.MonkeyPatch) -> None:
    Message.objects.update(state=State.DELIVERED)
    refused = lifecycle.finish

    def after_another(mailing: Mailing) -> None:
        refused(Mailing.objects.get(pk=mailing.pk))
        refused(mailing)

    monkeypatch.setattr(lifecycle, "finish", after_another)
    assert watch.finish_ended() == []
    one.refresh_from_db()
    assert one.state == Mailing.State.FINISHED
