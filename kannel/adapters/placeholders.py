"""Placeholders such as {to} in the templates of an adapter. They stand for values, never for code."""

import re
from collections.abc import Callable, Iterator, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kannel.values import ConfigurationError

PLAIN = "0"
Values = Mapping[str, str]

MEANINGS = {
    "to": gettext_lazy("the recipient's number, with +"),
    "to_digits": gettext_lazy("the recipient's number, without +"),
    "from": gettext_lazy("the sender"),
    "text": gettext_lazy("the text, whole, however long"),
    "id": gettext_lazy("our own id of the message"),
    "receipt_url": gettext_lazy("the address for receipts of this connection, with its secret"),
    "coding": gettext_lazy(
        "0 for a plain text, 2 for Unicode; or words of the operator's: {coding:text|unicode}"
    ),
    "validity": gettext_lazy("for how many minutes the operator may still deliver it"),
    "validity_seconds": gettext_lazy("the same in seconds"),
    "valid_until": gettext_lazy("the moment of that end, for example 2026-11-30T21:00:00Z"),
    "username": gettext_lazy("the user name of the connection"),
    "password": gettext_lazy("its password, key or token"),
    "token": gettext_lazy("the token that was asked for with them, where the operator gives one"),
    "timestamp": gettext_lazy("the seconds since 1970, now"),
    "signature": gettext_lazy("in headers: HMAC-SHA256 of the body with the password, hexadecimal"),
    "signature_base64": gettext_lazy("the same in base64"),
}
# What stands in a header is not quoted in any way.
SIGNATURES = frozenset({"signature", "signature_base64"})
IN_HEADERS = frozenset(
    {"id", "username", "password", "token", "timestamp", "validity", "coding", *SIGNATURES}
)
_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)(?::number|:([^{}|]*)\|([^{}|]*))?\}")
_NUMBER = re.compile(r"\{([A-Za-z_]+):number\}")


def named(text: str) -> Iterator[str]:
    """The placeholders in a template."""
    return (found[1] for found in _PLACEHOLDER.finditer(text))


def check(field: str, text: str, known: frozenset[str] = frozenset(MEANINGS) - SIGNATURES) -> None:
    """Raises ConfigurationError for a placeholder that does not exist, or not here."""
    for found in _PLACEHOLDER.finditer(text):
        if found[2] is not None and found[1] != "coding":
            raise ConfigurationError(
                field,
                _("Only {coding:…|…} chooses between two words: the first for plain texts, then Unicode."),
            )
    for name in named(text):
        if name not in known:
            raise ConfigurationError(
                field,
                _("There is no placeholder {%(name)s} here. Choose from: %(known)s.")
                % {"name": name, "known": " ".join(f"{{{one}}}" for one in MEANINGS if one in known)},
            )


def fill(template: str, values: Values, escape: Callable[[str], str] = str) -> str:
    """The template with its values, each escaped for its place."""
    return _PLACEHOLDER.sub(lambda found: escape(_value(found, values)), template)


def _value(found: re.Match[str], values: Values) -> str:
    """A value; of two words with | between them the first for a plain text, the second for Unicode."""
    name, plain, unicode = found.groups()
    if plain is None:
        return values[name]
    return plain if values[name] == PLAIN else unicode


def number_in(template: str) -> str:
    """The placeholder of a template that stands for a number as a whole, such as {to_digits:number}; else empty."""
    found = _NUMBER.fullmatch(template)
    return found[1] if found else ""
