"""The tree of conditions: one statement, one sentence."""

from typing import Any

import pytest

from backoffice.audiences.models import Audience, UnusableAudienceError
from backoffice.customers.models import Customer

pytestmark = pytest.mark.django_db


def rule(criterion: str, /, **value: Any) -> dict[str, Any]:
    return {"type": criterion, "value": value}


def audience(*rules: dict[str, Any], match: str = "all") -> Audience:
    saved = Audience.objects.create(name="Somebody", match=match, rules=list(rules))
    return Audience.objects.get(pk=saved.pk)


@pytest.fixture(autouse=True)
def _people() -> None:
    Customer.objects.create(external_id="anna", city="Kazan", gender="f", debt=10)
    Customer.objects.create(external_id="boris", city="Moscow", gender="m")
    Customer.objects.create(external_id="clara", gender="f")


KAZAN = rule("city", names="Kazan")
WOMEN = rule("gender", who="f")
MEN = rule("gender", who="m")


def ids(of: Audience) -> set[str]:
    return set(of.customers().values_list("external_id", flat=True))


def test_an_audience_without_conditions_is_everybody() -> None:
    everybody = audience()
    assert ids(everybody) == {"anna", "boris", "clara"}
    assert everybody.sentence() == "Everybody."


def test_all_conditions_must_hold() -> None:
    both = audience(KAZAN, WOMEN)
    assert ids(both) == {"anna"}
    assert both.sentence() == "The city is Kazan, and they are women."


def test_any_condition_may_hold() -> None:
    either = audience(KAZAN, MEN, match="any")
    assert ids(either) == {"anna", "boris"}
    assert either.sentence() == "The city is Kazan, or they are men."


@pytest.mark.parametrize(("match", "expected"), [("all", set()), ("any", {"anna"}), ("none", {"clara"})])
def test_a_group_counts_as_one_condition(match: str, expected: set[str]) -> None:
    group = {"type": "group", "value": {"match": match, "rules": [KAZAN, MEN]}}
    assert ids(audience(WOMEN, group)) == expected


def test_a_group_is_put_into_words() -> None:
    group = {"type": "group", "value": {"match": "none", "rules": [KAZAN, MEN]}}
    assert audience(WOMEN, group).sentence() == (
        "They are women, and (not one of these holds: the city is Kazan; they are men)."
    )


def test_nobody_is_named_twice_whatever_the_actions(django_assert_num_queries: Any) -> None:
    anna = Customer.objects.get(external_id="anna")
    for number in range(3):
        anna.actions.create(kind="visit", at="2126-01-01T00:00Z", external_id=str(number))
    did = audience(rule("did", did="did", kind="visit", times=2, days=30), match="any")
    with django_assert_num_queries(1):
        assert list(did.customers().values_list("external_id", flat=True)) == ["anna"]


@pytest.mark.parametrize(
    "broken",
    [rule("age"), rule("city", names=""), {"type": "group", "value": {"match": "any", "rules": []}}],
)
def test_an_audience_with_an_incomplete_condition_cannot_be_used(broken: dict[str, Any]) -> None:
    with pytest.raises(UnusableAudienceError, match="Open it and mend them"):
        audience(KAZAN, broken).customers()
