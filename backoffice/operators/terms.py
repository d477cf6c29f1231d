"""The arithmetic of an operator's bill: what parts cost at volume steps, what a month costs, what operators offer.

Money is float here: these numbers compare ways, they are never billed. What a message costs is computed in the database.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf


@dataclass(frozen=True)
class Step:
    """From this many parts a month on, a part costs ``factor`` of its tariff."""

    from_parts: float
    factor: float


@dataclass(frozen=True)
class Month:
    """The terms of one operator, and what of its month is already used or promised to others.

    ``capacity`` is how many parts it can still take in the time there is.
    """

    operator_id: int
    steps: Sequence[Step] = ()
    commitment: float = 0.0
    used_parts: float = 0.0
    used_money: float = 0.0
    capacity: float = inf

    def __post_init__(self) -> None:
        rising = sorted(self.steps, key=lambda step: step.from_parts)
        object.__setattr__(self, "steps", tuple(rising))

    @property
    def first_factor(self) -> float:
        """What the next part costs, of its tariff."""
        factor = 1.0
        for step in self.steps:
            if step.from_parts <= self.used_parts:
                factor = step.factor
        return factor

    @property
    def owes_minimum(self) -> bool:
        """Whether money is owed that nothing was sent for yet."""
        return self.used_money < self.commitment

    def ends_of_steps(self) -> list[float]:
        """How many more parts reach each step that is still ahead."""
        return [step.from_parts - self.used_parts for step in self.steps if step.from_parts > self.used_parts]

    def average_factor(self, parts: float) -> float:
        """Of the tariff, what one of the next ``parts`` costs on average: nobody knows in which order they leave."""
        if parts <= 0:
            return self.first_factor
        until, total = self.used_parts + parts, 0.0
        reached, factor = 0.0, 1.0
        for step in self.steps:
            if step.from_parts > reached:
                total += factor * max(0.0, min(until, step.from_parts) - max(self.used_parts, reached))
            reached, factor = step.from_parts, step.factor
        total += factor * max(0.0, until - max(self.used_parts, reached))
        return total / parts

    def cost(self, parts: float, tariff: float, lost: float = 0.0) -> float:
        """What the month costs with these parts: money owed, and the price of what does not arrive.

        :param tariff: their price by the tariff, before any step.
        :param lost: the price by the tariff of sending again what does not arrive, see allocation.Offer.
        """
        factor = self.average_factor(parts)
        return max(self.commitment, self.used_money + factor * tariff) + factor * lost


@dataclass(frozen=True)
class Offer:
    """What one operator asks for a part to a group, by its tariff, and the share of messages it delivers (0 to 1)."""

    price: float
    delivery_rate: float = 1.0

    @property
    def lost(self) -> float:
        """What it costs to send again, over the same way, what does not arrive: price / rate is price + lost.

        It is kept apart from the price, because a commitment makes the part free and not the message that never came.
        """
        return self.price * (1 / self.delivery_rate - 1)


@dataclass(frozen=True)
class Group:
    """Numbers that cost the same: how many parts shall go to them, and who offers what, by operator."""

    parts: float
    offers: Mapping[int, Offer]
