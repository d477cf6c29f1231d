"""Every address that there is, found by asking Django, with made-up rows in it."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import NoReverseMatch, get_resolver, reverse
from django.urls.resolvers import RegexPattern

from backoffice.accounts.addresses import BULK

NOBODYS_ROW = 999_999_999
# What stands in an address, by the kind of its place.
PLAIN = {"int": NOBODYS_ROW, "str": "x", "slug": "x", "uuid": uuid.UUID(int=7), "regex": str(NOBODYS_ROW)}
# Places that take some words only.
WORDS = {"revision_id_a": "earliest", "revision_id_b": "latest", "form": "csv", "what": "connection"}
# Whose bulk actions are looked at: those of one model that has some, and of one that has none.
BULK_MODELS = (("accounts", "user"), ("audiences", "audience"), ("message_templates", "messagetemplate"))


@dataclass(frozen=True)
class Address:
    """One entry of Django's table. ``places`` are the kinds of what is filled in, by name."""

    name: str
    places: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)

    def path(self, values: Mapping[str, Any] = PLAIN) -> str:
        """Where it is.

        :raises NoReverseMatch: when such values cannot stand in it.
        """
        view_name = self.name.split()[0]
        filled = {place: WORDS.get(place, values[kind]) for place, kind in self.places.items()}
        return reverse(view_name, kwargs=filled | dict(self.fixed))


def every_address() -> list[Address]:
    """All that have a name, one for each name and set of places."""
    found = {}
    for one in _below(get_resolver().url_patterns):
        found[one.name, *one.places] = one
    return list(found.values())


def can_be_filled(address: Address, values: Mapping[str, Any]) -> bool:
    """Whether such values can stand in the address at all."""
    try:
        address.path(values)
    except NoReverseMatch:
        return False
    return True


def _below(
    patterns: list[Any], rooms: tuple[str, ...] = (), places: Mapping[str, str] | None = None
) -> Iterator[Address]:
    for pattern in patterns:
        here = {**(places or {}), **_places_of(pattern.pattern)}
        if hasattr(pattern, "url_patterns"):
            inner = (*rooms, pattern.namespace) if pattern.namespace else rooms
            yield from _below(pattern.url_patterns, inner, here)
        elif pattern.name == BULK:
            for label, model in BULK_MODELS:
                fixed = {"app_label": label, "model_name": model, "action": "delete"}
                yield Address(f"{BULK} {label} {model}", fixed=fixed)
        elif pattern.name:
            yield Address(":".join((*rooms, pattern.name)), here)


def _places_of(pattern: Any) -> dict[str, str]:
    if isinstance(pattern, RegexPattern):
        return dict.fromkeys(pattern.regex.groupindex, "regex")
    kinds = {"IntConverter": "int", "SlugConverter": "slug", "UUIDConverter": "uuid"}
    return {name: kinds.get(type(one).__name__, "str") for name, one in pattern.converters.items()}
