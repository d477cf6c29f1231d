"""Web addresses in texts: where one ends, whether it leads anywhere, where to, and how long a text with it is.

With SHORT_LINKS_URL each address becomes our own with a code of 12 characters, another one for each recipient. An address
that a merge field goes on in is left as it is: it leads everybody elsewhere.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import quote, urlsplit, urlunsplit

import idna
from django.conf import settings
from django.utils.translation import gettext as _

from backoffice.message_templates.mistakes import MergeError

CODE_LENGTH = 12
_BEGINNING = re.compile(r"(?<![^\W_])https?://", re.IGNORECASE)
# What stands in no address: blanks and what is not seen, brackets of fields, quotes, dashes and dots of typography.
_OUTSIDE = re.compile(
    r"[\s\x00-\x20\x7f-\xa0\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff{}<>\"|\\^`"
    r"«»“”„‟‘’‚‛‹›…–—―]"
)
# Sentences go on after an address: what closes them is none of it.
_CLOSING = ".,;:!?'"
# A closing bracket belongs to an address in which it was opened.
_BRACKETS = {")": "(", "]": "["}
# RFC 3986: what may stand in a path, a query and a fragment as it is; % begins what is written in percents already.
_IN_PATH, _IN_QUERY = "/:@!$&'()*+,;=~-._%", "/?:@!$&'()*+,;=~-._%"
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_NAME = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.(?=[a-z0-9-]*[a-z])[a-z0-9-]{2,}|\d{1,3}(\.\d{1,3}){3}")
# Characters of no alphabet stand for an address until its code is known.
MARK = "\ue000{}\ue001"
_MARKS = re.compile("\ue000\\d+\ue001")


class Address(NamedTuple):
    """An address in a text with merge fields. ``goes_on``: a field follows, so nobody knows its end."""

    words: str
    start: int
    end: int
    goes_on: bool


def addresses_in(text: str) -> list[str]:
    """The addresses of a text with merge fields that can be made short, each once."""
    return list(dict.fromkeys(found.words for found in _short(text)))


def mistakes_in(text: str) -> list[MergeError]:
    """The addresses that lead nowhere, whatever is merged into them."""
    found = []
    for address in _all(text):
        # A field may be part of the name of the site.
        if address.goes_on and not re.search(r"[/?#]", address.words.partition("://")[2]):
            continue
        try:
            destination_of(address.words)
        except MergeError as mistake:
            found.append(MergeError(mistake.sentence, address.start, address.end))
    return found


def destination_of(address: str) -> str:
    """Where an address leads, as browsers and headers write it: the site in IDNA, the rest percent-encoded UTF-8.

    :raises MergeError: if it leads nowhere.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
        host = idna.encode((parts.hostname or "").rstrip("."), uts46=True).decode().lower()
        rest = (
            _escaped(parts.path, _IN_PATH),
            _escaped(parts.query, _IN_QUERY),
            _escaped(parts.fragment, _IN_QUERY),
        )
    except ValueError as error:
        raise _leads_nowhere(address) from error
    if "@" in parts.netloc or not _NAME.fullmatch(host):
        raise _leads_nowhere(address)
    return urlunsplit((parts.scheme.lower(), host if port is None else f"{host}:{port}", *rest))


def marked(text: str, addresses: Iterable[str]) -> str:
    """The text with MARK and the place of an address in `addresses` in its stead."""
    places = {address: MARK.format(place) for place, address in enumerate(addresses)}
    pieces, end = [], 0
    for found in _short(text):
        pieces += [text[end : found.start], places.get(found.words, found.words)]
        end = found.end
    return "".join([*pieces, text[end:]])


def without_marks(text: str) -> str:
    """The text without what stands for addresses."""
    return _MARKS.sub("", text)


def as_sent(text: str) -> str:
    """The text with addresses as short as they are sent, and a code that is nobody's."""
    if not settings.SHORT_LINKS_URL:
        return text
    short = settings.SHORT_LINKS_URL + "x" * CODE_LENGTH
    pieces, end = [], 0
    for found in _short(text):
        pieces += [text[end : found.start], short]
        end = found.end
    return "".join([*pieces, text[end:]])


def _short(text: str) -> Iterator[Address]:
    """Addresses that no merge field goes on in."""
    return (found for found in _all(text) if not found.goes_on)


def _all(text: str) -> Iterator[Address]:
    position = 0
    while begins := _BEGINNING.search(text, position):
        stop = _OUTSIDE.search(text, begins.end())
        position = stop.start() if stop else len(text)
        goes_on = text[position : position + 1] == "{" and text[position : position + 2] != "{{"
        words = text[begins.start() : position]
        if not goes_on:
            words = _without_closing(words)
        end = begins.start() + len(words)
        yield Address(words, begins.start(), end, goes_on)


def _without_closing(words: str) -> str:
    """An address without what belongs to the sentence around it."""
    while words:
        last = words[-1]
        opens = _BRACKETS.get(last)
        is_lone = opens is not None and words.count(opens) < words.count(last)
        if last not in _CLOSING and not is_lone:
            break
        # The beginning itself ends with none of them.
        words = words[:-1]
    return words


def _escaped(words: str, safe: str) -> str:
    return quote(_LONE_PERCENT.sub("%25", words), safe=safe)


def _leads_nowhere(address: str) -> MergeError:
    sentence = _(
        "The address %(address)s leads nowhere. Write the name of the site as a browser shows it, for example "
        "https://shop.example/sale."
    )
    return MergeError(sentence % {"address": address}, 0, len(address))
