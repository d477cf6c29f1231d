"""The choice for a whole plan: what it must do in plain cases, and how near it comes to the optimum in mixed ones."""

import random
from math import inf

import pytest

from backoffice.operators.allocation import allocate
from backoffice.operators.terms import Group, Month, Offer, Step
from deploy.route_optimum import cost_of, optimum

A, B, C = 1, 2, 3


def group(parts: float, **offers: tuple[float, float]) -> Group:
    """Price and delivery rate by operator: ``a=(2.0, 0.9)``."""
    ids = {"a": A, "b": B, "c": C}
    return Group(parts, {ids[name]: Offer(*offer) for name, offer in offers.items()})


def test_the_lowest_cost_for_what_is_delivered_decides_not_the_lowest_price() -> None:
    groups = [group(100, a=(1.0, 0.7), b=(1.2, 0.95))]
    assert allocate(groups, [Month(A), Month(B)]) == [{B: 100}]


def test_of_two_equal_ways_the_first_one_is_taken() -> None:
    groups = [group(100, a=(1.0, 0.9), b=(1.0, 0.9)), group(50, b=(2.0, 0.9), a=(2.0, 0.9))]
    assert allocate(groups, [Month(A), Month(B)]) == [{A: 100}, {A: 50}]


def test_a_step_within_reach_draws_the_volume_that_pays_for_it() -> None:
    groups = [group(600, a=(1.0, 1.0), b=(1.05, 1.0)), group(600, a=(1.0, 1.0), b=(1.05, 1.0))]
    terms = [Month(A), Month(B, [Step(200, 0.5)])]
    assert allocate(groups, terms) == [{B: 600}, {B: 600}]
    assert allocate(groups, [Month(A), Month(B, [Step(1200, 0.5)])]) == [{A: 600}, {A: 600}]


def test_money_that_is_owed_anyway_is_used_up_and_no_more() -> None:
    [shares] = allocate([group(100, a=(1.0, 1.0), b=(2.0, 1.0))], [Month(A), Month(B, commitment=120)])
    assert shares == {A: pytest.approx(40), B: pytest.approx(60)}


def test_parts_that_are_owed_anyway_are_not_given_to_an_operator_that_delivers_nothing() -> None:
    groups = [group(100, a=(1.0, 1.0), b=(1.0, 0.2))]
    assert allocate(groups, [Month(A), Month(B, commitment=1000)]) == [{A: 100}]


def test_nobody_gets_more_than_can_leave_in_time() -> None:
    [shares] = allocate([group(100, a=(1.0, 1.0), b=(2.0, 1.0))], [Month(A, capacity=30), Month(B)])
    assert shares == {A: pytest.approx(30), B: pytest.approx(70)}


def test_where_nobody_has_room_everything_is_planned_all_the_same() -> None:
    groups = [group(100, a=(1.0, 1.0), b=(2.0, 1.0)), group(10, a=(1.0, 1.0))]
    shares = allocate(groups, [Month(A, capacity=30), Month(B, capacity=30)])
    assert [sum(row.values()) for row in shares] == pytest.approx([100, 10])


def test_full_operators_leave_their_room_to_whoever_saves_most_there() -> None:
    groups = [group(50, a=(1.0, 1.0), b=(5.0, 1.0)), group(50, a=(1.0, 1.0), b=(1.5, 1.0))]
    shares = allocate(groups, [Month(A, capacity=50), Month(B)])
    assert shares == [{A: pytest.approx(50)}, {B: pytest.approx(50)}]


def test_a_group_without_an_offer_or_without_parts_gets_nothing() -> None:
    assert allocate([Group(10, {}), group(0, a=(1.0, 1.0))], [Month(A)]) == [{}, {}]


def test_many_operators_with_steps_are_bet_on_by_twos() -> None:
    months = [Month(number, [Step(50, 0.9)]) for number in range(8)]
    offers = {number: Offer(1.0 + number / 100) for number in range(8)}
    assert allocate([Group(100, offers)], months) == [{0: 100}]


def mixed(seed: int, groups: int = 5, operators: int = 3) -> tuple[list[Group], list[Month]]:
    """A company with everything at once: steps, minimums, little room, different delivery."""
    draw = random.Random(seed)
    everything = 100_000.0
    months = []
    for number in range(operators):
        factor, steps = 1.0, []
        for start in sorted(draw.sample(range(10_000, 100_000), draw.choice([0, 1, 2]))):
            factor *= draw.uniform(0.75, 0.95)
            steps.append(Step(start, factor))
        used = draw.choice([0.0, draw.uniform(0, 50_000)])
        minimum = draw.choice([0.0, draw.uniform(10_000, 120_000)])
        room = draw.choice([inf, draw.uniform(30_000, 80_000)]) if number else inf
        months.append(Month(number, steps, minimum, used, used * 2, room))
    weights = [draw.random() + 0.05 for _group in range(groups)]
    found = []
    for weight in weights:
        usual = draw.uniform(1.2, 3.0)
        offers = {
            number: Offer(round(usual * draw.uniform(0.8, 1.25), 2), draw.uniform(0.8, 0.99))
            for number in range(operators)
            if number == 0 or draw.random() < 0.85
        }
        found.append(Group(everything * weight / sum(weights), offers))
    return found, months


@pytest.mark.parametrize("seed", range(12))
def test_the_choice_costs_at_most_one_percent_more_than_the_optimum(seed: int) -> None:
    groups, months = mixed(seed)
    shares = allocate(groups, months)
    assert [sum(row.values()) for row in shares] == pytest.approx([group.parts for group in groups])
    best = optimum(groups, months, tolerance=2e-3)
    assert cost_of(groups, months, shares) <= best.at_least * 1.01
