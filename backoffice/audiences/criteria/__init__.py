"""Conditions on customers: one small class for each, in the module of its group.

A new condition is a new subclass of :class:`base.Criterion` in one of these modules, or in a room above: the editor's picker,
the count, the sentence and the tests find it by themselves, and no migration is needed.
"""

from backoffice.audiences.criteria import (
    actions,
    agreements,
    attributes,
    consents,
    labels,
    membership,
    money,
    networks,
    number,
    periods,
    person,
    places,
    serving,
)
from backoffice.audiences.criteria.base import Criterion, registry

__all__ = [
    "Criterion",
    "actions",
    "agreements",
    "attributes",
    "consents",
    "labels",
    "membership",
    "money",
    "networks",
    "number",
    "periods",
    "person",
    "places",
    "registry",
    "serving",
]
