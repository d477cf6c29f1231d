"""The true optimum of a choice of routes, by a mixed integer programme: what our own choice is measured by.

The price of a part depends on how many parts an operator gets in all, so each operator's volume is cut into stretches.
Within a stretch the programme pays the lowest average factor there, so its answer is never above the true optimum; the
stretches it uses are cut finer until its answer, at its true price, is as good as that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from backoffice.operators.allocation import Plan, Shares
from backoffice.operators.terms import Group, Month, Step

TOLERANCE = 5e-4
ROUNDS = 14
FINEST = 1e-4
SECONDS = 20


@dataclass(frozen=True)
class Optimum:
    """No choice costs less than ``at_least``; this one costs ``cost``."""

    at_least: float
    cost: float
    shares: Shares


def cost_of(groups: Sequence[Group], months: Sequence[Month], shares: Shares) -> float:
    """What the month costs with a choice, by the terms."""
    places = {month.operator_id: place for place, month in enumerate(months)}
    return Plan(
        groups, months, [{places[operator]: parts for operator, parts in share.items()} for share in shares]
    ).cost


def optimum(groups: Sequence[Group], months: Sequence[Month], tolerance: float = TOLERANCE) -> Optimum:
    """The best choice there is, to ``tolerance`` of its cost."""
    everything = sum(group.parts for group in groups)
    # The solver's tolerances are absolute: it counts in shares of everything.
    whole = everything or 1.0
    small_groups = [Group(group.parts / whole, group.offers) for group in groups]
    small_months = [_scaled(month, 1 / whole) for month in months]
    cuts = [_first_cuts(month) for month in small_months]
    best: tuple[float, Shares] = (inf, [])
    at_least = 0.0
    for _round in range(ROUNDS):
        bound, shares, used = _solve(small_groups, small_months, cuts)
        at_least = max(at_least, bound)
        best = min(best, (cost_of(small_groups, small_months, shares), shares), key=lambda one: one[0])
        if best[0] - at_least <= tolerance * best[0]:
            break
        for place, parts in enumerate(used):
            _cut_at(cuts[place], parts)
    answer = [{operator: amount * whole for operator, amount in row.items()} for row in best[1]]
    return Optimum(at_least * whole, best[0] * whole, answer)


def _scaled(month: Month, by: float) -> Month:
    return Month(
        month.operator_id,
        [Step(step.from_parts * by, step.factor) for step in month.steps],
        month.commitment * by,
        month.used_parts * by,
        month.used_money * by,
        month.capacity * by,
    )


def _first_cuts(month: Month) -> list[float]:
    most = min(month.capacity, 1.0)
    return sorted({0.0, most, *(end for end in month.ends_of_steps() if end < most)})


def _cut_at(cuts: list[float], parts: float) -> None:
    """Cuts the stretch with this volume in it, in the middle and there."""
    most = cuts[-1]
    for low, high in zip(list(cuts), cuts[1:], strict=False):
        if low <= parts <= high:
            width = high - low
            near = [parts, low + width / 2] if width > most * FINEST else []
            cuts[:] = sorted({*cuts, *(cut for cut in near if low < cut < high)})


def _solve(
    groups: Sequence[Group], months: Sequence[Month], cuts: Sequence[Sequence[float]]
) -> tuple[float, Shares, list[float]]:
    """The programme over stretches. Returns its value, the shares, and the parts of each operator."""
    columns: list[tuple[float, int]] = []  # what it costs, whether it is whole
    rows: list[tuple[dict[int, float], float, float]] = []

    def column(cost: float, whole: int = 0) -> int:
        columns.append((cost, whole))
        return len(columns) - 1

    ways: list[tuple[int, int, int]] = []
    by_group: list[dict[int, float]] = [{} for _group in groups]
    for place, month in enumerate(months):
        owed, uses, money = column(1.0), {}, {}
        for low, high in zip(cuts[place], cuts[place][1:], strict=False):
            use = column(0.0, 1)
            uses[use] = 1.0
            factor = min(month.average_factor(low), month.average_factor(high))
            parts = {}
            for number, group in enumerate(groups):
                if offer := group.offers.get(month.operator_id):
                    way = column(factor * offer.lost)
                    ways.append((number, place, way))
                    by_group[number][way] = parts[way] = 1.0
                    money[way] = -factor * offer.price
            rows.append(({**parts, use: -high}, -np.inf, 0.0))
            rows.append(({**parts, use: -low}, 0.0, np.inf))
        rows.append((uses, 1.0, 1.0))
        rows.append(({owed: 1.0, **money}, month.used_money, np.inf))
        rows.append(({owed: 1.0}, month.commitment, np.inf))
    rows += [(row, group.parts, group.parts) for row, group in zip(by_group, groups, strict=True)]
    entries = [
        (value, number, key) for number, (row, _l, _u) in enumerate(rows) for key, value in row.items()
    ]
    values, lines, keys = zip(*entries, strict=True)
    matrix = coo_array((values, (lines, keys)), shape=(len(rows), len(columns)))
    lower, upper = [row[1] for row in rows], [row[2] for row in rows]
    whole = np.array([flag for _cost, flag in columns])
    answer = milp(
        [cost for cost, _whole in columns],
        constraints=LinearConstraint(matrix.tocsr(), lower, upper),
        integrality=whole,
        bounds=Bounds(0, np.where(whole == 1, 1, np.inf)),
        options={"mip_rel_gap": 1e-5, "time_limit": SECONDS},
    )
    assert answer.x is not None, answer.message
    shares: Shares = [{} for _group in groups]
    used = [0.0] * len(months)
    for number, place, way in ways:
        if answer.x[way] > 1e-7:
            operator = months[place].operator_id
            shares[number][operator] = shares[number].get(operator, 0.0) + answer.x[way]
            used[place] += answer.x[way]
    return float(answer.mip_dual_bound), shares, used
