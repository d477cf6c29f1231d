"""What holds for each condition of this room and of those that register more."""

from typing import Any

import pytest

from backoffice.audiences.blocks import criterion_blocks
from backoffice.audiences.criteria import Criterion, registry
from backoffice.audiences.criteria.base import GROUPS
from backoffice.customers.models import AttributeDefinition, Customer
from tests.audiences import (
    test_criteria,
    test_criteria_attributes,
    test_criteria_consent,
    test_criteria_contract,
    test_criteria_history,
    test_criteria_networks,
    test_criteria_number,
    test_criteria_person,
)
from tests.audiences.trying import Case

pytestmark = pytest.mark.django_db

TRIED: list[Case] = [
    case
    for module in (
        test_criteria,
        test_criteria_attributes,
        test_criteria_consent,
        test_criteria_contract,
        test_criteria_history,
        test_criteria_networks,
        test_criteria_number,
        test_criteria_person,
    )
    for case in module.CASES
]
# Conditions on lists and on messages are tried where their rooms are.
MODULES = {
    f"backoffice.audiences.criteria.{name}"
    for name in "actions agreements attributes consents labels money networks number periods person places serving".split()
}
OURS = {name: criterion for name, criterion in registry.items() if criterion.__module__ in MODULES}


@pytest.fixture(autouse=True)
def _definitions() -> None:
    for key, kind in (("colour", "text"), ("shoes", "number"), ("pets", "flag"), ("wedding", "day")):
        AttributeDefinition.objects.create(key=key, label=key, kind=kind)


def test_every_condition_is_tried() -> None:
    assert {case[0] for case in TRIED} == set(OURS)


def test_there_are_more_than_fifty_conditions() -> None:
    assert len(OURS) > 50


@pytest.mark.parametrize("name", OURS)
def test_a_condition_explains_itself_and_stands_in_a_group(name: str) -> None:
    block = OURS[name]()
    assert str(block.meta.help_text).endswith(".")
    assert block.meta.group in GROUPS
    assert block.meta.icon != "placeholder"
    assert all(str(child.label) for child in block.child_blocks.values())


def test_no_two_conditions_have_the_same_label() -> None:
    labels = [str(criterion().label) for criterion in registry.values()]
    assert len(labels) == len(set(labels))


def test_the_picker_offers_the_groups_in_the_order_of_thought() -> None:
    offered = [block.meta.group for _, block in criterion_blocks() if block.meta.group in GROUPS]
    assert list(dict.fromkeys(offered)) == GROUPS


def test_a_group_that_another_room_brings_stands_last(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lucky(Criterion):
        class Meta:
            group = "Luck"

    monkeypatch.setitem(registry, "lucky", Lucky)
    assert criterion_blocks()[-1][0] == "lucky"


@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize("case", TRIED, ids=lambda case: case[3])
@pytest.mark.parametrize(
    "customer",
    [
        {},
        {"phone": "+79161234567", "attributes": {"colour": "+79161234567", "shoes": ["x"], "pets": None}},
        {"phone": "no number", "attributes": {"colour": {"a": []}, "wedding": ""}, "gender": "x"},
    ],
    ids=["nothing known", "a number everywhere", "oddities"],
)
def test_an_answer_never_fails_and_never_tells_a_full_number(case: Case, customer: dict[str, Any]) -> None:
    somebody = Customer.objects.create(external_id="somebody", **customer)
    block = OURS[case[0]]()
    told = block.answer(block.clean(block.to_python(case[1])), somebody)
    assert told
    assert "1234567" not in told
