"""The linear part of the choice of routes, solved exactly: groups to operators, under room and commitments.

min  sum cost * x + sum money above what is owed anyway
     sum of a group's x = its parts;  an operator's x <= its room;  money of an operator's x <= owed + money above

A simplex method that keeps one *key* way for each group aside (generalised upper bounds), so that what it inverts has a
row for each room and each commitment only: a dozen, however many groups there are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

TINY = 1e-9
PIVOTS_FOR_A_GROUP = 40


@dataclass(frozen=True)
class Problem:
    """``cost`` and ``money`` of a part by group and operator; ``owed`` is None where no commitment binds.

    ``fine`` is the price of a part beyond the room there is: the problem always has a solution. ``hint`` are the prices
    that answered a like problem: with them most groups begin where they end.
    """

    parts: Sequence[float]
    cost: Sequence[Mapping[int, float]]
    money: Sequence[Mapping[int, float]]
    room: Sequence[float]
    owed: Sequence[float | None]
    fine: float
    hint: Sequence["Prices"] = ()


@dataclass(frozen=True)
class Way:
    """A column: parts of a group over an operator."""

    group: int
    operator: int


@dataclass(frozen=True)
class Rest:
    """A column: what is left of a row (sign 1), or goes beyond it (sign -1)."""

    row: int
    sign: int


Column = Way | Rest


# What its room, and its money that is owed anyway, are worth at each operator.
Prices = tuple[float, float]


def cheapest(problem: Problem) -> tuple[list[dict[int, float]], list[Prices]]:
    """Parts by operator for each group that has a way at all, and the prices that make it so."""
    simplex = _Simplex(problem)
    for _pivot in range(PIVOTS_FOR_A_GROUP * (len(problem.parts) + len(simplex.rows))):
        if not simplex.pivot():
            break
    return simplex.solution(), simplex.prices()


class _Simplex:
    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        operators = range(len(problem.room))
        rooms = [(one, False) for one in operators if problem.room[one] < inf]
        self.rows = rooms + [(one, True) for one in operators if problem.owed[one] is not None]
        self.limits = [
            float(problem.owed[one] or 0.0) if is_money else problem.room[one] for one, is_money in self.rows
        ]
        self.rows_of = [
            [number for number, row in enumerate(self.rows) if row[0] == one] for one in operators
        ]
        self.groups = [number for number, row in enumerate(problem.cost) if row]
        self.key = {group: self._first_key(group) for group in self.groups}
        left = self._left()
        self.basis: list[Column] = [Rest(row, 1 if left[row] >= 0 else -1) for row in range(len(self.rows))]
        self._compute()

    def _first_key(self, group: int) -> int:
        """The way that is cheapest at the prices of the hint."""
        cost, money, hint = self.problem.cost[group], self.problem.money[group], self.problem.hint
        if not hint:
            return min(cost, key=lambda one: (cost[one], one))
        return min(cost, key=lambda one: (cost[one] - hint[one][0] - hint[one][1] * money[one], one))

    def prices(self) -> list[Prices]:
        """Of the present basis, by operator."""
        return [self._price_of(one) for one in range(len(self.problem.room))]

    def solution(self) -> list[dict[int, float]]:
        """What the present basis means."""
        found: list[dict[int, float]] = [{} for _group in self.problem.parts]
        for group in self.groups:
            found[group][self.key[group]] = self.key_values[group]
        for column, value in zip(self.basis, self.values, strict=True):
            if isinstance(column, Way):
                found[column.group][column.operator] = value
        return [{one: parts for one, parts in row.items() if parts > TINY} for row in found]

    def pivot(self) -> bool:
        """One better basis. False: there is none."""
        entering = self._entering()
        if entering is None:
            return False
        change = _times(self.inverse, self._column(entering))
        rates = {entering.group: 1.0} if isinstance(entering, Way) else {}
        for column, rate in zip(self.basis, change, strict=True):
            if isinstance(column, Way):
                rates[column.group] = rates.get(column.group, 0.0) - rate
        limits = [(max(0.0, self.values[i]) / rate, i, -1) for i, rate in enumerate(change) if rate > TINY]
        limits += [
            (max(0.0, self.key_values[group]) / rate, -1, group)
            for group, rate in rates.items()
            if rate > TINY
        ]
        _length, place, group = min(limits)
        if place >= 0:
            self.basis[place] = entering
        else:
            self._replace_key(group, entering)
        self._compute()
        return True

    def _replace_key(self, group: int, entering: Column) -> None:
        """The key way of a group has come to nothing: another one takes its part."""
        for place, column in enumerate(self.basis):
            if isinstance(column, Way) and column.group == group:
                self.key[group] = column.operator
                self.basis[place] = entering
                return
        assert isinstance(entering, Way)
        self.key[group] = entering.operator

    def _entering(self) -> Column | None:
        """The column that gains most for each part."""
        prices = self.prices()
        best: tuple[float, Column | None] = (-TINY * max(1.0, self.problem.fine / 1000), None)
        for group in self.groups:
            cost, money = self.problem.cost[group], self.problem.money[group]
            key = self.key[group]
            base = cost[key] - prices[key][0] - prices[key][1] * money[key]
            for one in cost:
                gain = cost[one] - prices[one][0] - prices[one][1] * money[one] - base
                if gain < best[0] and one != key:
                    best = gain, Way(group, one)
        for row in range(len(self.rows)):
            for sign in (1, -1):
                gain = self._rest_cost(row, sign) - self.duals[row] * sign
                if gain < best[0]:
                    best = gain, Rest(row, sign)
        return best[1]

    def _price_of(self, operator: int) -> Prices:
        """What its room and its commitment make of a part, and of its money."""
        room = sum(self.duals[row] for row in self.rows_of[operator] if not self.rows[row][1])
        money = sum(self.duals[row] for row in self.rows_of[operator] if self.rows[row][1])
        return room, money

    def _rest_cost(self, row: int, sign: int) -> float:
        if sign > 0:
            return 0.0
        return 1.0 if self.rows[row][1] else self.problem.fine

    def _compute(self) -> None:
        """Inverse, values and duals of the present basis."""
        columns = [self._column(column) for column in self.basis]
        self.inverse = _inverse([list(row) for row in zip(*columns, strict=True)])
        self.values = _times(self.inverse, self._left())
        costs = [self._cost(column) for column in self.basis]
        self.duals = [
            sum(cost * self.inverse[i][row] for i, cost in enumerate(costs)) for row in range(len(self.rows))
        ]
        self.key_values = {group: self.problem.parts[group] for group in self.groups}
        for column, value in zip(self.basis, self.values, strict=True):
            if isinstance(column, Way):
                self.key_values[column.group] -= value

    def _left(self) -> list[float]:
        """What is left of each row if every group goes its key way."""
        left = list(self.limits)
        for group in self.groups:
            one, parts = self.key[group], self.problem.parts[group]
            for row in self.rows_of[one]:
                left[row] -= parts * (self.problem.money[group][one] if self.rows[row][1] else 1.0)
        return left

    def _column(self, column: Column) -> list[float]:
        """A column without what its group's key way takes back."""
        entries = [0.0] * len(self.rows)
        if isinstance(column, Rest):
            entries[column.row] = float(column.sign)
            return entries
        money = self.problem.money[column.group]
        for one, sign in ((column.operator, 1.0), (self.key[column.group], -1.0)):
            for row in self.rows_of[one]:
                entries[row] += sign * (money[one] if self.rows[row][1] else 1.0)
        return entries

    def _cost(self, column: Column) -> float:
        if isinstance(column, Rest):
            return self._rest_cost(column.row, column.sign)
        cost = self.problem.cost[column.group]
        return cost[column.operator] - cost[self.key[column.group]]


def _times(matrix: Sequence[Sequence[float]], vector: Sequence[float]) -> list[float]:
    return [sum(map(float.__mul__, row, vector)) for row in matrix]


def _inverse(matrix: list[list[float]]) -> list[list[float]]:
    """By elimination with the largest pivot of each column."""
    size = len(matrix)
    rows = [row + [float(i == j) for j in range(size)] for i, row in enumerate(matrix)]
    for column in range(size):
        largest = max(range(column, size), key=lambda i: abs(rows[i][column]))
        rows[column], rows[largest] = rows[largest], rows[column]
        pivot = rows[column][column]
        rows[column] = [value / pivot for value in rows[column]]
        for other in range(size):
            if other != column and (factor := rows[other][column]):
                rows[other] = [
                    value - factor * own for value, own in zip(rows[other], rows[column], strict=True)
                ]
    return [row[size:] for row in rows]
