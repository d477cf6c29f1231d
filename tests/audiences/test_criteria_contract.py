"""Conditions on the contract and on who serves the customer, at their edges."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError

from backoffice.customers.models import Customer
from tests.audiences.trying import Case, answer, check, fits, make_people, value_of

pytestmark = pytest.mark.django_db

CASES: list[Case] = [
    (
        "customer_since", {"first": "2026-01-24", "last": "2026-01-24"}, {"anna"},
        "the day on which they became customers is from 24 January 2026 to 24 January 2026",
    ),
    (
        "customer_since", {"first": "2016-01-02"}, {"anna"},
        "the day on which they became customers is 2 January 2016 or later",
    ),
    (
        "customer_since", {"last": "2026-01-23"}, {"boris"},
        "the day on which they became customers is 23 January 2026 or earlier",
    ),
    ("anniversary", {"days": 60}, {"boris"}, "the anniversary as a customer is within the next 60 days"),
    ("anniversary", {"days": 61}, {"anna", "boris"}, "the anniversary as a customer is within the next 61 days"),
    ("anniversary", {"days": 0}, set(), "the anniversary as a customer is today"),
    ("contract_state", {"state": "running"}, {"anna"}, "the contract is running and its end is known"),
    ("contract_state", {"state": "ended"}, {"boris"}, "the contract has ended"),
    ("contract_state", {"state": "endless"}, {"clara"}, "no end of the contract is known"),
    ("contract_ended", {"when": "within", "days": 23}, {"boris"}, "the contract ended within the last 23 days"),
    ("contract_ended", {"when": "within", "days": 22}, set(), "the contract ended within the last 22 days"),
    ("contract_ended", {"when": "before", "days": 22}, {"boris"}, "the contract ended longer than 22 days ago"),
    ("manager", {"names": "olga petrova"}, {"anna"}, "the manager is olga petrova"),
    (
        "manager", {"is_or_not": "not", "names": "Olga Petrova"}, {"boris", "clara"},
        "the manager is not Olga Petrova, or there is none",
    ),
    ("channel", {"names": "app, web"}, {"anna"}, "the channel is app or web"),
    ("channel", {"is_or_not": "not", "names": "app"}, {"boris", "clara"}, "the channel is not app, or is not known"),
    ("device", {"names": "IPHONE"}, {"anna"}, "the device is IPHONE"),
    ("device", {"is_or_not": "not", "names": "iPhone"}, {"boris", "clara"}, "the device is not iPhone, or is not known"),
]  # fmt: skip


@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case[3])
def test_a_condition_takes_exactly_those_who_fit(case: Case) -> None:
    make_people()
    check(case)


def at(moment: datetime) -> Any:
    return time_machine.travel(moment, tick=False)


def test_a_contract_ends_at_the_end_of_its_last_day_in_the_companys_zone() -> None:
    Customer.objects.create(external_id="anna", contract_ends_on=date(2026, 11, 24))
    with at(datetime(2026, 11, 24, 20, 59, 59, tzinfo=UTC)):
        assert fits("contract_state", state="running") == {"anna"}
        assert fits("contract_ends", days=0) == {"anna"}
        assert fits("contract_ended", when="within", days=1) == set()
    with at(datetime(2026, 11, 24, 21, 0, tzinfo=UTC)):
        assert fits("contract_state", state="ended") == {"anna"}
        assert fits("contract_ended", when="within", days=1) == {"anna"}


@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize(
    ("registered", "months"),
    [(date(2026, 10, 24), 1), (date(2026, 10, 25), 0), (date(2025, 11, 24), 12), (date(2027, 1, 1), 0)],
)
def test_only_full_months_count(registered: date, months: int) -> None:
    Customer.objects.create(external_id="anna", registered_on=registered)
    assert fits("customer_for", at_most=months) == {"anna"}
    assert fits("customer_for", at_least=months + 1) == set()
    assert answer("customer_for", "anna", at_least=1) == f"{months} month{'' if months == 1 else 's'}"


@pytest.mark.usefixtures("noon")
def test_the_day_on_which_somebody_becomes_a_customer_is_no_anniversary() -> None:
    Customer.objects.create(external_id="today", registered_on=date(2026, 11, 24))
    Customer.objects.create(external_id="a year", registered_on=date(2025, 11, 24))
    assert fits("anniversary", days=0) == {"a year"}


@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize(
    ("name", "values", "anna", "clara"),
    [
        ("tariff", {"names": "x"}, "Gold", "no tariff"),
        ("customer_for", {"at_least": 1}, "10 months", "since when is not known"),
        (
            "customer_since",
            {"first": "2026-01-01"},
            "24 January 2026 (304 days ago)",
            "since when is not known",
        ),
        ("anniversary", {"days": 1}, "24 January 2026", "since when is not known"),
        (
            "contract_state",
            {"state": "running"},
            "1 December 2026 (in 7 days)",
            "no end of the contract is known",
        ),
        ("contract_ends", {"days": 1}, "1 December 2026 (in 7 days)", "no end of the contract is known"),
        ("contract_ended", {"days": 1}, "1 December 2026 (in 7 days)", "no end of the contract is known"),
        ("manager", {"names": "x"}, "Olga Petrova", "no manager"),
        ("channel", {"names": "x"}, "app", "no channel"),
        ("device", {"names": "x"}, "iPhone", "no device"),
    ],
)
def test_a_customer_is_told_in_words(name: str, values: dict[str, Any], anna: str, clara: str) -> None:
    make_people()
    assert (answer(name, "anna", **values), answer(name, "clara", **values)) == (anna, clara)


@pytest.mark.parametrize(
    ("name", "values", "field", "words"),
    [
        ("customer_since", {}, "first", "Give at least one of the two days."),
        ("customer_since", {"first": "2026-02-01", "last": "2026-01-31"}, "last", "Swap the two days."),
        ("contract_ended", {"days": None}, "days", "Give a number of days."),
        (
            "contract_ended",
            {"when": "within", "days": 0},
            "days",
            "Nobody fits: a contract that ends today is still running.",
        ),
        ("anniversary", {"days": 181}, "days", "from 0 to 180"),
    ],
)
def test_nonsense_is_refused_at_its_field(name: str, values: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        value_of(name, values)
    assert words in str(caught.value.block_errors[field])  # type: ignore[attr-defined]
