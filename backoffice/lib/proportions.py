"""Shares of counted things, and whether two of them really differ."""

import math

# One-sided error of 0.05 %. What looks every few seconds needs a margin besides, see fallen_by().
CAREFUL = 3.29


def wilson(hits: int, total: int, z: float = CAREFUL) -> tuple[float, float]:
    """The interval in which the true share lies (E. B. Wilson, 1927); (0, 1) when nothing was counted.

    It is right for small counts and shares near 0 and 1, too, where the usual normal interval is not.
    """
    if not total:
        return 0.0, 1.0
    share = hits / total
    centre = share + z * z / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def fallen_by(before: tuple[int, int], now: tuple[int, int], z: float = CAREFUL) -> float:
    """By how much a share has fallen at least, from (hits, total) to (hits, total); negative if it may have risen.

    The lower limit of the difference by method 10 of R. G. Newcombe, "Interval estimation for the difference between
    independent proportions", Statistics in Medicine 17 (1998), made of two Wilson intervals. Compare it with a margin
    that matters rather than with 0: then looking again and again with more messages raises no false alarm.
    """
    first = before[0] / before[1] if before[1] else 0.0
    second = now[0] / now[1] if now[1] else 1.0
    lower, _ = wilson(*before, z)
    _, upper = wilson(*now, z)
    return first - second - math.hypot(first - lower, upper - second)


def risen_by(before: tuple[int, int], now: tuple[int, int], z: float = CAREFUL) -> float:
    """By how much a share has risen at least; negative if it may have fallen."""
    return fallen_by((before[1] - before[0], before[1]), (now[1] - now[0], now[1]), z)
