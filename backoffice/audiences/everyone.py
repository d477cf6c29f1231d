"""What applies to every audience, whatever its conditions: rules that leave people out, and what writing to the rest costs.

The rooms above know them and register here when they start; this room declares what it needs and never imports its user.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q

from backoffice.customers.querysets import CustomerQuerySet


@dataclass(frozen=True)
class Rule:
    """Leaves out the customers of ``condition``. ``name`` is the reason that planning writes for them."""

    name: str
    label: str
    condition: Q


@dataclass(frozen=True)
class Price:
    """What one operator would bill for a text of one part to those customers that it is the cheapest for."""

    operator: str
    customers: int
    cost: Decimal
    currency: str


# Purpose of a mailing, condition of the audience -> its rules, in the order in which planning applies them.
Rules = Callable[[str, Q], list[Rule]]
# Customers -> the prices of writing to them, dearest operator first. May be asked about a sample only.
Prices = Callable[[CustomerQuerySet], list[Price]]

_rules: list[Rules] = []
_prices: list[Prices] = []


def register_rules(provider: Rules) -> None:
    """Adds rules behind those that are registered already."""
    _rules.append(provider)


def register_prices(provider: Prices) -> None:
    """Adds operators and their prices."""
    _prices.append(provider)


def rules_for(purpose: str, audience: Q) -> list[Rule]:
    """Every rule for a mailing of that purpose."""
    return [rule for provider in _rules for rule in provider(purpose, audience)]


def prices_of(customers: CustomerQuerySet) -> list[Price]:
    """What one part to each of them costs, by operator."""
    return [price for provider in _prices for price in provider(customers)]
