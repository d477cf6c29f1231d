from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from backoffice.mailings import ledger
from backoffice.mailings.models import Mailing, Message
from kannel.models import Connection
from kannel.text import measure
from tests.mailings.conftest import MakeCustomer

pytestmark = pytest.mark.django_db
Running = Callable[[], Mailing]
State = Message.State


@pytest.fixture
def three(north: Connection, south: Connection, make_customer: MakeCustomer, running: Running) -> Mailing:
    """Two messages over North, one over South."""
    for phone in ("+79160000001", "+79160000002", "+79050000003"):
        make_customer(phone)
    return running()


@pytest.mark.unbalanced
def test_a_missing_row_unbalances_the_ledger(three: Mailing) -> None:
    assert ledger.ledger(three.pk).balanced
    Message.objects.filter(connection__name="south-1").delete()
    assert not ledger.ledger(three.pk).balanced


def test_each_state_is_counted_once(three: Mailing) -> None:
    first, second, _ = Message.objects.order_by("pk")
    Message.objects.filter(pk=first.pk).update(state=State.DELIVERED, sent_at=timezone.now())
    Message.objects.filter(pk=second.pk).update(state=State.UNCERTAIN)
    books = ledger.ledger(three.pk)
    assert {state: count for state, count in books.counts.items() if count} == {
        State.DELIVERED: 1,
        State.UNCERTAIN: 1,
        State.WAITING: 1,
    }
    assert (books.to_send, books.ended, books.is_open) == (3, 1, True)
    assert books.finished_share == pytest.approx(1 / 3)


def test_operators_are_billed_for_what_they_took(three: Mailing) -> None:
    Message.objects.filter(connection__name="north-1").update(state=State.DELIVERED, sent_at=timezone.now())
    north, south = sorted(ledger.by_operator(three.pk), key=lambda line: line.operator)
    assert (north.operator, north.messages, north.parts, north.sent, north.delivered) == ("North", 2, 2, 2, 2)
    assert (north.planned_cost, north.cost) == (Decimal("2.20"), Decimal("2.20"))
    assert (south.planned_cost, south.cost, south.sent) == (Decimal("2.00"), Decimal(0), 0)


def test_many_ledgers_take_one_statement(
    three: Mailing, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        assert set(ledger.ledgers([three.pk, three.pk + 1])) == {three.pk}


def test_a_mailing_without_a_plan_has_an_empty_ledger(mailing: Mailing) -> None:
    books = ledger.ledger(mailing.pk)
    assert (books.planned, books.to_send, books.finished_share, books.balanced) == (None, 0, 1.0, True)
    assert ledger.by_operator(mailing.pk) == []
    assert ledger.by_operator(mailing.pk + 1) == []


def test_the_rate_counts_what_left_within_half_a_minute(three: Mailing) -> None:
    assert ledger.rate(three.pk) == 0
    Message.objects.filter(connection__name="north-1").update(state=State.SENT, sent_at=timezone.now())
    Message.objects.filter(connection__name="south-1").update(sent_at=timezone.now() - timedelta(minutes=1))
    assert ledger.rate(three.pk) == pytest.approx(2 / 30)


def test_problems_are_told_in_words_most_frequent_first(three: Mailing) -> None:
    Message.objects.filter(connection__name="north-1").update(state=State.UNDELIVERED, error="err:021")
    Message.objects.filter(connection__name="south-1").update(state=State.EXPIRED, reason="no_receipt")
    assert ledger.problems(three.pk) == [
        (
            "The customer's network does not support SMS.",
            2,
            "Nothing can be done from here. Write to the customer another way.",
        ),
        ("No receipt came in time.", 1, ""),
    ]


def test_outcomes_are_counted_by_operator(three: Mailing) -> None:
    Message.objects.filter(connection__name="north-1").update(state=State.UNDELIVERED, sent_at=timezone.now())
    Message.objects.filter(connection__name="south-1").update(state=State.SENT, sent_at=timezone.now())
    assert ledger.outcomes_by_operator(three.pk) == [
        ledger.Outcomes("North", 2, 0),
        ledger.Outcomes("South", 0, 0),
    ]


LETTERS = st.one_of(
    st.sampled_from("abc@£ [€{}\\~^|]\n-'%\"$&éç"), st.sampled_from("абвё“”—…"), st.sampled_from("😀👍🏽🇷🇺")
)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(LETTERS, min_size=1, max_size=400),
        st.text(st.sampled_from("a[€"), min_size=140, max_size=800),
    )
)
def test_postgresql_counts_parts_as_the_text_module_does(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT parley_measure(%s)", [text])
        coding, parts = divmod(cursor.fetchone()[0], 1000)
    expected = measure(text)
    assert (coding, parts) == (expected.coding, expected.parts)
