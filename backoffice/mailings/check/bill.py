"""The bill of a plan before it is run up: exact parts and cost, by operator and by the letters of the text."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from backoffice.lib.amounts import to_the_cent
from backoffice.mailings.check.facts import Charge
from backoffice.mailings.check.lines import Line

UCS2 = 2


@dataclass
class BillLine:
    """Messages over one operator with the same kind of letters; ``least`` and ``most``: what one part costs."""

    operator: str
    coding: int
    messages: int = 0
    parts: int = 0
    least: Decimal | None = None
    most: Decimal | None = None
    cost: Decimal = Decimal(0)

    @property
    def letters(self) -> str:
        return _("other letters or signs") if self.coding == UCS2 else _("letters of a plain SMS")

    def add(self, charge: Charge) -> None:
        self.messages += charge.messages
        self.parts += charge.parts
        self.cost += charge.cost
        if charge.least is not None and charge.most is not None:
            self.least = charge.least if self.least is None else min(self.least, charge.least)
            self.most = charge.most if self.most is None else max(self.most, charge.most)


@dataclass(frozen=True)
class Size:
    """How many messages have so many parts."""

    parts: int
    messages: int


@dataclass(frozen=True)
class Bill:
    """All lines, dearest first, and what they come to together."""

    lines: list[BillLine]
    sizes: list[Size]

    @property
    def messages(self) -> int:
        return sum(line.messages for line in self.lines)

    @property
    def parts(self) -> int:
        return sum(line.parts for line in self.lines)

    @property
    def cost(self) -> Decimal:
        """To the cent, as the lines are."""
        return sum((line.cost for line in self.lines), Decimal(0))


def bill_of(charges: Mapping[tuple[int, int, int], Charge], lines: Mapping[int, Line]) -> Bill:
    """The bill of what was counted by connection, coding and parts of a message."""
    found: dict[tuple[str, int], BillLine] = {}
    sizes: dict[int, int] = {}
    for (connection_id, coding, parts), charge in charges.items():
        operator = lines[connection_id].operator if connection_id in lines else _("an operator that is gone")
        found.setdefault((operator, coding), BillLine(operator, coding)).add(charge)
        sizes[parts] = sizes.get(parts, 0) + charge.messages
    ordered = sorted(found.values(), key=lambda line: (-line.cost, line.operator, line.coding))
    for line, cents in zip(ordered, to_the_cent([line.cost for line in ordered]), strict=True):
        line.cost = cents
    return Bill(ordered, [Size(parts, sizes[parts]) for parts in sorted(sizes)])
