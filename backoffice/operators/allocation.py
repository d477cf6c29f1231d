"""Which operator carries how much of each group of numbers, so that what is delivered costs least in all.

Three things bind the groups together: volume steps (a part is cheaper for everybody once many go one way), commitments
(money owed anyway) and the room each operator has. So the whole plan is decided at once. At fixed prices that is a linear
programme (backoffice.operators.transport); but the price depends on the volume. So we start from plans that each bet on
the steps of some operators, and improve each by solving it again at the prices that it leads to itself, as long as its
true cost falls. ``deploy/bench routing`` compares the result with the optimum of a mixed integer programme.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product
from math import inf

from backoffice.operators import transport
from backoffice.operators.grouping import coarse, merged
from backoffice.operators.terms import Group, Month

# Parts beyond the room there is cost so many times the dearest way: they go only if nobody has room.
FULL = 1000.0
# A plan is improved no further for less than this share of its cost.
WORTH = 1e-6
ROUNDS = 12
# With more operators that have volume steps, only one or two of them are bet on at a time.
ALL_BETS = 6
# So many plans to start from are improved to the end.
FINALISTS = 8

Shares = list[dict[int, float]]


class Plan:
    """Parts by group and operator, with the sums that their cost is made of. Operators are places in ``months``."""

    def __init__(
        self,
        groups: Sequence[Group],
        months: Sequence[Month],
        amounts: Sequence[Mapping[int, float]],
        prices: Sequence[tuple[float, float]] = (),
    ) -> None:
        self.groups, self.months, self.amounts, self.prices = groups, months, amounts, prices
        self.parts, self.money, self.lost = ([0.0] * len(months) for _sum in range(3))
        for group, row in zip(groups, amounts, strict=True):
            for place, parts in row.items():
                offer = group.offers[months[place].operator_id]
                self.parts[place] += parts
                self.money[place] += parts * offer.price
                self.lost[place] += parts * offer.lost

    @property
    def cost(self) -> float:
        """Of the month of all operators: money owed, and the price of what does not arrive."""
        return sum(
            month.cost(self.parts[place], self.money[place], self.lost[place])
            for place, month in enumerate(self.months)
        )

    @property
    def beyond_room(self) -> float:
        """Parts that nobody has room for in time."""
        return sum(
            max(0.0, parts - month.capacity) for month, parts in zip(self.months, self.parts, strict=True)
        )

    def slope(self, place: int) -> float:
        """By how much one part more changes the factor of all parts of an operator."""
        month, parts = self.months[place], self.parts[place]
        if parts <= 0 or not month.steps:
            return 0.0
        last = Month(month.operator_id, month.steps, used_parts=month.used_parts + parts).first_factor
        return (last - month.average_factor(parts)) / parts


def allocate(groups: Sequence[Group], months: Sequence[Month]) -> Shares:
    """For each group: operator -> parts. A group that nobody offers a price for gets an empty share.

    Of two equal ways the operator that comes first in ``months`` carries it.
    """
    classes = coarse(groups)
    best = _best(months, [merged(groups, numbers) for numbers in classes])
    if len(classes) < len(groups):
        best = _Task(groups, months).improved(_spread(groups, classes, best))
    return [{months[place].operator_id: parts for place, parts in row.items()} for row in best.amounts]


def _best(months: Sequence[Month], groups: Sequence[Group]) -> Plan:
    """The best of the plans that the bets lead to."""
    task = _Task(groups, months)
    starts: list[Plan] = []
    for factors in task.bets():
        starts.append(task.at_factors(factors, near=starts[-1] if starts else None))
    ranked = sorted(starts, key=task.value)[:FINALISTS]
    return min((task.improved(plan) for plan in ranked), key=task.value)


def _spread(groups: Sequence[Group], classes: Sequence[Sequence[int]], rough: Plan) -> Plan:
    """What was decided for classes, for each group in them."""
    amounts: list[dict[int, float]] = [{} for _group in groups]
    for numbers, whole, row in zip(classes, rough.groups, rough.amounts, strict=True):
        for number in numbers:
            share = groups[number].parts / whole.parts if whole.parts else 0.0
            amounts[number] = {place: parts * share for place, parts in row.items()}
    return Plan(groups, rough.months, amounts, rough.prices)


class _Task:
    """What is to be decided, in the form the linear part wants it."""

    def __init__(self, groups: Sequence[Group], months: Sequence[Month]) -> None:
        self.groups, self.months = groups, months
        places = {month.operator_id: place for place, month in enumerate(months)}
        self.offers = [
            sorted((places[one], offer) for one, offer in group.offers.items()) if group.parts > 0 else []
            for group in groups
        ]
        prices = [offer.price for row in self.offers for _place, offer in row]
        self.fine = FULL * max(prices, default=1.0)
        self.demand = sum(group.parts for group in groups)

    def value(self, plan: Plan) -> float:
        """What is to be as low as possible."""
        return plan.cost + plan.beyond_room * self.fine

    def bets(self) -> Iterator[list[float]]:
        """Factors to begin with: each operator with steps at the factor it stands at, or at the best it could reach."""
        now = [month.first_factor for month in self.months]
        best = [month.average_factor(min(month.capacity, self.demand)) for month in self.months]
        with_steps = [place for place, month in enumerate(self.months) if month.ends_of_steps()]
        if len(with_steps) <= ALL_BETS:
            for choice in product((False, True), repeat=len(with_steps)):
                bold = {place for place, is_bold in zip(with_steps, choice, strict=True) if is_bold}
                yield [best[place] if place in bold else factor for place, factor in enumerate(now)]
            return
        yield now
        for size in (1, 2, len(with_steps)):
            for some in combinations(with_steps, size):
                yield [best[place] if place in some else factor for place, factor in enumerate(now)]

    def at_factors(self, factors: Sequence[float], near: Plan | None = None) -> Plan:
        """The best plan if parts cost these shares of their tariffs, however many there are."""
        nothing = [0.0] * len(self.months)
        near = near or Plan(self.groups, self.months, [{} for _group in self.groups])
        return self._solved(factors, nothing, near)

    def improved(self, plan: Plan) -> Plan:
        """Solves it again at the prices it leads to, and what each part changes for the others, while that helps."""
        everyone = range(len(self.months))
        for _round in range(ROUNDS):
            factors = [month.average_factor(plan.parts[place]) for place, month in enumerate(self.months)]
            better = self._solved(factors, [plan.slope(place) for place in everyone], plan)
            if self.value(better) > self.value(plan) * (1 - WORTH):
                return plan
            plan = better
        return plan

    def _solved(self, factors: Sequence[float], slopes: Sequence[float], around: Plan) -> Plan:
        """The linear programme that touches the true cost at ``around``."""
        owed = [
            month.commitment - month.used_money + slopes[place] * around.money[place] * around.parts[place]
            if month.owes_minimum
            else None
            for place, month in enumerate(self.months)
        ]
        costs, moneys = [], []
        for row in self.offers:
            cost, money = {}, {}
            for place, offer in row:
                money[place] = factors[place] * offer.price + slopes[place] * around.money[place]
                cost[place] = factors[place] * offer.lost + slopes[place] * around.lost[place]
                if owed[place] is None:
                    cost[place] += money[place]
            costs.append(cost)
            moneys.append(money)
        room = [max(0.0, month.capacity) for month in self.months]
        parts = [group.parts for group in self.groups]
        problem = transport.Problem(
            parts, costs, moneys, _finite(room, self.demand), owed, self.fine, around.prices
        )
        return Plan(self.groups, self.months, *transport.cheapest(problem))


def _finite(room: Sequence[float], demand: float) -> list[float]:
    """Room for everything is no limit."""
    return [inf if parts >= demand else parts for parts in room]
