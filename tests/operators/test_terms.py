"""What parts cost at volume steps, and what a month costs."""

import pytest

from backoffice.operators.terms import Month, Step

STEPS = (Step(100_000, 0.8), Step(200_000, 0.5))


def test_only_the_parts_beyond_a_step_are_cheaper() -> None:
    assert Month(1, STEPS).average_factor(200_000) == pytest.approx(0.9)
    assert Month(1, STEPS).average_factor(400_000) == pytest.approx((100_000 + 80_000 + 100_000) / 400_000)


def test_parts_that_were_sent_before_count_towards_a_step() -> None:
    month = Month(1, STEPS, used_parts=150_000)
    assert month.first_factor == 0.8
    assert month.average_factor(100_000) == pytest.approx(0.65)
    assert month.ends_of_steps() == [50_000]


def test_without_parts_the_factor_is_that_of_the_next_one() -> None:
    assert Month(1, STEPS, used_parts=200_000).average_factor(0) == 0.5
    assert Month(1).average_factor(10) == 1.0


def test_a_month_costs_its_minimum_even_if_less_is_used() -> None:
    month = Month(1, commitment=1000, used_money=300)
    assert month.owes_minimum
    assert month.cost(100, tariff=200) == 1000
    assert month.cost(100, tariff=900) == 1200


def test_what_does_not_arrive_costs_even_where_parts_are_owed_anyway() -> None:
    assert Month(1, commitment=1000).cost(100, tariff=200, lost=50) == 1050


def test_steps_are_taken_in_their_order() -> None:
    assert Month(1, STEPS[::-1]).steps == STEPS
