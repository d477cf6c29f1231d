"""Groups that are decided together at first, and then each by itself."""

import random

import pytest

from backoffice.operators.allocation import allocate
from backoffice.operators.grouping import CLASSES_AT_MOST, coarse, merged
from backoffice.operators.terms import Group, Month, Offer, Step
from deploy.route_optimum import cost_of


def many(count: int, spread: float) -> list[Group]:
    draw = random.Random(1)
    return [
        Group(
            draw.uniform(1, 100),
            {
                one: Offer(2 * draw.uniform(1 - spread, 1 + spread), draw.uniform(0.9, 0.95))
                for one in range(3)
            },
        )
        for _group in range(count)
    ]


def test_where_there_are_few_each_is_a_class_of_its_own() -> None:
    groups = many(5, 0.2)
    assert coarse(groups) == [[0], [1], [2], [3], [4]]
    assert merged(groups, [3]) is groups[3]


def test_very_many_are_told_apart_less_finely() -> None:
    groups = many(1000, 0.05)
    classes = coarse(groups)
    assert len(classes) <= CLASSES_AT_MOST
    assert sorted(number for numbers in classes for number in numbers) == list(range(1000))


def test_a_class_costs_what_its_groups_cost() -> None:
    groups = many(10, 0.3)
    whole = merged(groups, range(10))
    assert whole.parts == pytest.approx(sum(group.parts for group in groups))
    for one in range(3):
        offer = whole.offers[one]
        cost = sum(group.parts * (group.offers[one].price + group.offers[one].lost) for group in groups)
        assert whole.parts * (offer.price + offer.lost) == pytest.approx(cost)


def test_groups_that_nobody_wants_or_that_cost_nothing_are_merged_too() -> None:
    free = Group(10, {1: Offer(0.0, 0.9)})
    assert merged([free, free], [0, 1]).offers[1].lost == 0
    unwanted = Group(0, {1: Offer(1.0, 0.9)})
    assert merged([unwanted, unwanted], [0, 1]) is unwanted


def test_operators_are_never_mixed() -> None:
    groups = [Group(1, {number: Offer(1.0, 0.9)}) for number in range(300)]
    assert len(coarse(groups)) == 300


def test_what_was_decided_for_classes_is_improved_for_each_group() -> None:
    groups = many(400, 0.2)
    months = [Month(0, capacity=6000), Month(1, [Step(5000, 0.9)]), Month(2, commitment=9000)]
    shares = allocate(groups, months)
    assert [sum(row.values()) for row in shares] == pytest.approx([group.parts for group in groups])
    classes = coarse(groups)
    rough = allocate([merged(groups, numbers) for numbers in classes], months)
    spread: list[dict[int, float]] = [{} for _group in groups]
    for numbers, row in zip(classes, rough, strict=True):
        for number in numbers:
            share = groups[number].parts / sum(groups[one].parts for one in numbers)
            spread[number] = {one: parts * share for one, parts in row.items()}
    assert len(classes) < len(groups)
    assert cost_of(groups, months, shares) < cost_of(groups, months, spread)
