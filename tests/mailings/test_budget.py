"""A budget stops a mailing before it is exceeded, whatever its messages come to cost on the way."""

import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connections
from django.db.models import Sum
from django.utils import timezone

from backoffice.accounts.models import User
from backoffice.alerts.models import Alert
from backoffice.mailings import budget, ledger, lifecycle, moving, settling
from backoffice.mailings.claiming import claim
from backoffice.mailings.models import Mailing, Message, Spending
from backoffice.operators import standing
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer
from tests.mailings.test_receipts import DELIVERED
from tests.mailings.test_retrying import told

pytestmark = pytest.mark.django_db
Running = Callable[[], Mailing]


@pytest.fixture
def fifty(south: Connection, make_customer: MakeCustomer, running: Running, mailing: Mailing) -> Mailing:
    """Fifty messages over South at 2.00, and a budget of exactly 100.00."""
    for _ in range(50):
        make_customer()
    Mailing.objects.filter(pk=mailing.pk).update(budget=Decimal("100.00"))
    return running()


def taken() -> Decimal:
    """What is under way, spent or may be billed."""
    states = ["submitting", "accepted", "sent", "delivered"]
    # Tests that use the real Kannel leave messages of mailings that are no more.
    under_way = Message.objects.filter(state__in=states, mailing__in=Mailing.objects.values("pk"))
    return under_way.aggregate(cost=Sum("cost", default=Decimal(0)))["cost"]


def claim_all(via: Connection, each: int = 7) -> int:
    """Claims until nothing more is given."""
    count = 0
    while claims := claim(via, each):
        count += len(claims)
    return count


def one_kopeck_dearer() -> Message:
    """One of the messages costs 2.01, so that all of them cost 100.01."""
    message = Message.objects.waiting().latest("id")
    Message.objects.filter(pk=message.pk).update(cost=Decimal("2.01"))
    return message


def test_a_mailing_that_costs_its_whole_budget_leaves_to_the_last_message(
    fifty: Mailing, south: Connection
) -> None:
    assert claim_all(south) == 50
    assert taken() == Decimal("100.00")
    fifty.refresh_from_db()
    assert (fifty.state, fifty.problem) == (Mailing.State.RUNNING, "")


def test_a_run_that_would_cost_a_kopeck_more_than_its_budget_ends_below_it(
    fifty: Mailing, south: Connection
) -> None:
    one_kopeck_dearer()
    assert claim_all(south) == 49
    assert taken() == Decimal("98.00")
    fifty.refresh_from_db()
    assert fifty.state == Mailing.State.PAUSED
    assert fifty.problem == (
        "The next message would cost more than the budget of 100.00 RUB allows: 98.00 are spent or under way. "
        "Cancel what is left, or copy the mailing for those who have not got it."
    )
    assert ledger.ledger(fifty.pk).balanced


def test_the_people_concerned_are_told(fifty: Mailing, south: Connection) -> None:
    one_kopeck_dearer()
    claim_all(south)
    alert = Alert.objects.get(cause=f"budget:{fifty.pk}")
    assert alert.level == Alert.Level.ALARM
    assert (
        "“Autumn” was paused: its next message would cost more than its budget of 100.00 RUB"
        in alert.sentence
    )


def test_resuming_it_sends_nothing_and_pauses_it_again(
    fifty: Mailing, south: Connection, editor: User
) -> None:
    one_kopeck_dearer()
    claim_all(south)
    fifty.refresh_from_db()
    lifecycle.resume(fifty, editor)
    assert claim_all(south) == 0
    fifty.refresh_from_db()
    assert fifty.state == Mailing.State.PAUSED


def test_what_an_operator_refused_is_free_again_for_others(fifty: Mailing, south: Connection) -> None:
    one_kopeck_dearer()
    claim(south, 10)
    refused = Message.objects.filter(state="submitting").earliest("id")
    Message.objects.filter(pk=refused.pk).update(state="rejected")
    claim_all(south)
    assert taken() == Decimal("98.01")
    fifty.refresh_from_db()
    assert fifty.state == Mailing.State.RUNNING


@pytest.mark.parametrize(
    ("state", "reason"),
    [("uncertain", ""), ("expired", "no_receipt"), ("failed", "given_up"), ("undelivered", "")],
)
def test_what_an_operator_may_have_billed_is_not_free(
    state: str, reason: str, fifty: Mailing, south: Connection
) -> None:
    one_kopeck_dearer()
    claim(south, 10)
    Message.objects.filter(state="submitting").update(state=state, reason=reason)
    assert claim_all(south) == 39
    fifty.refresh_from_db()
    assert fifty.state == Mailing.State.PAUSED


def test_without_a_budget_nothing_is_reserved(
    south: Connection, make_customer: MakeCustomer, running: Running
) -> None:
    make_customer()
    running()
    assert claim_all(south) == 1
    assert not Spending.objects.exists()


def test_a_move_to_a_dearer_operator_does_not_break_the_budget(
    fifty: Mailing, south: Connection, north: Connection
) -> None:
    """North takes 2.50; of the budget 20 are left when South is gone, whatever the moves may allow."""
    Mailing.objects.update(extra_percent=500)
    assert len(claim(south, 40)) == 40
    standing.leave(south, "It is dead.")
    Message.objects.waiting().update(connection=north, cost=Decimal("2.50"))
    assert claim_all(north) == 8
    assert taken() == Decimal("100.00")


def test_moves_are_reserved_before_they_leave(fifty: Mailing, south: Connection, north: Connection) -> None:
    Mailing.objects.update(extra_percent=500, budget=Decimal("101.00"))
    claim(south, 40)
    standing.leave(south, "It is dead.")
    moving.move_all()
    assert Message.objects.filter(connection=north).count() == 2
    assert claim_all(north) == 2
    assert taken() == Decimal("85.00")
    assert Spending.objects.get().reserved == Decimal("86.00")


def test_a_billed_message_that_is_sent_again_counts_twice(fifty: Mailing, south: Connection) -> None:
    first = claim(south, 1)[0]
    Message.objects.filter(pk=first.message_id).update(
        state="waiting", sent_at=timezone.now(), cost=Decimal("4.00"), earliest_at=timezone.now()
    )
    budget.became_dearer(fifty, Decimal("2.00"))
    assert claim_all(south) == 48
    assert budget.committed(fifty) == Decimal("100.00")


def test_a_message_sent_again_although_it_may_have_left_counts_twice(
    fifty: Mailing, south: Connection
) -> None:
    Mailing.objects.update(uncertain_policy="send_again")
    claim(south, 1)
    Message.objects.filter(state="submitting").update(
        state="uncertain", state_at=timezone.now() - timedelta(minutes=11)
    )
    assert settling.follow_policy() == 1
    assert Spending.objects.get().doubtful == Decimal("2.00")
    assert claim_all(south) == 49
    fifty.refresh_from_db()
    assert fifty.state == Mailing.State.PAUSED


def test_a_receipt_of_a_refused_message_that_was_taken_after_all_counts(
    fifty: Mailing, south: Connection
) -> None:
    one_kopeck_dearer()
    [first] = claim(south, 1)
    Message.objects.filter(pk=first.message_id).update(state="rejected")
    told(Message.objects.get(pk=first.message_id), DELIVERED)
    claim_all(south)
    assert taken() == Decimal("98.00")


def test_a_mailing_that_was_cancelled_meanwhile_is_not_stopped_again(
    fifty: Mailing, south: Connection, editor: User
) -> None:
    with budget.room_in(fifty) as room:
        room.is_too_small = True
        lifecycle.cancel(Mailing.objects.get(pk=fifty.pk), editor)
    fifty.refresh_from_db()
    assert fifty.state == Mailing.State.CANCELLED
    assert not Alert.objects.filter(cause=f"budget:{fifty.pk}").exists()


@pytest.mark.django_db(transaction=True)
def test_senders_of_several_connections_together_stay_within_the_budget(
    north: Connection, south: Connection, make_customer: MakeCustomer, running: Running, mailing: Mailing
) -> None:
    """Sixty messages at 1.10 over North and forty at 2.00 over South cost 146; the budget falls to 100.00 meanwhile."""
    for number in range(60):
        make_customer(f"+7916000{number:04d}")
    for _ in range(40):
        make_customer()
    running()
    Mailing.objects.update(budget=Decimal("100.00"))
    begin = threading.Barrier(2)

    def sender(via: Connection) -> None:
        begin.wait(10)
        claim_all(via, each=3)
        connections.close_all()

    threads = [threading.Thread(target=sender, args=[via]) for via in (north, south)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert Decimal("97.99") < taken() <= Decimal("100.00")
    assert Mailing.objects.get().state == Mailing.State.PAUSED
