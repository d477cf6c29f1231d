"""What a text consists of once it is read: words, merge fields, and phrases that only some customers get.

Each piece gives its text twice, as SQL and for one customer in memory.
"""

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from backoffice.message_templates.facts import MailingFacts
from backoffice.message_templates.fields import Field, Recipient, Sql
from backoffice.message_templates.formats import Kind
from backoffice.message_templates.plurals import fitting, fitting_sql

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

    def sql(self, alias: str, facts: MailingFacts | None) -> Sql:
        found = self.value_sql(alias, facts)
        return Sql(f"COALESCE({found.text}, %s::text)", (*found.values, self.default))

    def value(self, recipient: Recipient) -> str | None:
        """The same as :meth:`value_sql` for one customer."""
        if not self.forms:
            return self.field.value(recipient, self.format_name)
        number = self.field.number(recipient, self.format_name)
        return None if number is None else fitting(self.forms, number)

    def text(self, recipient: Recipient) -> str:
        return self.value(recipient) or self.default


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

    def sql(self, alias: str, facts: MailingFacts | None) -> Sql:
        parts = [
            self.condition.sql(alias, facts),
            joined_sql(self.shown, alias, facts),
            joined_sql(self.otherwise, alias, facts),
        ]
        whether, shown, otherwise = (part.text for part in parts)
        values = tuple(value for part in parts for value in part.values)
        return Sql(f"CASE WHEN {whether} THEN {shown} ELSE {otherwise} END", values)

    def text(self, recipient: Recipient) -> str:
        return joined(self.shown if self.condition.holds(recipient) else self.otherwise, recipient)


Piece = str | Merged | Phrase


def joined(pieces: Iterable[Piece], recipient: Recipient) -> str:
    """The text of some pieces for one customer."""
    return "".join(piece if isinstance(piece, str) else piece.text(recipient) for piece in pieces)


def joined_sql(pieces: Iterable[Piece], alias: str, facts: MailingFacts | None) -> Sql:
    """The same as one SQL expression."""
    terms = [
        Sql("%s::text", (piece,)) if isinstance(piece, str) else piece.sql(alias, facts) for piece in pieces
    ]
    text = " || ".join(term.text for term in terms) or "''::text"
    return Sql(f"({text})", tuple(value for term in terms for value in term.values))
