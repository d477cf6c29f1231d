"""What was sent to each customer, added up: always the same as the messages, whatever is told, in any order, twice, corrected."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from backoffice.audiences.criteria import registry
from backoffice.customers.models import Customer
from backoffice.mailings import receipts, sent_history
from backoffice.mailings.contacts import rebuild
from backoffice.mailings.models import Mailing, Message, SentHistory
from backoffice.mailings.sent_history import EARLIEST, EPOCH, second_of
from kannel.models import Event
from tests.mailings.conftest import MakeCustomer
from tests.mailings.history import sent
from tests.mailings.test_receipts import ACCEPTED, DELIVERED, FAILED, PART_REFUSED, RECEIPT, REFUSED, report

pytestmark = pytest.mark.django_db
State = Message.State
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
Kept = dict[int, tuple[list[int], list[int], list[int]]]


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.fixture
def anna(make_customer: MakeCustomer) -> Customer:
    return make_customer()


def accepted(customer: Customer, mailing: Mailing, parts: int = 1, cost: str = "1.10") -> Message:
    values = {"state": State.ACCEPTED, "submitted_at": at(0), "parts": parts, "cost": Decimal(cost)}
    return sent(customer, mailing, **values)


def took(message: Message, seconds: float, kind: int = ACCEPTED) -> None:
    """A report says that the operator took it, or delivered it, then."""
    report(message.pk, kind, at=at(seconds))
    receipts.apply_events()


def kept() -> Kept:
    """For each customer seconds after noon, parts and cost as they are kept; histories without messages left out."""
    noon = second_of(NOON)
    return {
        one.customer_id: ([second - noon for second in one.sent_seconds], one.parts_so_far, one.cost_so_far)
        for one in SentHistory.objects.all()
        if one.sent_seconds
    }


def by_messages() -> Kept:
    """The same, from the messages, in plain Python."""
    found: Kept = {}
    messages = Message.objects.filter(sent_at__isnull=False)
    rows = [
        (one.customer_id, int((one.sent_at - NOON).total_seconds() // 1), one.parts, one.cost)
        for one in messages
    ]
    for customer, second, parts, cost in sorted(rows):
        seconds, parts_so_far, cost_so_far = found.setdefault(customer, ([], [], []))
        seconds.append(second)
        parts_so_far.append(parts + (parts_so_far[-1] if parts_so_far else 0))
        cost_so_far.append(int(cost * 1_000_000) + (cost_so_far[-1] if cost_so_far else 0))
    return found


def test_each_message_is_put_behind_the_one_before(anna: Customer, mailing: Mailing) -> None:
    took(accepted(anna, mailing, parts=2, cost="2.2001"), 1)
    took(accepted(anna, mailing, parts=3, cost="0.5"), 60.9)
    assert kept() == {anna.pk: ([1, 60], [2, 5], [2_200_100, 2_700_100])}


def test_a_message_that_was_taken_earlier_than_the_last_one_finds_its_place(
    anna: Customer, mailing: Mailing
) -> None:
    took(accepted(anna, mailing, parts=1), 10)
    took(accepted(anna, mailing, parts=2), 30)
    took(accepted(anna, mailing, parts=4), 20)
    assert kept()[anna.pk][:2] == ([10, 20, 30], [1, 5, 7])


def test_several_messages_of_one_batch_and_of_one_second_are_all_counted(
    anna: Customer, mailing: Mailing
) -> None:
    for parts in (3, 1, 2):
        report(accepted(anna, mailing, parts=parts).pk, ACCEPTED, at=at(5))
    receipts.apply_events()
    assert kept()[anna.pk][:2] == ([5, 5, 5], [1, 3, 6])
    took(accepted(anna, mailing, parts=2), 5)
    assert kept()[anna.pk][:2] == ([5] * 4, [1, 3, 5, 8])


def test_what_is_told_again_changes_nothing(anna: Customer, mailing: Mailing) -> None:
    message = accepted(anna, mailing)
    for kind, seconds in ((ACCEPTED, 1), (DELIVERED, 9), (ACCEPTED, 1), (DELIVERED, 9), (FAILED, 30)):
        took(message, seconds, kind)
    assert kept() == {anna.pk: ([1], [1], [1_100_000])}


def test_an_acceptance_that_is_told_last_moves_the_message(anna: Customer, mailing: Mailing) -> None:
    took(accepted(anna, mailing, parts=2), 5)
    late = accepted(anna, mailing, parts=4)
    took(late, 9, DELIVERED)
    assert kept()[anna.pk][:2] == ([5, 9], [2, 6])
    took(late, 3)
    assert kept()[anna.pk][:2] == ([3, 5], [4, 6]) == by_messages()[anna.pk][:2]


def test_a_correction_does_not_touch_what_is_older(anna: Customer, mailing: Mailing) -> None:
    """Its message may have been deleted since."""
    took(accepted(anna, mailing, parts=7), -90)
    Message.objects.all().delete()
    message = accepted(anna, mailing)
    took(message, 9, DELIVERED)
    took(message, 1)
    assert kept()[anna.pk][:2] == ([-90, 1], [7, 8])


def test_a_correction_may_move_the_only_message(anna: Customer, mailing: Mailing) -> None:
    message = accepted(anna, mailing)
    took(message, 9.7, DELIVERED)
    took(message, 9.2)
    assert kept() == {anna.pk: ([9], [1], [1_100_000])}
    took(message, 2)
    assert kept() == {anna.pk: ([2], [1], [1_100_000])}


def test_a_message_that_was_refused_was_not_sent(anna: Customer, mailing: Mailing) -> None:
    report(accepted(anna, mailing).pk, REFUSED, "NACK/11/Invalid Destination", at=at(5))
    receipts.apply_events()
    assert kept() == {}


def test_customers_who_are_gone_are_passed_over(anna: Customer, mailing: Mailing) -> None:
    message = accepted(anna, mailing)
    anna.consents.all().delete()
    Customer.objects.filter(pk=anna.pk)._raw_delete("default")
    took(message, 1)
    rebuild()
    assert kept() == {}


@pytest.mark.parametrize("seed", range(25))
def test_a_random_history_is_always_the_same_as_the_messages(
    seed: int, make_customer: MakeCustomer, mailing: Mailing
) -> None:
    dice = random.Random(seed)
    people = [make_customer() for _ in range(3)]
    messages = [
        accepted(dice.choice(people), mailing, parts=dice.randint(1, 4), cost=f"{dice.random():.6f}")
        for _ in range(8)
    ]
    words = RECEIPT.format("UNDELIV", "021")
    kinds = [*((kind, words) for kind in (ACCEPTED, ACCEPTED, DELIVERED, FAILED, REFUSED)), PART_REFUSED]
    told = [(dice.choice(messages).pk, *dice.choice(kinds), at(dice.randint(0, 60) / 4)) for _ in range(24)]
    for message_id, kind, text, moment in (*told, *told[:6]):
        report(message_id, kind, text, at=moment)
        if dice.random() < 0.5:
            receipts.apply_events()
            assert kept() == by_messages()
    receipts.apply_events()
    assert Event.objects.filter(applied_at=None).count() == 0
    assert kept() == by_messages() != {}
    rebuild()
    assert kept() == by_messages()


def test_rebuilding_mends_whatever_was_wrong(anna: Customer, mailing: Mailing) -> None:
    sent(anna, mailing, state=State.DELIVERED, sent_at=at(1), parts=2, cost=Decimal("2.5"))
    SentHistory.objects.create(customer=anna, sent_seconds=[1, 2], parts_so_far=[5, 6], cost_so_far=[7, 8])
    rebuild()
    assert kept() == by_messages() == {anna.pk: ([1], [2], [2_500_000])}


def test_a_history_without_messages_counts_as_none(anna: Customer, mailing: Mailing) -> None:
    SentHistory.objects.create(customer=anna)
    for name in ("messages_count", "message_parts", "messages_cost"):
        criterion = registry[name]()
        value = criterion.clean(criterion.to_python({"at_most": 0, "days": 36_500}))
        assert list(Customer.objects.filter(criterion.to_q(value))) == [anna]
        assert not Customer.objects.filter(~criterion.to_q(value)).exists()
        assert criterion.answer(value, anna).startswith("0")
    took(accepted(anna, mailing), 1)
    assert kept()[anna.pk][0] == [1]


@pytest.mark.parametrize(
    ("bounds", "fits"),
    [
        ({"at_least": "2.5000"}, True),
        ({"at_least": "2.50001"}, False),
        ({"at_most": "2.5"}, True),
        ({"at_most": "2.49999"}, False),
        ({"at_least": "0.00001", "at_most": "2.50009"}, True),
        ({"at_least": "1", "at_most": "9" * 25}, True),
    ],
)
def test_bounds_of_the_cost_are_exact(
    bounds: dict[str, str], fits: bool, anna: Customer, mailing: Mailing
) -> None:
    took(accepted(anna, mailing, cost="2.5"), 1)
    criterion = registry["messages_cost"]()
    value: Any = criterion.clean(criterion.to_python({**bounds, "days": 36_500}))
    assert Customer.objects.filter(criterion.to_q(value)).exists() == fits


def test_moments_are_whole_seconds_and_never_too_long_ago() -> None:
    assert second_of(EPOCH + timedelta(seconds=5, microseconds=999_999)) == 5
    assert second_of(EPOCH - timedelta(microseconds=1)) == -1
    assert second_of(EPOCH - timedelta(days=36_500)) == EARLIEST
    with connection.cursor() as cursor:
        cursor.execute("SELECT width_bucket(%s, ARRAY[0, 5, 5, 9]), width_bucket(%s, '{}'::int[])", [5, 5])
        assert cursor.fetchone() == (3, 0)
    assert sent_history.COST_UNITS == 1_000_000
