"""The merge fields: which facts about a customer a text may contain, and how they are written.

Each format exists twice, as SQL for planning millions of texts in one statement and as Python for the editor's preview.
A property test holds the two together.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# What counts as blank around a value. Named in full, because SQL's BTRIM and Python's strip differ in their defaults.
BLANKS = " \t\r\n"


@dataclass(frozen=True)
class Format:
    """One way to write a value. ``sql`` holds {column} and gives text; ``python`` gives the same text."""

    label: str | Promise
    sql: str
    python: Callable[[Any], str]


@dataclass(frozen=True)
class Field:
    """A fact about a customer. ``name`` is both what editors type and the column of customers_customer."""

    name: str
    label: str | Promise
    formats: Mapping[str, Format]

    def sql(self, alias: str, format_name: str) -> str:
        """Text of this field for the row ``alias``; NULL where the customer has none."""
        return self.formats[format_name].sql.format(column=f'{alias}."{self.name}"')

    def value(self, customer: Any, format_name: str) -> str | None:
        """The same as :meth:`sql` for one customer in memory."""
        raw = getattr(customer, self.name)
        return None if raw is None else self.formats[format_name].python(raw) or None


def _trimmed(value: str) -> str:
    return value.strip(BLANKS)


def _whole(value: Decimal | int) -> str:
    return str(int(value))


def _money(value: Decimal | int, mark: str = ".") -> str:
    whole, cents = f"{Decimal(value):.2f}".split(".")
    return whole if cents == "00" else f"{whole}{mark}{cents}"


def _round_down(value: Decimal | int) -> str:
    return str(int(Decimal(value).to_integral_value(ROUND_DOWN)))


def _day(value: date) -> str:
    return f"{value.day:02d}.{value.month:02d}"


def _date(value: date) -> str:
    return f"{_day(value)}.{value.year:04d}"


def _iso_date(value: date) -> str:
    return f"{value.year:04d}-{value.month:02d}-{value.day:02d}"


# The formats named "" are what a field without a format gives. No-break spaces between thousands would force UCS-2.
TEXT = {"": Format(_("as it is"), r"NULLIF(BTRIM({column}, E' \t\r\n'), '')", _trimmed)}
NUMBER = {"": Format(_("as it is"), "{column}::text", _whole)}
MONEY = {
    "": Format(_("1499.90"), r"REGEXP_REPLACE({column}::numeric(14,2)::text, '\.00$', '')", _money),
    "comma": Format(
        _("1499,90"),
        r"REPLACE(REGEXP_REPLACE({column}::numeric(14,2)::text, '\.00$', ''), '.', ',')",
        lambda value: _money(value, ","),
    ),
    "whole": Format(_("1499"), "TRUNC({column})::text", _round_down),
}
DATE = {
    "": Format(_("31.12.2026"), "TO_CHAR({column}, 'DD.MM.YYYY')", _date),
    "day": Format(_("31.12"), "TO_CHAR({column}, 'DD.MM')", _day),
    "iso": Format(_("2026-12-31"), "TO_CHAR({column}, 'YYYY-MM-DD')", _iso_date),
}

FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        Field("first_name", _("first name"), TEXT),
        Field("middle_name", _("middle name"), TEXT),
        Field("last_name", _("last name"), TEXT),
        Field("city", _("city"), TEXT),
        Field("tariff", _("tariff"), TEXT),
        Field("segment", _("segment"), TEXT),
        Field("loyalty_tier", _("loyalty level"), TEXT),
        Field("loyalty_points", _("loyalty points"), NUMBER),
        Field("balance", _("balance"), MONEY),
        Field("debt", _("debt"), MONEY),
        Field("average_receipt", _("average receipt"), MONEY),
        Field("purchases_count", _("number of purchases"), NUMBER),
        Field("contract_ends_on", _("end of contract"), DATE),
        Field("last_purchase_on", _("last purchase"), DATE),
        Field("registered_on", _("customer since"), DATE),
        Field("manager", _("manager"), TEXT),
    )
}
