"""Web addresses in texts: which ones are made short, and how long a text then is.

With SHORT_LINKS_URL each address becomes our own with a code of 12 characters, another one for each recipient. An address
that a merge field goes on in is left as it is: it leads everybody elsewhere.
"""

import re
from collections.abc import Iterable

from django.conf import settings

CODE_LENGTH = 12
# Sentences go on after an address: what closes them is none of it.
_ADDRESS = re.compile(
    r"https?://[^\s{}<>\"«»“”]*[^\s{}<>\"«»“”.,;:!?)\]'](?![^\s{}<>\"«»“”.,;:!?)\]'])", re.IGNORECASE
)
# Characters of no alphabet stand for an address until its code is known.
MARK = "\ue000{}\ue001"


def addresses_in(text: str) -> list[str]:
    """The addresses of a text with merge fields that can be made short, each once."""
    return list(dict.fromkeys(found[0] for found in _found(text)))


def marked(text: str, addresses: Iterable[str]) -> str:
    """The text with MARK and the place of an address in `addresses` in its stead."""
    places = {address: MARK.format(place) for place, address in enumerate(addresses)}
    pieces, end = [], 0
    for found in _found(text):
        pieces += [text[end : found.start()], places.get(found[0], found[0])]
        end = found.end()
    return "".join([*pieces, text[end:]])


def as_sent(text: str) -> str:
    """The text with addresses as short as they are sent, and a code that is nobody's."""
    if not settings.SHORT_LINKS_URL:
        return text
    short = settings.SHORT_LINKS_URL + "x" * CODE_LENGTH
    pieces, end = [], 0
    for found in _found(text):
        pieces += [text[end : found.start()], short]
        end = found.end()
    return "".join([*pieces, text[end:]])


def _found(text: str) -> Iterable[re.Match[str]]:
    """Addresses that no merge field goes on in."""
    return (found for found in _ADDRESS.finditer(text) if text[found.end() : found.end() + 1] != "{")
