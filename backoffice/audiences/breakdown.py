"""What each condition does, alone and in turn, and who is left to be written to: each one statement over one set."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db.models import Q

from backoffice.audiences.compile import Phrase, rule_phrase, rule_to_q
from backoffice.audiences.draw import Draw, these
from backoffice.audiences.everyone import Price, Rule, prices_of, rules_for
from backoffice.audiences.tally import tally
from backoffice.customers.models import Customer
from backoffice.customers.querysets import CustomerQuerySet

# Of those who fit, so many stand for all when the rules for everybody and the prices are applied.
JUDGED = 3_000
SHOWN = 5


@dataclass(frozen=True)
class ConditionCount:
    """One condition: how many it leaves ``alone``, how many are ``left`` after it in turn, and how many it ``moved``.

    Conditions that must all hold, or none of them, start with everybody and take away; of others each adds to nobody.
    """

    phrase: Phrase
    alone: int
    alone_share: float
    left: int
    left_share: float
    moved: int


@dataclass(frozen=True)
class Fitting:
    """Who fits a tree of conditions. Shares are of everybody, from 0 to 1.

    ``some`` are the ids of up to JUDGED of them, at random; ``at_most`` is what zero of a part may mean for the whole.
    """

    match: str
    customers: int
    everybody: int
    share: float
    conditions: list[ConditionCount]
    some: list[int]
    is_exact: bool
    at_most: int = 0


@dataclass(frozen=True)
class RuleCount:
    """One rule for everybody, and how many it takes away in its turn."""

    label: str
    removed: int
    left: int


@dataclass(frozen=True)
class Writable:
    """Who of ``fitting`` customers may be written to, what a text of one part to them costs, and some of those who fit.

    ``unreachable`` have a number that no connected operator carries.
    """

    fitting: int
    rules: list[RuleCount]
    customers: int
    prices: list[Price]
    unreachable: int
    people: list[Customer]
    is_exact: bool = True

    @property
    def is_priced_exactly(self) -> bool:
        """Whether each of them was asked for a price, and not some for all."""
        return self.is_exact and self.customers <= JUDGED

    @property
    def cost(self) -> Decimal:
        return sum((price.cost for price in self.prices), Decimal(0))

    @property
    def currency(self) -> str:
        return self.prices[0].currency if self.prices else ""

    def scaled(self, fitting: int) -> "Writable":
        """The same shares of another number of customers who fit."""

        def to_all(part: int) -> int:
            return round(part * fitting / self.fitting) if self.fitting else 0

        return replace(
            self,
            fitting=fitting,
            rules=[
                replace(rule, removed=to_all(rule.removed), left=to_all(rule.left)) for rule in self.rules
            ],
            customers=to_all(self.customers),
            prices=_prices_scaled(self.prices, fitting, self.fitting),
            unreachable=to_all(self.unreachable),
            is_exact=False,
        )


@dataclass(frozen=True)
class Reach:
    """The first answer to "how many?"."""

    fitting: Fitting
    writable: Writable


def fitting(match: str, rules: Sequence[Any], drawn: Draw, *, judged: int = JUDGED) -> Fitting:
    """Counts those who fit, and what each rule leaves alone and in turn, among the customers of a draw.

    :param judged: how many of them are wanted as ``some``; 0 spares the sorting.
    """
    steps = [_in_turn(match, number) for number in range(1, len(rules) + 1)]
    wanted = ["true", *(f"f{number}" for number in range(len(rules))), *steps]
    whole = steps[-1] if steps else "true"
    found = tally(
        drawn.customers(), [rule_to_q(rule) for rule in rules], wanted, [(whole, judged)] if judged else []
    )
    counts = found.counts
    read, alone, left = counts[0], counts[1 : len(rules) + 1], counts[len(rules) + 1 :]
    before = [0 if match == "any" else read, *left]
    times = drawn.every_nth
    return Fitting(
        match=match,
        customers=(left[-1] if left else read) * times,
        everybody=read * times,
        share=_share(left[-1] if left else read, read),
        conditions=[
            ConditionCount(
                phrase=rule_phrase(rule),
                alone=alone[number] * times,
                alone_share=_share(alone[number], read),
                left=left[number] * times,
                left_share=_share(left[number], read),
                moved=abs(before[number] - left[number]) * times,
            )
            for number, rule in enumerate(rules)
        ],
        some=found.ids[0] if judged else [],
        is_exact=drawn.is_exact,
        # Who sees none of n may expect at most 3 / n of the whole, 19 times out of 20.
        at_most=0 if drawn.is_exact else 3 * times,
    )


def writable(base: CustomerQuerySet, purpose: str, audience: Q) -> Writable:
    """Applies the rules for everybody in turn to the customers of ``base``, who fit the condition ``audience``."""
    rules: list[Rule] = rules_for(purpose, audience) if purpose else []
    steps = [_in_turn("none", number) for number in range(1, len(rules) + 1)]
    whole = steps[-1] if steps else "true"
    found = tally(
        base.order_by(),
        [rule.condition for rule in rules],
        ["true", *steps],
        [(whole, JUDGED), ("true", SHOWN)],
    )
    counts, (some, shown) = found.counts, found.ids
    prices = prices_of(these(some)) if some else []
    carried = sum(price.customers for price in prices)
    return Writable(
        fitting=counts[0],
        rules=[
            RuleCount(rule.label, counts[number] - counts[number + 1], counts[number + 1])
            for number, rule in enumerate(rules)
        ],
        customers=counts[-1],
        prices=_prices_scaled(prices, counts[-1], len(some)),
        unreachable=round((len(some) - carried) * counts[-1] / len(some)) if prices else 0,
        people=list(Customer.objects.filter(pk__in=shown).order_by()),
    )


def _in_turn(match: str, count: int) -> str:
    """The first so many conditions together, in SQL."""
    flags = [f"f{number}" for number in range(count)]
    if match == "all":
        return " AND ".join(flags)
    together = " OR ".join(flags)
    return f"NOT ({together})" if match == "none" else together


def _prices_scaled(prices: Sequence[Price], customers: int, priced: int) -> list[Price]:
    """The same for so many customers as for those of whom the prices speak."""
    return [
        replace(
            price,
            customers=round(price.customers * customers / priced),
            cost=price.cost * customers / priced,
        )
        for price in prices
        if priced
    ]


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
