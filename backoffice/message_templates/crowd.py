"""The customers a text is meant for, while it is written: some of them, how many there are, and what a part to each costs.

Mailings know audiences, rules and operators; they register here when they start. This room declares what it needs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from django.core.cache import cache

from backoffice.accounts.models import User

# Counting an audience takes up to some seconds; while one text is written it hardly changes.
CROWD_SECONDS = 300


@dataclass(frozen=True)
class Crowd:
    """Customers. ``some`` are ids of up to some thousands of them, at random; ``part_price`` is that of a part on average.

    ``problem`` is a sentence where they could not be counted; then there are none.
    """

    name: str = ""
    customers: int = 0
    is_exact: bool = True
    some: Sequence[int] = field(default_factory=tuple)
    part_price: Decimal = Decimal(0)
    currency: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Senders:
    """Which senders operators let through for a purpose. ``names`` is None where some operator takes any of them."""

    names: Sequence[str] | None = None

    def allow(self, sender: str) -> bool:
        """Whether some operator carries messages of this sender."""
        return self.names is None or sender.casefold() in {name.casefold() for name in self.names}


class Above(Protocol):
    """What the rooms above tell this one."""

    def audiences(self, reader: User) -> list[tuple[int, str]]:
        """Id and name of the audiences that the reader may see."""

    def crowd(self, audience_id: int | None, purpose: str) -> Crowd:
        """Who of an audience may be written to for a purpose; None: of all customers."""

    def senders(self, purpose: str) -> Senders:
        """Which senders are allowed for a purpose."""


_above: list[Above] = []


def register(above: Above) -> None:
    """Makes a room the one that is asked."""
    _above.append(above)


def above() -> Above:
    """Whom to ask."""
    return _above[-1]


def lately(audience_id: int | None, purpose: str) -> Crowd:
    """Who of an audience may be written to, as it was known at most CROWD_SECONDS ago. The reader's right is the caller's."""
    key = f"parley:texts:crowd:{audience_id}:{purpose}"
    found: Crowd | None = cache.get(key)
    if found is None:
        found = above().crowd(audience_id, purpose)
        if not found.problem:
            cache.set(key, found, CROWD_SECONDS)
    return found
