"""Which difference between two groups will be noticed."""

import math
from statistics import NormalDist

POWER = 0.8
ERROR = 0.05
# With fewer hits expected in the smaller group the normal approximation says nothing (W. G. Cochran, 1954).
FEWEST_HITS = 5
HALVINGS = 60


def smallest_change(
    first: int, second: int, rate: float, power: float = POWER, error: float = ERROR
) -> float | None:
    """The smallest difference of a rate between two groups of people that a two-sided test notices that often.

    Two independent proportions, normal approximation without correction for continuity: a change from p1 to p2 = p1 + d is
    noticed with the probability Phi((d - z(1-error/2) sqrt(p q (1/n1 + 1/n2))) / sqrt(p1 q1/n1 + p2 q2/n2)), with p the
    share in both groups together. J. L. Fleiss, A. Tytun, H. K. Ury, "A simple approximation for calculating sample sizes
    for comparing independent proportions", Biometrics 36 (1980), solved here for d instead of n.

    :param rate: the usual share, 0 to 1. A share above one half is taken as that of its opposite.
    :returns: a difference of shares, 0 to 1; None where the groups are too small to tell.
    """
    rate = min(rate, 1 - rate)
    if min(first, second) * rate < FEWEST_HITS:
        return None
    low, high = 0.0, 1 - rate
    if noticed(first, second, rate, high, error) < power:
        return None
    for _halving in range(HALVINGS):
        middle = (low + high) / 2
        if noticed(first, second, rate, middle, error) < power:
            low = middle
        else:
            high = middle
    return high


def noticed(first: int, second: int, rate: float, change: float, error: float = ERROR) -> float:
    """The probability that a change is noticed: ``first`` people have the rate, ``second`` the rate and the change."""
    other = rate + change
    together = (first * rate + second * other) / (first + second)
    if_equal = math.sqrt(together * (1 - together) * (1 / first + 1 / second))
    if_not = math.sqrt(rate * (1 - rate) / first + other * (1 - other) / second)
    critical = NormalDist().inv_cdf(1 - error / 2) * if_equal
    return NormalDist().cdf((change - critical) / if_not) if if_not else float(change > critical)
