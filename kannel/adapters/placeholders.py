"""Placeholders such as {to} in the templates of an adapter. They stand for values, never for code."""

import re
from collections.abc import Callable, Iterator, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kannel.values import ConfigurationError

Values = Mapping[str, str]

MEANINGS = {
    "to": gettext_lazy("the recipient's number, with +"),
    "to_digits": gettext_lazy("the recipient's number, without +"),
    "from": gettext_lazy("the sender"),
    "text": gettext_lazy("the text, whole, however long"),
    "id": gettext_lazy("our own id of the message"),
    "receipt_url": gettext_lazy("the address for receipts of this connection, with its secret"),
    "username": gettext_lazy("the user name of the connection"),
    "password": gettext_lazy("its password, key or token"),
}
# What stands in a header is not quoted in any way.
IN_HEADERS = frozenset({"id", "username", "password"})
_PLACEHOLDER = re.compile(r"\{([A-Za-z_]+)(:number)?\}")
_NUMBER = re.compile(r"\{([A-Za-z_]+):number\}")


def named(text: str) -> Iterator[str]:
    """The placeholders in a template."""
    return (found[1] for found in _PLACEHOLDER.finditer(text))


def check(field: str, text: str, known: frozenset[str] = frozenset(MEANINGS)) -> None:
    """Raises ConfigurationError for a placeholder that does not exist, or not here."""
    for name in named(text):
        if name not in known:
            raise ConfigurationError(
                field,
                _("There is no placeholder {%(name)s} here. Choose from: %(known)s.")
                % {"name": name, "known": " ".join(f"{{{one}}}" for one in MEANINGS if one in known)},
            )


def fill(template: str, values: Values, escape: Callable[[str], str] = str) -> str:
    """The template with its values, each escaped for its place."""
    return _PLACEHOLDER.sub(lambda found: escape(values[found[1]]), template)


def number_in(template: str) -> str:
    """The placeholder of a template that stands for a number as a whole, such as {to_digits:number}; else empty."""
    found = _NUMBER.fullmatch(template)
    return found[1] if found else ""
