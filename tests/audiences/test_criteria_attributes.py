"""Conditions on segments, tags and further attributes of the CRM, at their edges."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from backoffice.customers.models import AttributeDefinition, Customer
from tests.audiences.trying import Case, answer, block, check, fits, make_people, others, sentence, value_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

COLOUR, SHOES, PETS, WEDDING = {"key": "colour"}, {"key": "shoes"}, {"key": "pets"}, {"key": "wedding"}
CASES: list[Case] = [
    ("segment", {"is_or_not": "not", "names": "vip"}, {"boris", "clara"}, "the segment is not vip, or is not known"),
    ("vip", {"marked": "vip"}, {"anna"}, "they are VIP customers"),
    ("vip", {"marked": "not"}, {"boris", "clara"}, "they are no VIP customers"),
    ("corporate", {"marked": "corporate"}, {"boris"}, "they are corporate customers"),
    ("corporate", {"marked": "not"}, {"anna", "clara"}, "they are no corporate customers"),
    ("attribute_text", {**COLOUR, "how": "in", "names": "red, green"}, {"anna"}, "“Colour” is red or green"),
    (
        "attribute_text", {**COLOUR, "how": "not", "names": "RED"}, {"boris", "clara"},
        "“Colour” is not RED, or is not known",
    ),
    ("attribute_text", {**COLOUR, "how": "contains", "names": "BLUE"}, {"boris"}, "“Colour” contains BLUE"),
    ("attribute_text", {**COLOUR, "how": "known"}, {"anna", "boris"}, "“Colour” is known"),
    ("attribute_text", {**COLOUR, "how": "unknown"}, {"clara"}, "“Colour” is not known"),
    ("attribute_number", {**SHOES, "at_least": 38, "at_most": 38}, {"anna"}, "“Shoe size” is 38"),
    ("attribute_number", {**SHOES, "at_least": "38.5"}, set(), "“Shoe size” is at least 38.5"),
    ("attribute_number", {**SHOES, "at_most": 100}, {"anna"}, "“Shoe size” is at most 100"),
    ("attribute_flag", {**PETS, "said": "yes"}, {"anna"}, "“Has pets” is yes"),
    ("attribute_flag", {**PETS, "said": "no"}, {"boris"}, "“Has pets” is no"),
    ("attribute_flag", {**PETS, "said": "unknown"}, {"clara"}, "“Has pets” is neither yes nor no"),
    ("attribute_day", {**WEDDING, "when": "next", "days": 7}, {"anna"}, "“Wedding” is within the next 7 days"),
    ("attribute_day", {**WEDDING, "when": "next", "days": 6}, set(), "“Wedding” is within the next 6 days"),
    ("attribute_day", {**WEDDING, "when": "last", "days": 7}, set(), "“Wedding” was within the last 7 days"),
    ("attribute_day", {**WEDDING, "when": "before", "days": 0}, set(), "“Wedding” was before today"),
    ("attribute_day", {**WEDDING, "when": "unknown"}, {"boris", "clara"}, "“Wedding” is not known"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _definitions() -> None:
    for key, label, kind in (
        ("colour", "Colour", "text"),
        ("shoes", "Shoe size", "number"),
        ("pets", "Has pets", "flag"),
        ("wedding", "Wedding", "day"),
    ):
        AttributeDefinition.objects.create(key=key, label=label, kind=kind)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[3])
def test_a_condition_takes_exactly_those_who_fit(case: Case) -> None:
    make_people()
    check(case)


def has(**attributes: Any) -> None:
    Customer.objects.create(external_id="anna", attributes=attributes)


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("38", "38"), (38, "38"), (38.5, "38.5"), ("38,5", "38.5"), (" 1 200,50 ", "1200.5"), ("1\u00a0200", "1200"),
        ("-7", "-7"), ("+7", "7"),
    ],
)  # fmt: skip
def test_a_number_is_read_as_people_write_it(said: Any, number: str) -> None:
    has(shoes=said)
    assert fits("attribute_number", **SHOES, at_least=number, at_most=number) == {"anna"}


NO_NUMBERS = [
    "",
    "a lot",
    "1.2.3",
    "12-13",
    "--1",
    "1e5",
    "٣",
    "9" * 40,
    True,
    None,
    ["38"],
    {"size": 38},
    "NaN",
    "Infinity",
]


@pytest.mark.parametrize("said", NO_NUMBERS, ids=repr)
def test_what_is_no_number_does_not_fit_and_breaks_nothing(said: Any) -> None:
    has(shoes=said)
    for bounds in ({"at_least": -1_000_000}, {"at_most": 1_000_000}):
        assert fits("attribute_number", **SHOES, **bounds) == set()
        assert others("attribute_number", **SHOES, **bounds) == {"anna"}


@pytest.mark.parametrize(
    "said", ["2026-12-01", "1.12.2026", "01/12/2026", "2026-12-01T23:30:00Z", " 2026-12-1 "]
)
def test_a_day_is_read_as_people_write_it(said: str) -> None:
    has(wedding=said)
    assert fits("attribute_day", **WEDDING, when="next", days=7) == {"anna"}
    assert fits("attribute_day", **WEDDING, when="next", days=6) == set()


NO_DAYS = [
    "", "soon", "2026-02-29", "2026-02-30", "31.04.2026", "2026-13-01", "2026-00-10", "2026-11-31", "0000-01-01", "1900-02-29",
    "99999-01-01", "1.1", True, 20261124, ["2026-12-01"], {"day": "2026-12-01"},
]  # fmt: skip


@pytest.mark.parametrize("said", NO_DAYS, ids=repr)
def test_what_is_no_day_does_not_fit_and_breaks_nothing(said: Any) -> None:
    has(wedding=said)
    for when in ("next", "last", "before"):
        assert fits("attribute_day", **WEDDING, when=when, days=36_500) == set()
        assert others("attribute_day", **WEDDING, when=when, days=36_500) == {"anna"}
    assert fits("attribute_day", **WEDDING, when="unknown", days=1) == {"anna"}


@pytest.mark.parametrize("said", ["2024-02-29", "2000-02-29"])
def test_a_leap_day_is_a_day(said: str) -> None:
    has(wedding=said)
    assert fits("attribute_day", **WEDDING, when="before", days=1) == {"anna"}


@pytest.mark.parametrize(
    ("said", "state"),
    [
        (True, "yes"), ("Yes", "yes"), ("ДА", "yes"), (1, "yes"), (" true ", "yes"), (False, "no"), ("нет", "no"),
        ("0", "no"), ("maybe", "unknown"), ("", "unknown"), (None, "unknown"),
    ],
)  # fmt: skip
def test_yes_and_no_are_read_in_both_languages(said: Any, state: str) -> None:
    has(pets=said)
    found = [each for each in ("yes", "no", "unknown") if fits("attribute_flag", **PETS, said=each)]
    assert found == [state]


def test_a_key_of_digits_is_a_key() -> None:
    AttributeDefinition.objects.create(key="2024", label="In 2024", kind="text")
    Customer.objects.create(external_id="anna", attributes={"2024": "yes"})
    assert fits("attribute_text", key="2024", how="in", names="YES") == {"anna"}


def test_a_key_with_quotes_and_signs_is_a_key() -> None:
    key = "size' OR 100%s"
    AttributeDefinition.objects.create(key=key, label="Odd", kind="number")
    Customer.objects.create(external_id="anna", attributes={key: "38"})
    assert fits("attribute_number", key=key, at_least=38) == {"anna"}


def test_signs_of_patterns_are_only_letters() -> None:
    has(colour="50% off")
    assert fits("attribute_text", **COLOUR, how="contains", names="0% o") == {"anna"}
    assert fits("attribute_text", **COLOUR, how="contains", names="5_% o") == set()


def test_an_attribute_made_known_can_be_chosen_at_once() -> None:
    with pytest.raises(ValidationError):
        value_of("attribute_text", {"key": "hobby", "how": "known"})
    AttributeDefinition.objects.create(key="hobby", label="Hobby", kind="text")
    assert sentence("attribute_text", key="hobby", how="known") == "“Hobby” is known"


def test_an_attribute_of_another_type_cannot_be_chosen() -> None:
    with pytest.raises(ValidationError) as caught:
        value_of("attribute_number", {"key": "colour", "at_least": 1})
    assert "key" in caught.value.block_errors  # type: ignore[attr-defined]


def test_only_possible_values_are_taken() -> None:
    AttributeDefinition.objects.filter(key="colour").update(choices="red, green")
    assert value_of("attribute_text", {**COLOUR, "how": "in", "names": "Red"})
    assert value_of("attribute_text", {**COLOUR, "how": "contains", "names": "r"})
    with pytest.raises(ValidationError) as caught:
        value_of("attribute_text", {**COLOUR, "how": "in", "names": "red, pink"})
    said = str(caught.value.block_errors["names"])  # type: ignore[attr-defined]
    assert "“pink” is not a value of it. Possible are: red, green." in said


@pytest.mark.parametrize(
    ("name", "values", "field"),
    [
        ("attribute_text", {"key": "", "how": "known"}, "key"),
        ("attribute_text", {**COLOUR, "how": "in", "names": ""}, "names"),
        ("attribute_number", {**SHOES}, "at_least"),
        ("attribute_number", {**SHOES, "at_least": 2, "at_most": 1}, "at_most"),
        ("attribute_day", {**WEDDING, "when": "next", "days": None}, "days"),
        ("attribute_flag", {"key": "", "said": "yes"}, "key"),
    ],
)
def test_nonsense_is_refused_at_its_field(name: str, values: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        value_of(name, values)
    assert field in caught.value.block_errors  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "values", "anna", "clara"),
    [
        ("segment", {"names": "x"}, "VIP", "no segment"),
        ("tags", {"names": "x"}, "new, app", "no tag"),
        ("vip", {}, "segment: VIP; tags: new, app", "segment: none; tags: none"),
        ("attribute_text", {**COLOUR, "how": "known"}, "Red", "not known"),
        ("attribute_number", {**SHOES, "at_least": 1}, "38", "not known"),
        ("attribute_flag", {**PETS, "said": "yes"}, "yes", "not known"),
        ("attribute_day", {**WEDDING, "days": 1}, "2026-12-01", "not known"),
    ],
)
def test_a_customer_is_told_in_words(name: str, values: dict[str, Any], anna: str, clara: str) -> None:
    make_people()
    assert (answer(name, "anna", **values), answer(name, "clara", **values)) == (anna, clara)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("+79161234567", "+7916•••••67"),
        ("8 916 123-45-67", "8 916 •••-••-67"),
        (79161234567, "7916•••••67"),
        ("2026-11-24T10:00:00", "2026-11-24T10:00:00"),
        (True, "yes"),
        (False, "no"),
        ({"a": 1}, "{'a': 1}"),
    ],
)
def test_a_number_among_the_attributes_is_told_with_its_middle_hidden(said: Any, told: str) -> None:
    has(colour=said)
    assert answer("attribute_text", "anna", **COLOUR, how="known") == told


def test_a_forgotten_attribute_is_still_told_by_its_key() -> None:
    has(colour="red")
    value = value_of("attribute_text", {**COLOUR, "how": "known"})
    AttributeDefinition.objects.all().delete()
    assert block("attribute_text").sentence(value) == "“colour” is known"
