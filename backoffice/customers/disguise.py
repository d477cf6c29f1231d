"""Texts that real customers would get, as everybody may see them: as long, in the same letters, and nobody's."""

import re

from backoffice.customers.models import Customer
from kannel.text import GSM_CODING, coding_of, measure
from kannel.text_form import folded, plain_value

NAMES = ("first_name", "middle_name", "last_name")
_KEPT = re.compile(r"(?<![^\s-])\S|[\s'’-]")


def disguised(text: str, customer: Customer) -> str:
    """The text with the names of the customer disguised: only the first letter stays, so length and parts do, too."""
    names = {folded(getattr(customer, name)) for name in NAMES}
    names |= {plain_value(name) for name in names}
    for name in sorted(names - {""}, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", lambda found: _disguised_name(found[0]), text)
    return text


def _disguised_name(name: str) -> str:
    kept = {found.start() for found in _KEPT.finditer(name)}
    return "".join(one if place in kept else _letter(one) for place, one in enumerate(name))


def _letter(letter: str) -> str:
    """A letter that takes as much room: Latin, or Cyrillic for all that a plain SMS has no room for."""
    if coding_of(letter) == GSM_CODING:
        return "x" if letter.isalpha() else letter
    return "х" * measure(letter).units
