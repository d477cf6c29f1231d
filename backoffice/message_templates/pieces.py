"""What a text consists of once it is read: words, merge fields, and phrases that only some customers get.

Each piece gives its text twice, as SQL and for one customer in memory.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from backoffice.message_templates.facts import MailingFacts
from backoffice.message_templates.fields import Field, Recipient, Sql
from backoffice.message_templates.formats import Kind
from backoffice.message_templates.links import without_marks
from backoffice.message_templates.plurals import fitting, fitting_sql
from kannel.text import GSM_CODING, coding_of
from kannel.text_form import plain_value

SIGNS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_NUMBERS = (Kind.NUMBER, Kind.MONEY)


@dataclass(frozen=True)
class Merged:
    """One merge field of a text. With ``forms`` it gives the one that fits its number, not the number itself."""

    field: Field
    format_name: str = ""
    default: str = ""
    forms: tuple[str, ...] = ()

    def value_sql(self, alias: str, facts: MailingFacts | None) -> Sql:
        """What stands there; NULL where the customer has no value."""
        if self.forms:
            return fitting_sql(self.forms, self.field.number_sql(alias, self.format_name, facts))
        return self.field.sql(alias, self.format_name, facts)

    def sql(self, alias: str, facts: MailingFacts | None, *, is_plain: bool) -> Sql:
        """``is_plain``: the words around it are GSM 03.38, so that its signs are made plain, too."""
        found = self.value_sql(alias, facts)
        text = f"parley_plain({found.text})" if is_plain and self.is_words else found.text
        return Sql(f"COALESCE({text}, %s::text)", (*found.values, self.default))

    def value(self, recipient: Recipient) -> str | None:
        """The same as :meth:`value_sql` for one customer."""
        if not self.forms:
            return self.field.value(recipient, self.format_name)
        number = self.field.number(recipient, self.format_name)
        return None if number is None else fitting(self.forms, number)

    @property
    def is_words(self) -> bool:
        """Whether its values are words: all others are written in digits, or in the words of their format."""
        return self.field.kind is Kind.TEXT and not self.forms

    def text(self, recipient: Recipient, *, is_plain: bool) -> str:
        """The same as :meth:`sql` for one customer."""
        value = self.value(recipient) or ""
        return (plain_value(value) if is_plain and self.is_words else value) or self.default


@dataclass(frozen=True)
class Condition:
    """Whether a customer has a value, or one that compares so with ``wanted``. Nobody without a value meets a comparison.

    Zero counts as no value: nobody wants to be told that they have 0 points.
    """

    field: Field
    format_name: str = ""
    sign: str = ""
    wanted: str | Decimal | date | None = None

    @property
    def is_of_numbers(self) -> bool:
        """Whether numbers are compared: those of the field, or those that its format makes of it."""
        return bool(self.format_name) or self.field.kind in _NUMBERS

    def sql(self, alias: str, facts: MailingFacts | None) -> Sql:
        """True for those who meet it; false or NULL for the others."""
        value = self._value_sql(alias, facts)
        if self.sign:
            kind = "numeric" if self.is_of_numbers else self.field.kind.value
            return Sql(f"({value.text}) {self.sign} %s::{kind}", (*value.values, str(self.wanted)))
        return Sql(f"({value.text}) {'<> 0' if self.is_of_numbers else 'IS NOT NULL'}", value.values)

    def _value_sql(self, alias: str, facts: MailingFacts | None) -> Sql:
        if self.format_name:
            return self.field.number_sql(alias, self.format_name, facts)
        if self.field.kind is Kind.TEXT:
            return self.field.sql(alias, "", facts)
        return self.field.raw_sql(alias, facts)

    def holds(self, recipient: Recipient) -> bool:
        """The same for one customer."""
        value = self._value(recipient)
        if value is None:
            return False
        return SIGNS[self.sign](value, self.wanted) if self.sign else not self.is_of_numbers or value != 0

    def _value(self, recipient: Recipient) -> Any:
        if self.format_name:
            return self.field.number(recipient, self.format_name)
        if self.field.kind is Kind.TEXT:
            return self.field.value(recipient, "")
        return self.field.source.value(recipient)


@dataclass(frozen=True)
class Phrase:
    """Words and fields for those who meet a condition, and others, or nothing, for everybody else. Phrases do not nest."""

    condition: Condition
    shown: "tuple[str | Merged, ...]"
    otherwise: "tuple[str | Merged, ...]" = ()

    def sql(self, alias: str, facts: MailingFacts | None, *, is_plain: bool) -> Sql:
        parts = [
            self.condition.sql(alias, facts),
            joined_sql(self.shown, alias, facts, is_plain=is_plain),
            joined_sql(self.otherwise, alias, facts, is_plain=is_plain),
        ]
        whether, shown, otherwise = (part.text for part in parts)
        values = tuple(value for part in parts for value in part.values)
        return Sql(f"CASE WHEN {whether} THEN {shown} ELSE {otherwise} END", values)

    def text(self, recipient: Recipient, *, is_plain: bool) -> str:
        chosen = self.shown if self.condition.holds(recipient) else self.otherwise
        return joined(chosen, recipient, is_plain=is_plain)


Piece = str | Merged | Phrase


def joined(pieces: Sequence[Piece], recipient: Recipient, *, is_plain: bool = True) -> str:
    """The text of some pieces for one customer. ``is_plain``: what stands around them is GSM 03.38."""
    is_plain = is_plain and _are_plain(pieces)
    return "".join(
        piece if isinstance(piece, str) else piece.text(recipient, is_plain=is_plain) for piece in pieces
    )


def joined_sql(
    pieces: Sequence[Piece], alias: str, facts: MailingFacts | None, *, is_plain: bool = True
) -> Sql:
    """The same as one SQL expression."""
    is_plain = is_plain and _are_plain(pieces)
    terms = [
        Sql("%s::text", (piece,)) if isinstance(piece, str) else piece.sql(alias, facts, is_plain=is_plain)
        for piece in pieces
    ]
    text = " || ".join(term.text for term in terms) or "''::text"
    return Sql(f"({text})", tuple(value for term in terms for value in term.values))


def _are_plain(pieces: Sequence[Piece]) -> bool:
    """Whether the words among the pieces, those within phrases left aside, are GSM 03.38."""
    words = "".join(piece for piece in pieces if isinstance(piece, str))
    return coding_of(without_marks(words)) == GSM_CODING
