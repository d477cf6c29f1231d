r"""Texts with merge fields: ``Hello {first_name|default:"customer"}, you owe {debt|whole}``.

Grammar: ``{field}``, ``{field|format}``, ``{field|default:"words"}`` and both; ``{{`` and ``}}`` stand for brackets.
A field that a customer lacks gives its default, or nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from backoffice.message_templates.fields import FIELDS, Field

if TYPE_CHECKING:
    from backoffice.customers.models import Customer

_TOKEN = re.compile(r"\{\{|\}\}|\{|\}")
_IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]*")
_QUOTED = re.compile(
    r"""default\s*:\s*(?P<words>"[^"]*"|'[^']*'|“[^“”]*”|„[^„“”]*[“”]|«[^«»]*»)""", re.IGNORECASE
)


class MergeError(ValueError):
    """A text that cannot be merged. ``sentence`` says what to do, ``position`` is the character where it begins."""

    def __init__(self, sentence: str, position: int) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.position = position

    @property
    def place(self) -> int:
        """The position as people count, from 1."""
        return self.position + 1


@dataclass(frozen=True)
class Merged:
    """One merge field of a text."""

    field: Field
    format_name: str = ""
    default: str = ""


def parse(text: str) -> list[str | Merged]:
    """The pieces of a text: literal words and merge fields, in order.

    :raises MergeError: at the first thing that is wrong.
    """
    pieces: list[str | Merged] = []
    for piece in _pieces(text):
        if isinstance(piece, MergeError):
            raise piece
        pieces.append(piece)
    return pieces


def problems(text: str) -> list[MergeError]:
    """Everything that is wrong in a text, in the order of the text; empty if it can be merged."""
    return [piece for piece in _pieces(text) if isinstance(piece, MergeError)]


def fields_of(text: str) -> list[str]:
    """Names of the merge fields of a text, each once, in the order of the text."""
    names = (piece.field.name for piece in parse(text) if isinstance(piece, Merged))
    return list(dict.fromkeys(names))


def compile_sql(text: str, alias: str = "c") -> tuple[str, list[str]]:
    """One SQL expression that gives the merged text for the row of customers_customer named ``alias``.

    Literal words and defaults travel as parameters (``%s``, psycopg2); column names come from FIELDS alone.

    :raises MergeError: where the text cannot be merged.
    """
    if not _IDENTIFIER.fullmatch(alias):
        raise ValueError(f"{alias!r} is no alias of a table.")
    terms: list[str] = []
    parameters: list[str] = []
    for piece in parse(text):
        if isinstance(piece, str):
            terms.append("%s::text")
            parameters.append(piece)
        else:
            terms.append(f"COALESCE({piece.field.sql(alias, piece.format_name)}, %s::text)")
            parameters.append(piece.default)
    return "(" + (" || ".join(terms) or "''::text") + ")", parameters


def render(text: str, customer: "Customer") -> str:
    """The merged text for one customer: exactly what :func:`compile_sql` gives for the saved row.

    :raises MergeError: where the text cannot be merged.
    """
    return "".join(
        piece if isinstance(piece, str) else piece.field.value(customer, piece.format_name) or piece.default
        for piece in parse(text)
    )


def _pieces(text: str) -> Iterator[str | Merged | MergeError]:
    literal: list[str] = []
    position = 0
    while token := _TOKEN.search(text, position):
        literal.append(text[position : token.start()])
        position = token.end()
        if token[0] in ("{{", "}}"):
            literal.append(token[0][0])
            continue
        if token[0] == "}":
            yield MergeError(
                _("A field must begin with {. Write }} if you mean the bracket itself."), token.start()
            )
            continue
        if words := "".join(literal):
            yield words
        literal = []
        end = text.find("}", position)
        if end < 0 or "{" in text[position:end]:
            yield MergeError(
                _("This field has no end. Add } after it, or write {{ if you mean the bracket itself."),
                token.start(),
            )
            continue
        yield _field(text[position:end], token.start())
        position = end + 1
    literal.append(text[position:])
    if words := "".join(literal):
        yield words


def _field(inside: str, position: int) -> Merged | MergeError:
    name, *options = (part.strip() for part in inside.split("|"))
    field = FIELDS.get(name.lower())
    if field is None:
        return MergeError(_unknown_field(name), position)
    format_name = default = ""
    for option in options:
        if quoted := _QUOTED.fullmatch(option):
            default = quoted["words"][1:-1]
        elif option and option.lower() in field.formats:
            format_name = option.lower()
        else:
            return MergeError(_unknown_option(field, option), position)
    return Merged(field, format_name, default)


def _unknown_field(name: str) -> str:
    if not name:
        return _("Write the name of a field between the brackets, for example {first_name}.")
    similar = get_close_matches(name.lower(), FIELDS, n=1)
    if similar:
        return _("There is no field {%(name)s}. Did you mean {%(similar)s}?") % {
            "name": name,
            "similar": similar[0],
        }
    return _("There is no field {%(name)s}. Choose one from the buttons below the text.") % {"name": name}


def _unknown_option(field: Field, option: str) -> str:
    if option.lower().startswith("default"):
        return _(
            'Write the words for customers without a value in quotes, without | in them: {%(name)s|default:"customer"}.'
        ) % {"name": field.name}
    known = ", ".join(name for name in field.formats if name)
    if known:
        return _("{%(name)s} cannot be written as “%(option)s”. It knows: %(known)s.") % {
            "name": field.name,
            "option": option,
            "known": known,
        }
    return _("{%(name)s} has no format “%(option)s”. Leave it out.") % {"name": field.name, "option": option}
