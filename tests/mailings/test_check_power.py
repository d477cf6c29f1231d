"""Which difference between two groups will be noticed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from backoffice.mailings.check.power import noticed, smallest_change

PEOPLE = st.integers(500, 1_000_000)
RATES = st.floats(0.02, 0.5)


def test_it_is_the_change_for_which_textbooks_ask_so_many_people() -> None:
    # 1059 in each group for 5 % against 8 %: (1.96 sqrt(2 x 0.065 x 0.935) + 0.8416 sqrt(0.0475 + 0.0736))^2 / 0.03^2
    assert smallest_change(1059, 1059, 0.05) == pytest.approx(0.03, abs=1e-4)


def test_with_a_hold_out_of_a_tenth_of_a_quarter_of_a_million_it_is_about_four_tenths_of_a_point() -> None:
    found = smallest_change(25_000, 225_000, 0.05)
    assert found is not None
    assert 0.0039 < found < 0.0043


@given(PEOPLE, PEOPLE, RATES)
def test_it_is_noticed_four_times_out_of_five_and_less_is_noticed_less_often(
    first: int, second: int, rate: float
) -> None:
    found = smallest_change(first, second, rate)
    if found is None:
        return
    assert noticed(first, second, rate, found) == pytest.approx(0.8, abs=1e-6)
    assert noticed(first, second, rate, found * 0.99) < 0.8


@given(PEOPLE, PEOPLE, RATES, st.integers(2, 10))
def test_more_people_show_less_of_a_change(first: int, second: int, rate: float, times: int) -> None:
    few, many = smallest_change(first, second, rate), smallest_change(first * times, second * times, rate)
    assert few is None or (many is not None and many < few)


def test_a_simulated_company_notices_it_that_often() -> None:
    first, second, rate = 2000, 18_000, 0.05
    change = smallest_change(first, second, rate)
    assert change is not None
    draws = 20_000
    a = stats.binom.rvs(first, rate, size=draws, random_state=1) / first
    b = stats.binom.rvs(second, rate + change, size=draws, random_state=2) / second
    together = (a * first + b * second) / (first + second)
    error = (together * (1 - together) * (1 / first + 1 / second)) ** 0.5
    seen = (abs(b - a) / error > stats.norm.ppf(0.975)).mean()
    assert seen == pytest.approx(0.8, abs=0.02)


def test_a_share_of_most_is_taken_as_its_opposite() -> None:
    assert smallest_change(5000, 5000, 0.95) == pytest.approx(smallest_change(5000, 5000, 0.05))


@pytest.mark.parametrize(
    ("first", "second", "rate"), [(0, 1000, 0.05), (99, 1_000_000, 0.05), (1000, 1000, 0.0)]
)
def test_groups_that_are_too_small_tell_nothing(first: int, second: int, rate: float) -> None:
    assert smallest_change(first, second, rate) is None


def test_what_even_the_greatest_change_does_not_show_is_none() -> None:
    assert smallest_change(20, 20, 0.5) is not None
    assert smallest_change(20, 20, 0.5, error=1e-12) is None
