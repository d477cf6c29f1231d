"""A file of prices: read, checked against what is there, and taken over as a whole or not at all.

Such files are made by hand and hold some thousands of rows, so they are read twice: once to be looked at, once to be saved.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.lib.spreadsheets import UnreadableTable, plain_cell, rows_of
from backoffice.operators.models import Operator, Tariff
from backoffice.operators.tariff_checks import Finding, Price, errors, warnings
from backoffice.operators.tariff_resource import cleaners, column_of

ROWS_AT_MOST = 50_000
NEEDED = ("prefix", "price_per_part", "valid_from")


@dataclass
class Bad:
    """A row that cannot be taken over, and what is wrong with it."""

    row: int
    sentence: str
    cells: list[str] = field(default_factory=list)


@dataclass
class Sheet:
    """What a file would do. With bad rows it can do nothing; with warnings a person has to confirm."""

    prices: dict[Operator, list[Price]]
    bad: list[Bad]
    warnings: list[Finding]
    read: int


@dataclass
class Taken:
    """What was saved, in prices."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0


def read(path: Path, operator: Operator | None) -> Sheet:
    """Reads and checks a file. ``operator`` is whose prices they are where the file has no column that says it.

    :raises UnreadableTable: if it can be no file of prices.
    """
    rows = rows_of(path)
    columns, known = _columns(next(rows), operator), cleaners()
    cells = [(index, name, known[name]) for index, name in enumerate(columns) if name]
    sheet = Sheet(defaultdict(list), [], [], 0)
    for number, row in enumerate(rows, start=2):
        if not any(row):
            continue
        sheet.read += 1
        if sheet.read > ROWS_AT_MOST:
            raise UnreadableTable(_("The file has more than 50 000 rows. Cut it in pieces."))
        _take_row(sheet, cells, number, row, operator)
    for owner, prices in sheet.prices.items():
        _check(sheet, owner, prices)
    sheet.bad.sort(key=lambda bad: bad.row)
    return sheet


def offered_prices(path: Path) -> dict[str, Decimal]:
    """Prefix and price of a file that nobody has signed yet: days and operator in it do not matter.

    :raises UnreadableTable: if it can be no file of prices, or a row of it cannot be read.
    """
    rows = rows_of(path)
    columns, known = _named(next(rows), ("prefix", "price_per_part")), cleaners()
    prices: dict[str, Decimal] = {}
    for number, row in enumerate(rows, start=2):
        cells = {name: row[index] for index, name in enumerate(columns) if name and index < len(row)}
        if not any(row):
            continue
        try:
            prefix = known["prefix"](plain_cell(cells.get("prefix", "").strip()))
            prices[prefix] = known["price_per_part"](cells.get("price_per_part", ""))
        except ValueError as error:
            raise UnreadableTable(_("Row %(row)d: %(why)s") % {"row": number, "why": error}) from error
    return prices


@transaction.atomic
def take_over(sheet: Sheet) -> Taken:
    """Saves the prices of a file that has no bad rows: a price of the same prefix and first day is changed."""
    taken = Taken()
    for operator, prices in sheet.prices.items():
        present = {(one.prefix, one.valid_from): one for one in operator.tariffs.select_for_update()}
        new, changed = [], []
        for price in prices:
            values = {"price_per_part": price.price, "valid_to": price.ends}
            tariff = present.get((price.prefix, price.begins))
            if tariff is None:
                new.append(Tariff(operator=operator, prefix=price.prefix, valid_from=price.begins, **values))
            elif any(getattr(tariff, name) != value for name, value in values.items()):
                for name, value in values.items():
                    setattr(tariff, name, value)
                changed.append(tariff)
            else:
                taken.unchanged += 1
        Tariff.objects.bulk_create(new)
        Tariff.objects.bulk_update(changed, ["price_per_part", "valid_to"])
        taken.added, taken.changed = taken.added + len(new), taken.changed + len(changed)
    return taken


def export_rows(tariffs: Any) -> Iterator[list[Any]]:
    """The prices as rows of a file that can be uploaded again."""
    values = tariffs.values_list("operator__name", "prefix", "price_per_part", "valid_from", "valid_to")
    for operator, prefix, price, begins, ends in values:
        yield [operator, prefix, price, _iso(begins), _iso(ends)]


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _columns(heading: Sequence[str], operator: Operator | None) -> list[str | None]:
    columns = _named(heading, NEEDED)
    if "operator" not in columns and operator is None:
        raise UnreadableTable(
            _("The file has no column that is headed operator. Choose whose prices they are.")
        )
    return columns


def _named(heading: Sequence[str], needed: Sequence[str]) -> list[str | None]:
    columns = [column_of(title) for title in heading]
    if missing := [name for name in needed if name not in columns]:
        raise UnreadableTable(
            _("These columns are missing: %(names)s. The first row has to name them.")
            % {"names": ", ".join(missing)}
        )
    return columns


def _take_row(
    sheet: Sheet,
    cells: Sequence[tuple[int, str, Callable[[str], Any]]],
    number: int,
    row: list[str],
    operator: Operator | None,
) -> None:
    values: dict[str, Any] = {"operator": operator, "valid_to": None}
    for index, name, clean in cells:
        cell = plain_cell(row[index].strip()) if index < len(row) else ""
        try:
            values[name] = clean(cell)
        except ValueError as error:
            sheet.bad.append(Bad(number, f"{name}: {error}", row))
            return
    price = Price(
        values["prefix"], values["price_per_part"], values["valid_from"], values["valid_to"], number
    )
    sheet.prices[values["operator"]].append(price)


def _check(sheet: Sheet, operator: Operator, prices: list[Price]) -> None:
    """Compares the prices of a file with each other, and with those it leaves as they are."""
    replaced = {(price.prefix, price.begins) for price in prices}
    rows = operator.tariffs.values_list("prefix", "price_per_part", "valid_from", "valid_to")
    kept = [Price(*row) for row in rows if (row[0], row[2]) not in replaced]
    found = errors([*kept, *prices])
    sheet.bad += [Bad(finding.price.row or _row_of(finding, prices), finding.sentence) for finding in found]
    if not found:
        sheet.warnings += warnings([*kept, *prices], {price.prefix for price in prices})


def _row_of(finding: Finding, prices: Sequence[Price]) -> int:
    """The row that brought a price into conflict which stood there before."""
    return next(price.row or 0 for price in prices if price.prefix == finding.price.prefix)
