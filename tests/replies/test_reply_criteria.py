"""Conditions on replies: whom they take, whom they leave, what they say, which nonsense they refuse."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from backoffice.audiences.criteria import registry
from backoffice.customers.models import Customer
from backoffice.mailings.contacts import rebuild
from backoffice.mailings.criteria.shapes import moment_words
from backoffice.mailings.models import Mailing, Message
from backoffice.replies import receiving
from tests.mailings.conftest import MakeCustomer
from tests.mailings.history import inbound, sent
from tests.mailings.test_message_criteria import ago, block, cleaned, names, with_mailing

pytestmark = pytest.mark.django_db
EVERYBODY = {"anna", "boris", "clara", "dora"}


@pytest.fixture(autouse=True)
def _moment() -> Any:
    with time_machine.travel(timezone.now().replace(microsecond=0), tick=False):
        yield


@pytest.fixture
def people(make_customer: MakeCustomer, mailing: Mailing) -> dict[str, Customer]:
    """Anna answered twice, Boris was written to and never answered, Clara wrote of her own accord, Dora is new."""
    Mailing.objects.update(planned_count=2)
    named = {name: make_customer(external_id=name) for name in sorted(EVERYBODY)}
    for name in ("anna", "boris"):
        sent(named[name], mailing, state=Message.State.DELIVERED, sent_at=ago(20), final_at=ago(20))
    inbound(named["anna"].phone, "Yes!", at=ago(10))
    inbound(named["anna"].phone, "no, thanks", at=ago(3))
    inbound(named["clara"].phone, "Yes", at=ago(5))
    rebuild()
    receiving.drain()
    return named


CASES: list[tuple[str, dict[str, Any], set[str], str]] = [
    ("replied", {"when": "within", "days": 3}, {"anna"}, "they replied within the last 3 days"),
    ("replied", {"when": "within", "days": 2}, set(), "they replied within the last 2 days"),
    ("replied", {"when": "ever", "days": None}, {"anna", "clara"}, "they have replied at some time"),
    ("replied", {"when": "never"}, {"boris"}, "they have never replied, although we wrote to them"),
    (
        "replied_with", {"words": "yes, ja", "days": 10}, {"anna", "clara"},
        "they replied “yes” or “ja” within the last 10 days",
    ),
    ("replied_with", {"words": "YES", "days": 9}, {"clara"}, "they replied “YES” within the last 9 days"),
    ("replied_with", {"words": "ye", "days": 10}, set(), "they replied “ye” within the last 10 days"),
    (
        "replied_with", {"whether": "no", "words": "yes", "days": 9}, {"anna", "boris", "dora"},
        "they did not reply “yes” within the last 9 days",
    ),
    (
        "replied_with", {"words": "yes", "mailing": "Autumn", "days": 30}, {"anna"},
        "they replied “yes” to “Autumn” within the last 30 days",
    ),
    (
        "replied_with", {"whether": "no", "words": "yes", "mailing": "Autumn", "days": 30}, {"boris", "clara", "dora"},
        "they did not reply “yes” to “Autumn” within the last 30 days",
    ),
    ("answered_mailing", {"mailing": "Autumn"}, {"anna"}, "they answered “Autumn”"),
    (
        "answered_mailing", {"whether": "no", "mailing": "Autumn"}, {"boris"},
        "“Autumn” was sent to them and they did not answer it",
    ),
]  # fmt: skip


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(("name", "values", "expected", "sentence"), CASES)
def test_a_condition_takes_exactly_those_who_fit_and_its_opposite_the_others(
    name: str, values: dict[str, Any], expected: set[str], sentence: str
) -> None:
    criterion, value = cleaned(name, with_mailing(values))
    assert names(Customer.objects.filter(criterion.to_q(value))) == expected
    assert names(Customer.objects.filter(~criterion.to_q(value))) == EVERYBODY - expected
    assert criterion.sentence(value) == sentence


def test_every_condition_of_this_room_is_tried_here() -> None:
    assert {case[0] for case in CASES} == {
        name for name, criterion in registry.items() if criterion.__module__.startswith("backoffice.replies.")
    }


@pytest.mark.parametrize(
    ("name", "values", "who", "answer"),
    [
        ("replied", {}, "boris", "never"),
        ("replied", {}, "dora", "never written to"),
        ("replied_with", {"words": "yes", "days": 30}, "anna", "“NO” and “YES”"),
        ("replied_with", {"words": "yes", "days": 30, "mailing": "Autumn"}, "clara", "no reply"),
        ("answered_mailing", {"mailing": "Autumn"}, "boris", "no answer"),
    ],
)
def test_a_condition_says_what_is_known_of_one_customer(
    name: str, values: dict[str, Any], who: str, answer: str, people: dict[str, Customer]
) -> None:
    criterion, value = cleaned(name, with_mailing(values))
    assert criterion.answer(value, people[who]) == answer


def test_moments_are_told_on_the_companys_clock(people: dict[str, Customer]) -> None:
    for name, values in (("replied", {}), ("answered_mailing", with_mailing({"mailing": "Autumn"}))):
        criterion, value = cleaned(name, values)
        assert criterion.answer(value, people["anna"]) == moment_words(timezone.now() - timedelta(days=3))


@pytest.mark.parametrize(
    ("name", "values", "field"),
    [
        ("replied", {"when": "within", "days": None}, "days"),
        ("replied", {"when": "within", "days": 0}, "days"),
        ("replied_with", {"words": " , ", "days": 1}, "words"),
        ("replied_with", {"words": "no thanks", "days": 1}, "words"),
        ("replied_with", {"words": "no", "days": None}, "days"),
        ("answered_mailing", {"mailing": ""}, "mailing"),
    ],
)
def test_nonsense_is_refused_at_its_field(name: str, values: dict[str, Any], field: str) -> None:
    criterion = block(name)
    with pytest.raises(ValidationError) as caught:
        criterion.clean(criterion.to_python(values))
    assert field in caught.value.block_errors  # type: ignore[attr-defined]
