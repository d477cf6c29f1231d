"""The intervals against published numbers, and against what chance alone would do."""

import pytest
from scipy.stats import binom

from backoffice.lib.proportions import fallen_by, risen_by, wilson


@pytest.mark.parametrize(
    ("hits", "total", "lower", "upper"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_is_the_published_one(hits: int, total: int, lower: float, upper: float) -> None:
    """Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I."""
    assert wilson(hits, total, 1.959964) == pytest.approx((lower, upper), abs=0.0001)


def test_nothing_counted_says_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert fallen_by((0, 0), (0, 0)) < 0


def test_the_lower_limit_of_a_difference_is_the_published_one() -> None:
    """Newcombe 1998, table II: 56/70 less 48/80, method 10: 0.0524."""
    assert fallen_by((56, 70), (48, 80), 1.959964) == pytest.approx(0.0524, abs=0.0001)
    assert risen_by((48, 80), (56, 70), 1.959964) == pytest.approx(0.0524, abs=0.0001)


@pytest.mark.parametrize("delivered", [0.6, 0.85, 0.95, 0.99])
@pytest.mark.parametrize("total", [100, 300])
def test_chance_alone_raises_an_alarm_less_than_once_in_a_million_looks(delivered: float, total: int) -> None:
    before = (int(10_000 * delivered), 10_000)
    alarming = max((hits for hits in range(total + 1) if fallen_by(before, (hits, total)) > 0.1), default=-1)
    assert binom.cdf(alarming, total, delivered) < 1e-6


@pytest.mark.parametrize("total", [100, 300])
def test_a_fall_from_nearly_all_to_half_is_seen(total: int) -> None:
    alarming = max(hits for hits in range(total + 1) if fallen_by((9500, 10_000), (hits, total)) > 0.1)
    assert binom.cdf(alarming, total, 0.5) > 0.999
