"""Conditions on the number and on whether it can be reached, at their edges."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from backoffice.customers.models import Contact, Customer
from tests.audiences.trying import Case, answer, check, fits, make_people, others, value_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

CASES: list[Case] = [
    ("has_number", {"has": "has"}, {"anna", "boris"}, "there is a phone number"),
    ("has_number", {"has": "not"}, {"clara"}, "there is no phone number"),
    ("country", {"countries": ["RU"]}, {"anna"}, "the number is of Russia"),
    ("country", {"countries": ["RU", "BY"]}, {"anna", "boris"}, "the number is of Russia or Belarus"),
    ("country", {"countries": ["other"]}, set(), "the number is of another country"),
    (
        "number_prefix", {"is_or_not": "begins", "prefixes": "+7 (916), +7926"}, {"anna"},
        "the number begins with +7916 or +7926",
    ),
    (
        "number_prefix", {"is_or_not": "not", "prefixes": "+7"}, {"boris", "clara"},
        "the number does not begin with +7, or there is none",
    ),
    (
        "unreachable", {"state": "unreachable", "days": 0}, set(),
        "they cannot be reached: the last message did not arrive",
    ),
    (
        "unreachable", {"state": "not", "days": 0}, {"anna", "boris", "clara"},
        "they can be reached as far as we know",
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[3])
def test_a_condition_takes_exactly_those_who_fit(case: Case) -> None:
    make_people()
    check(case)


@pytest.mark.parametrize(
    ("phone", "country"),
    [
        ("+79161234567", "RU"),
        ("+73852123456", "RU"),
        ("+77011234567", "KZ"),
        ("+76001234567", "KZ"),
        ("+998901234567", "UZ"),
        ("+447911123456", "other"),
        ("+12025550123", "other"),
    ],
)
def test_a_number_is_of_one_country(phone: str, country: str) -> None:
    Customer.objects.create(external_id="anna", phone=phone)
    found = [code for code in ("RU", "KZ", "UZ", "other") if fits("country", countries=[code])]
    assert found == [country]


def test_no_number_is_of_no_country() -> None:
    Customer.objects.create(external_id="anna")
    assert fits("country", countries=["other", "RU"]) == set()
    assert others("country", countries=["other", "RU"]) == {"anna"}


def reached(name: str, delivered: int | None, failed: int | None) -> None:
    """A customer whose last message arrived, and did not arrive, so many days ago."""
    now = timezone.now()
    Contact.objects.create(
        customer=Customer.objects.create(external_id=name),
        last_delivered_at=None if delivered is None else now - timedelta(days=delivered),
        last_failed_at=None if failed is None else now - timedelta(days=failed),
    )


def test_unreachable_are_those_whose_last_message_failed() -> None:
    reached("failed last", delivered=10, failed=5)
    reached("delivered last", delivered=5, failed=10)
    reached("only failed", delivered=None, failed=5)
    reached("only delivered", delivered=5, failed=None)
    reached("nothing yet", delivered=None, failed=None)
    Customer.objects.create(external_id="never written to")
    assert fits("unreachable", state="unreachable", days=0) == {"failed last", "only failed"}
    assert others("unreachable", state="unreachable", days=0) == {
        "delivered last", "only delivered", "nothing yet", "never written to",
    }  # fmt: skip


def test_for_so_many_days_means_that_nothing_arrived_since_then() -> None:
    reached("ten days", delivered=10, failed=1)
    reached("nine days", delivered=9, failed=1)
    reached("never", delivered=None, failed=1)
    # "At least 9 days" begins at midnight 9 days ago: what arrived at noon of that day is too late.
    assert fits("unreachable", state="unreachable", days=9) == {"ten days", "never"}


def test_a_failure_at_the_same_moment_as_a_delivery_is_none() -> None:
    reached("both", delivered=3, failed=3)
    assert fits("unreachable", state="unreachable", days=0) == set()


@pytest.mark.parametrize(
    ("state", "days", "words"),
    [
        (
            "unreachable",
            3,
            "they cannot be reached: the last message did not arrive, and none did for 3 days",
        ),
        ("not", 3, "it is not so that they cannot be reached for at least 3 days"),
    ],
)
def test_the_days_are_said(state: str, days: int, words: str) -> None:
    make_people()
    Contact.objects.create(customer=Customer.objects.get(external_id="boris"), last_failed_at=timezone.now())
    expected = {"boris"} if state == "unreachable" else {"anna", "clara"}
    check(("unreachable", {"state": state, "days": days}, expected, words))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("has_number", {"has": "has"}),
        ("country", {"countries": ["RU"]}),
        ("number_prefix", {"prefixes": "+7"}),
    ],
)
def test_a_number_is_told_with_its_middle_hidden(name: str, values: dict[str, Any]) -> None:
    make_people()
    assert answer(name, "anna", **values) == "+7 916 ••• •• 67"
    assert answer(name, "clara", **values) == "no number"


def test_what_is_known_of_reaching_somebody_is_told() -> None:
    reached("anna", delivered=10, failed=5)
    Customer.objects.create(external_id="clara")
    assert answer("unreachable", "anna", days=0) == (
        "last arrived: 14 November 2026 (10 days ago); last failed: 19 November 2026 (5 days ago)"
    )
    assert answer("unreachable", "clara", days=0) == "no message yet"
    reached("boris", delivered=None, failed=0)
    assert (
        answer("unreachable", "boris", days=0) == "last arrived: never; last failed: 24 November 2026 (today)"
    )


def test_an_e_mail_address_is_not_told() -> None:
    make_people()
    assert answer("email", "anna", has="yes") == "has an e-mail address"
    assert answer("email", "clara", has="yes") == "no e-mail address"


@pytest.mark.parametrize(
    ("name", "values", "field", "words"),
    [
        ("country", {"countries": []}, "countries", "Choose at least one country."),
        ("number_prefix", {"prefixes": " "}, "prefixes", "Say which digits"),
        ("number_prefix", {"prefixes": "8916"}, "prefixes", "“8916” cannot be the beginning of a number."),
        ("number_prefix", {"prefixes": "+7916, +7x"}, "prefixes", "“+7x” cannot be"),
        ("number_prefix", {"prefixes": "+"}, "prefixes", "“+” cannot be"),
        ("unreachable", {"days": -1}, "days", "Give a number of days"),
    ],
)
def test_nonsense_is_refused_at_its_field(name: str, values: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        value_of(name, values)
    assert words in str(caught.value.block_errors[field])  # type: ignore[attr-defined]
