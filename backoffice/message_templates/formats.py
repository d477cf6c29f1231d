"""How values are written in texts.

Each format exists twice, as SQL for planning millions of texts in one statement and as Python for the editor's preview.
A property test holds the two together.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from enum import Enum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kannel.text_form import folded

MONTHS_EN = "January February March April May June July August September October November December".split()
MONTHS_RU = "января февраля марта апреля мая июня июля августа сентября октября ноября декабря".split()
WEEKDAYS_EN = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
WEEKDAYS_RU = "понедельник вторник среда четверг пятница суббота воскресенье".split()


class Kind(Enum):
    """What a field holds. Formats and comparisons depend on it."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"


@dataclass(frozen=True)
class Format:
    """One way to write a value.

    ``sql`` holds {column} once, and {day} where it counts from the first day of the mailing. ``python`` gets the value
    and that day. Both give the same text; where ``is_whole`` they give a whole number, which is written in digits.
    """

    label: str | Promise
    sql: str
    python: Callable[[Any, date], Any]
    is_whole: bool = False


def _folded(value: str, day: date) -> str:
    return folded(value)


def _integer(value: Decimal | int, day: date) -> int:
    return int(value)


def _without_cents(value: Decimal | int, day: date) -> int:
    return int(Decimal(value).to_integral_value(ROUND_DOWN))


def _grouped(value: Decimal | int, day: date) -> str:
    return f"{_without_cents(value, day):,}"


def _money(value: Decimal | int, day: date) -> str:
    return f"{Decimal(value):.2f}".removesuffix(".00")


def _grouped_money(value: Decimal | int, day: date) -> str:
    return f"{Decimal(value):,.2f}".removesuffix(".00")


def _short_day(value: date, day: date) -> str:
    return f"{value.day:02d}.{value.month:02d}"


def _date(value: date, day: date) -> str:
    return f"{_short_day(value, day)}.{value.year:04d}"


def _iso_date(value: date, day: date) -> str:
    return f"{value.year:04d}-{value.month:02d}-{value.day:02d}"


def _days_until(value: date, day: date) -> int:
    return (value - day).days


def _array(words: list[str]) -> str:
    return "(ARRAY[" + ", ".join(f"'{word}'" for word in words) + "])"


def _from_value(expression: str) -> str:
    """SQL that names its value v more than once. OFFSET 0 keeps PostgreSQL from computing it again for each name."""
    return f"(SELECT {expression} FROM (SELECT {{column}} AS v OFFSET 0) AS one)"


def _in_words(label: str | Promise, months: list[str], *, has_year: bool) -> Format:
    year = " || TO_CHAR(v, ' YYYY')" if has_year else ""

    def written(value: date, day: date) -> str:
        return f"{value.day} {months[value.month - 1]}" + (f" {value.year:04d}" if has_year else "")

    name = f"{_array(months)}[EXTRACT(MONTH FROM v)::integer]"
    return Format(label, _from_value(f"TO_CHAR(v, 'FMDD') || ' ' || {name}{year}"), written)


def _weekday(label: str | Promise, names: list[str]) -> Format:
    return Format(
        label,
        f"{_array(names)}[EXTRACT(ISODOW FROM {{column}})::integer]",
        lambda value, day: names[value.weekday()],
    )


# The formats named "" are what a field without a format gives. No-break spaces between thousands would force UCS-2.
_THOUSANDS = "TO_CHAR(TRUNC({column}::numeric), 'FM999,999,999,999,990')"
_CENTS = r"REGEXP_REPLACE({column}::numeric(14,2)::text, '\.00$', '')"
_THOUSANDS_AND_CENTS = (
    r"REGEXP_REPLACE(TO_CHAR({column}::numeric(14,2), 'FM999,999,999,999,990.00'), '\.00$', '')"
)
_TO_RUSSIAN = str.maketrans(",.", " ,")

TEXT: Mapping[str, Format] = {
    "": Format(_("as it is"), "NULLIF(parley_folded({column}), '')", _folded),
}
NUMBER: Mapping[str, Format] = {
    "": Format("12500", "{column}", _integer, is_whole=True),
    "ru": Format(
        "12 500", f"REPLACE({_THOUSANDS}, ',', ' ')", lambda v, day: _grouped(v, day).replace(",", " ")
    ),
    "en": Format("12,500", _THOUSANDS, _grouped),
}
MONEY: Mapping[str, Format] = {
    "": Format("1499.90", _CENTS, _money),
    "comma": Format(
        "1499,90", f"REPLACE({_CENTS}, '.', ',')", lambda v, day: _money(v, day).replace(".", ",")
    ),
    "whole": Format("1499", "TRUNC({column})", _without_cents, is_whole=True),
    "ru": Format(
        "1 499,90",
        f"TRANSLATE({_THOUSANDS_AND_CENTS}, ',.', ' ,')",
        lambda v, day: _grouped_money(v, day).translate(_TO_RUSSIAN),
    ),
    "en": Format("1,499.90", _THOUSANDS_AND_CENTS, _grouped_money),
    "whole-ru": Format(
        "1 499", f"REPLACE({_THOUSANDS}, ',', ' ')", lambda v, day: _grouped(v, day).replace(",", " ")
    ),
    "whole-en": Format("1,499", _THOUSANDS, _grouped),
}
DATE: Mapping[str, Format] = {
    "": Format("31.12.2026", "TO_CHAR({column}, 'DD.MM.YYYY')", _date),
    "day": Format("31.12", "TO_CHAR({column}, 'DD.MM')", _short_day),
    "iso": Format("2026-12-31", "TO_CHAR({column}, 'YYYY-MM-DD')", _iso_date),
    "ru": _in_words("31 декабря 2026", MONTHS_RU, has_year=True),
    "day-ru": _in_words("31 декабря", MONTHS_RU, has_year=False),
    "weekday-ru": _weekday("четверг", WEEKDAYS_RU),
    "en": _in_words("31 December 2026", MONTHS_EN, has_year=True),
    "day-en": _in_words("31 December", MONTHS_EN, has_year=False),
    "weekday-en": _weekday("Thursday", WEEKDAYS_EN),
    "days": Format(_("days from the start of the mailing"), "({column} - {day})", _days_until, is_whole=True),
}

FORMATS: Mapping[Kind, Mapping[str, Format]] = {
    Kind.TEXT: TEXT,
    Kind.NUMBER: NUMBER,
    Kind.MONEY: MONEY,
    Kind.DATE: DATE,
}
