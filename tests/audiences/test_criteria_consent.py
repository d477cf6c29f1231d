"""Conditions on consent, at their edges."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from backoffice.customers.models import Consent, Customer
from tests.audiences.trying import Case, answer, check, fits, make_people, value_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

MARKETING = {"purpose": "marketing"}
CASES: list[Case] = [
    (
        "consent_since", {**MARKETING, "state": "given", "when": "within", "days": 0}, {"anna"},
        "they agreed to “Offers and news” today",
    ),
    (
        "consent_since", {**MARKETING, "state": "given", "when": "before", "days": 0}, set(),
        "they agreed to “Offers and news” before today",
    ),
    (
        "consent_since", {**MARKETING, "state": "withdrawn", "when": "within", "days": 30}, {"boris"},
        "they refused “Offers and news” within the last 30 days",
    ),
    (
        "consent_since", {**MARKETING, "state": "withdrawn", "when": "before", "days": 29}, {"boris"},
        "they refused “Offers and news” longer than 29 days ago",
    ),
    ("consent_source", {**MARKETING, "sources": "sms"}, {"boris"}, "the answer about “Offers and news” came from sms"),
    (
        "consent_source", {**MARKETING, "sources": "form, CRM"}, {"anna"},
        "the answer about “Offers and news” came from form or CRM",
    ),
    (
        "consent_source", {"purpose": "service", "sources": "form"}, set(),
        "the answer about “Service messages” came from form",
    ),
    ("blocked", {"blocked": "blocked"}, {"boris"}, "they are blocked"),
    ("blocked", {"blocked": "not"}, {"anna", "clara"}, "they are not blocked"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[3])
def test_a_condition_takes_exactly_those_who_fit(case: Case) -> None:
    make_people()
    check(case)


def test_a_period_of_consent_begins_at_midnight_of_the_companys_zone() -> None:
    first, last = datetime(2026, 11, 22, 21, 0, tzinfo=UTC), datetime(2026, 11, 22, 20, 59, 59, tzinfo=UTC)
    for name, moment in (("on the 23rd", first), ("on the 22nd", last)):
        customer = Customer.objects.create(external_id=name)
        Consent.objects.create(
            customer=customer, purpose="marketing", state="given", since=moment, source="x"
        )
    asked = {"purpose": "marketing", "state": "given", "days": 1}
    assert fits("consent_since", when="within", **asked) == {"on the 23rd"}
    assert fits("consent_since", when="before", **asked) == {"on the 22nd"}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("consent", {"state": "given"}),
        ("consent_since", {"state": "given", "days": 1}),
        ("consent_source", {"sources": "x"}),
    ],
)
def test_the_answer_that_holds_now_is_told(name: str, values: dict[str, Any]) -> None:
    make_people()
    asked = {**MARKETING, **values}
    assert answer(name, "anna", **asked) == "agreed on 24 November 2026 (today), source: form"
    assert answer(name, "boris", **asked) == "refused on 25 October 2026 (30 days ago), source: SMS"
    assert answer(name, "clara", **asked) == "said nothing"


def test_blocked_is_told() -> None:
    make_people()
    assert answer("blocked", "boris") == "blocked"
    assert answer("blocked", "anna") == "not blocked"


@pytest.mark.parametrize(
    ("name", "values", "field"),
    [
        ("consent_since", {**MARKETING, "days": None}, "days"),
        ("consent_source", {**MARKETING, "sources": ","}, "sources"),
        ("consent_source", {"purpose": "", "sources": "x"}, "purpose"),
    ],
)
def test_nonsense_is_refused_at_its_field(name: str, values: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        value_of(name, values)
    assert field in caught.value.block_errors  # type: ignore[attr-defined]
