"""Conditions on what customers did and bought within a period, at their edges."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from backoffice.customers.models import Action, Customer
from tests.audiences.trying import Case, answer, check, fits, make_people, others, value_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

BOUGHT = {"did": "did", "kind": "purchase"}
CASES: list[Case] = [
    (
        "did", {**BOUGHT, "times": 1, "days": 30, "amount_from": 250}, {"anna"},
        "there was a purchase of at least 250 RUB at least once within the last 30 days",
    ),
    (
        "did", {**BOUGHT, "times": 2, "days": 30, "amount_to": 250}, {"anna"},
        "there was a purchase of at most 250 RUB at least 2 times within the last 30 days",
    ),
    (
        "did", {**BOUGHT, "times": 1, "days": 90, "amount_from": 251, "amount_to": "899.99"}, set(),
        "there was a purchase of 251 to 899.99 RUB at least once within the last 90 days",
    ),
    (
        "did_between", {**BOUGHT, "times": 1, "first": "2026-11-22", "last": "2026-11-23"}, {"anna"},
        "there was a purchase at least once from 22 November 2026 to 23 November 2026",
    ),
    (
        "did_between", {**BOUGHT, "times": 2, "last": "2026-11-22"}, {"anna"},
        "there was a purchase at least 2 times until 22 November 2026",
    ),
    (
        "did_between", {"did": "not", "kind": "visit", "times": 1, "first": "2026-11-21"}, {"anna", "clara"},
        "there was no visit at least once since 21 November 2026",
    ),
    ("first_purchase", {"days": 3}, {"boris"}, "the first purchase was within the last 3 days"),
    ("first_purchase", {"days": 2}, set(), "the first purchase was within the last 2 days"),
    ("first_purchase", {"days": 60}, {"anna", "boris"}, "the first purchase was within the last 60 days"),
    ("never_bought", {"bought": "never"}, {"clara"}, "they never bought anything"),
    ("never_bought", {"bought": "ever"}, {"anna", "boris"}, "they bought something at some time"),
    ("added", {"when": "within", "days": 0}, {"anna", "boris", "clara"}, "they were added today"),
    ("added", {"when": "before", "days": 0}, set(), "they were added before today"),
    (
        "spent_within", {"at_least": 350, "at_most": 350, "days": 30}, {"anna"},
        "what they spent within the last 30 days is 350 RUB",
    ),
    (
        "spent_within", {"at_most": 5, "days": 30}, {"boris", "clara"},
        "what they spent within the last 30 days is at most 5 RUB",
    ),
    (
        "spent_within", {"at_least": 0, "days": 30}, {"anna", "boris", "clara"},
        "what they spent within the last 30 days is at least 0 RUB",
    ),
    (
        "purchases_within", {"at_least": 1, "at_most": 2, "days": 30}, {"anna", "boris"},
        "the number of purchases within the last 30 days is from 1 to 2",
    ),
    (
        "purchases_within", {"at_most": 1, "days": 30}, {"boris", "clara"},
        "the number of purchases within the last 30 days is at most 1",
    ),
    (
        "largest_within", {"at_least": 250, "days": 30}, {"anna"},
        "the largest purchase within the last 30 days is at least 250 RUB",
    ),
    (
        "largest_within", {"at_most": 250, "days": 90}, {"boris"},
        "the largest purchase within the last 90 days is at most 250 RUB",
    ),
    (
        "average_within", {"at_least": 175, "at_most": 175, "days": 30}, {"anna"},
        "the average purchase within the last 30 days is 175 RUB",
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[3])
def test_a_condition_takes_exactly_those_who_fit(case: Case) -> None:
    make_people()
    check(case)


def customer(name: str, **values: Any) -> Customer:
    return Customer.objects.create(external_id=name, **values)


def bought(name: str, at: datetime, amount: int | None = 100) -> None:
    """A customer with one purchase."""
    Action.objects.create(customer=customer(name), kind="purchase", at=at, amount=amount)


def test_a_period_begins_at_midnight_of_the_companys_zone() -> None:
    bought("on the 23rd", datetime(2026, 11, 22, 21, 0, tzinfo=UTC))  # 00:00 of the 23rd in Moscow
    bought("on the 22nd", datetime(2026, 11, 22, 20, 59, 59, tzinfo=UTC))
    assert fits("did", kind="purchase", times=1, days=1) == {"on the 23rd"}
    assert fits("first_purchase", days=1) == {"on the 23rd"}
    assert fits("spent_within", at_least=1, days=1) == {"on the 23rd"}
    assert fits("did_between", kind="purchase", times=1, last="2026-11-22") == {"on the 22nd"}
    assert fits("did_between", kind="purchase", times=1, first="2026-11-23") == {"on the 23rd"}


@pytest.mark.parametrize("chosen", ["Asia/Vladivostok", "America/New_York"])
def test_the_readers_own_zone_changes_nothing(chosen: str) -> None:
    bought("on the 23rd", datetime(2026, 11, 22, 21, 0, tzinfo=UTC))
    with timezone.override(chosen):
        assert fits("did", kind="purchase", times=1, days=1) == {"on the 23rd"}
        assert answer("did", "on the 23rd", days=1) == "once, last on 23 November 2026 (1 day ago)"


def test_an_action_without_amount_has_none_between_two_bounds() -> None:
    bought("anna", timezone.now(), amount=None)
    assert fits("did", kind="purchase", times=1, days=1, amount_from=0) == set()
    assert others("did", kind="purchase", times=1, days=1, amount_from=0) == {"anna"}
    assert fits("did", kind="purchase", times=1, days=1) == {"anna"}


def test_purchases_without_amount_count_but_add_nothing() -> None:
    bought("anna", timezone.now(), amount=None)
    assert fits("purchases_within", at_least=1, days=1) == {"anna"}
    assert fits("spent_within", at_most=0, days=1) == {"anna"}
    assert fits("spent_within", at_least=1, days=1) == set()
    assert fits("largest_within", at_most=1_000, days=1) == set()
    assert others("largest_within", at_most=1_000, days=1) == {"anna"}
    assert answer("average_within", "anna", at_least=1, days=1) == "no such purchase"


def test_money_given_back_makes_the_sum_smaller_than_nothing() -> None:
    bought("anna", timezone.now(), amount=-50)
    customer("clara")
    assert fits("spent_within", at_least=0, days=1) == {"clara"}
    assert fits("spent_within", at_most=0, days=1) == {"anna", "clara"}


def test_the_number_of_one_customers_purchases_is_not_that_of_another() -> None:
    for name in ("anna", "boris"):
        bought(name, timezone.now())
    Action.objects.create(customer=Customer.objects.get(external_id="anna"), kind="visit", at=timezone.now())
    assert fits("purchases_within", at_least=2, days=1) == set()
    assert fits("did", kind="purchase", times=2, days=1) == set()


def test_who_bought_before_did_not_buy_first_of_late() -> None:
    bought("anna", timezone.now())
    earlier = timezone.now() - timedelta(days=400)
    Action.objects.create(customer=Customer.objects.get(external_id="anna"), kind="purchase", at=earlier)
    assert fits("first_purchase", days=30) == set()
    assert answer("first_purchase", "anna", days=30) == "20 October 2025 (400 days ago)"


@pytest.mark.parametrize(
    "values",
    [{"purchases_count": 1}, {"last_purchase_on": date(2026, 1, 1)}],
)
def test_one_sign_of_a_purchase_is_enough_to_have_bought(values: dict[str, Any]) -> None:
    customer("anna", **values)
    assert fits("never_bought", bought="never") == set()
    assert fits("never_bought", bought="ever") == {"anna"}


def test_the_first_hour_of_a_day_belongs_to_those_added_that_day() -> None:
    for name, moment in (
        ("today", datetime(2026, 11, 23, 21, 0, tzinfo=UTC)),
        ("yesterday", datetime(2026, 11, 23, 20, 59, 59, tzinfo=UTC)),
    ):
        customer(name)
        Customer.objects.filter(external_id=name).update(created_at=moment)
    assert fits("added", when="within", days=0) == {"today"}
    assert fits("added", when="before", days=0) == {"yesterday"}
    assert answer("added", "yesterday", days=0) == "23 November 2026 (1 day ago)"


@pytest.mark.parametrize(
    ("name", "values", "anna", "clara"),
    [
        ("last_purchase", {"days": 1}, "20 November 2026 (4 days ago)", "no purchase"),
        ("last_visit", {"days": 1}, "23 November 2026 (1 day ago)", "no visit"),
        ("did", {"days": 30}, "2 times, last on 23 November 2026 (1 day ago)", "not once then"),
        (
            "did_between",
            {"last": "2026-09-25"},
            "once, last on 25 September 2026 (60 days ago)",
            "not once then",
        ),
        ("first_purchase", {"days": 1}, "25 September 2026 (60 days ago)", "no purchase"),
        ("never_bought", {"bought": "never"}, "last purchase: 23 November 2026 (1 day ago)", "no purchase"),
        ("added", {"days": 1}, "24 November 2026 (today)", "24 November 2026 (today)"),
        ("spent_within", {"at_least": 1, "days": 30}, "350 RUB", "0 RUB"),
        ("purchases_within", {"at_least": 1, "days": 30}, "2 purchases", "0 purchases"),
        ("largest_within", {"at_least": 1, "days": 90}, "900 RUB", "no such purchase"),
        ("average_within", {"at_least": 1, "days": 90}, "416.67 RUB", "no such purchase"),
        ("loyalty_tier", {"names": "x"}, "silver", "no loyalty level"),
        ("loyalty_points", {"at_least": 1}, "500 points", "0 points"),
        ("balance", {"at_least": 1}, "100 RUB", "0 RUB"),
        ("debt", {"at_least": 1}, "50 RUB", "0 RUB"),
        ("spent", {"at_least": 1}, "1,000 RUB", "0 RUB"),
        ("average_receipt", {"at_least": 1}, "200 RUB", "0 RUB"),
        ("purchases", {"at_least": 1}, "5 purchases", "0 purchases"),
    ],
)
def test_a_customer_is_told_in_words(name: str, values: dict[str, Any], anna: str, clara: str) -> None:
    make_people()
    assert (answer(name, "anna", **values), answer(name, "clara", **values)) == (anna, clara)


def test_a_number_of_purchases_is_told_where_no_day_is_known() -> None:
    customer("anna", purchases_count=3)
    assert answer("never_bought", "anna", bought="never") == "3 purchases"


def test_money_is_compared_to_the_cent() -> None:
    bought("anna", timezone.now())
    Action.objects.update(amount=Decimal("99.99"))
    assert fits("spent_within", at_least="99.99", at_most="99.99", days=1) == {"anna"}
    assert fits("spent_within", at_least=100, days=1) == set()


@pytest.mark.parametrize(
    ("name", "values", "field", "words"),
    [
        ("did", {"times": 1, "days": 1, "amount_from": 60, "amount_to": 30}, "amount_to", "Swap the two numbers."),
        ("did", {"times": 1_001, "days": 1}, "times", "from 1 to 1,000"),
        ("did_between", {"times": 1}, "first", "Give at least one of the two days."),
        ("did_between", {"first": "2026-01-02", "last": "2026-01-01", "times": 1}, "last", "Swap the two days."),
        ("first_purchase", {"days": None}, "days", "Give a number of days."),
        ("spent_within", {"days": 30}, "at_least", "at least one of the two numbers"),
        ("spent_within", {"at_least": 60, "at_most": 30, "days": 30}, "at_most", "Swap the two numbers."),
        ("purchases_within", {"at_least": 1, "days": None}, "days", "Give a number of days."),
        ("largest_within", {"at_least": -1, "days": 1}, "at_least", "from 0 up"),
    ],
)  # fmt: skip
def test_nonsense_is_refused_at_its_field(name: str, values: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        value_of(name, values)
    assert words in str(caught.value.block_errors[field])  # type: ignore[attr-defined]
