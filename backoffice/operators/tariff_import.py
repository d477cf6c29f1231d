"""A file of prices: read, checked against what is there, and taken over as a whole or not at all.

Such files are made by hand and hold some thousands of rows, so they are read twice: once to be looked at, once to be saved.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.lib.files.confirmed import Reading, check_columns, guess
from backoffice.lib.files.problems import Problem
from backoffice.lib.files.reading import read as read_rows
from backoffice.lib.files.sentences import of_row
from backoffice.lib.numbers import plain_price
from backoffice.lib.said import refusal
from backoffice.lib.spreadsheets import UnreadableTable
from backoffice.operators.models import Operator, Tariff
from backoffice.operators.tariff_checks import Finding, Price, errors, two_networks, warnings
from backoffice.operators.tariff_resource import cleaners, tariff_columns
from backoffice.operators.tariff_values import check_currency

ROWS_AT_MOST = 50_000


@dataclass
class Bad:
    """A row that cannot be taken over, and what is wrong with it."""

    row: int
    sentence: str
    cells: list[str] = field(default_factory=list)


@dataclass
class Sheet:
    """What a file would do. With bad rows it can do nothing; with warnings a person has to confirm.

    ``doubled`` are rows that say once more what an earlier one said; ``networks`` the code beside each operator's prefix.
    """

    prices: dict[Operator, list[Price]]
    bad: list[Bad]
    warnings: list[Finding]
    read: int
    doubled: list[int] = field(default_factory=list)
    seen: set[tuple[int, Any]] = field(default_factory=set)
    networks: dict[tuple[int, str], tuple[int, str]] = field(default_factory=dict)


@dataclass
class Taken:
    """What was saved, in prices."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0


def read(path: Path, operator: Operator | None, reading: Reading | None = None) -> Sheet:
    """Reads and checks a file. ``operator`` is whose prices they are where the file has no column that says it.

    :raises UnreadableTable: if it can be no file of prices.
    """
    reading, known = reading or guess(path, tariff_columns())[0], cleaners()
    check_columns(partial(tariff_columns, needs_operator=operator is None), reading)
    cells = [(index, name, known[name]) for index, name in enumerate(reading.columns) if name]
    sheet = Sheet(defaultdict(list), [], [], 0)
    for number, row, problem, _lines in read_rows(path, reading.shape):
        sheet.read += 1
        if sheet.read > ROWS_AT_MOST:
            raise UnreadableTable(lambda: _("The file has more than 50 000 rows. Cut it in pieces."))
        if problem is not None:
            sheet.bad.append(Bad(number, of_row(number, *problem), row))
            continue
        _take_row(sheet, cells, number, row, operator)
    for owner, prices in sheet.prices.items():
        _check(sheet, owner, prices)
    sheet.bad.sort(key=lambda bad: bad.row)
    return sheet


def check_reading(reading: Reading, operator: Operator | None) -> None:
    """Refuses at once what no choice of columns can mend.

    :raises UnreadableTable: with a sentence that says what to do.
    """
    if operator is None and "operator" not in reading.columns:
        raise UnreadableTable(
            lambda: _("The file has no column that is headed operator. Choose whose prices they are.")
        )
    if reading.account.rows > ROWS_AT_MOST:
        raise UnreadableTable(lambda: _("The file has more than 50 000 rows. Cut it in pieces."))


def offered_prices(path: Path) -> dict[str, Decimal]:
    """Prefix and price of a file that nobody has signed yet: days and operator in it do not matter.

    :raises UnreadableTable: if it can be no file of prices, or a row of it cannot be read.
    """
    reading, known = guess(path, tariff_columns(), is_short=True)[0], cleaners()
    check_columns(partial(tariff_columns, is_offer=True), reading)
    prices: dict[str, Decimal] = {}
    for number, row, problem, _lines in read_rows(path, reading.shape):
        cells = {name: row[index] for index, name in enumerate(reading.columns) if name and index < len(row)}
        clean = partial(_offered, number, cells, problem, known)
        try:
            prefix, price = clean()
        except ValueError as error:
            raise UnreadableTable(partial(_bad_row, number, clean)) from error
        prices[prefix] = price
    return prices


def _offered(
    number: int, cells: dict[str, str], problem: Problem | None, known: Mapping[str, Any]
) -> tuple[str, Decimal]:
    """Prefix and price of a row. Raises ValueError with a sentence."""
    if problem is not None:
        raise ValueError(of_row(number, *problem))
    prefix = known["prefix"](cells.get("prefix", "").strip())
    return prefix, known["price_per_part"](cells.get("price_per_part", ""))


def _bad_row(number: int, clean: Callable[[], object]) -> str:
    return _("Row %(row)d: %(why)s") % {"row": number, "why": refusal(clean)}


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
        yield [operator, prefix, plain_price(price), begins, ends]


def _take_row(
    sheet: Sheet,
    cells: Sequence[tuple[int, str, Callable[[str], Any]]],
    number: int,
    row: list[str],
    operator: Operator | None,
) -> None:
    values: dict[str, Any] = {"operator": operator, "valid_to": None, "currency": "", "network": ""}
    wrong = []
    # The price last: its currency is the operator's, whichever column comes first.
    for index, name, clean in sorted(cells, key=lambda cell: cell[1] == "price_per_part"):
        owner = values["operator"]
        known = {"currency": owner.currency} if owner and name == "price_per_part" else {}
        try:
            values[name] = clean(row[index].strip() if index < len(row) else "", **known)
        except ValueError as error:
            wrong.append(f"{name}: {error}")
    if not wrong:
        wrong = _beside(sheet, values, number)
    if wrong:
        sheet.bad.append(Bad(number, " ".join(wrong), row))
        return
    price = Price(
        values["prefix"], values["price_per_part"], values["valid_from"], values["valid_to"], number
    )
    place = values["operator"].pk, price.said
    if place in sheet.seen:
        sheet.doubled.append(number)
        return
    sheet.seen.add(place)
    sheet.prices[values["operator"]].append(price)


def _beside(sheet: Sheet, values: Mapping[str, Any], number: int) -> list[str]:
    """What the columns beside a price say against it: another currency, or a second network under its prefix."""
    try:
        check_currency(values["currency"], values["operator"].currency)
    except ValueError as error:
        return [f"currency: {error}"]
    if not (network := values["network"].casefold()):
        return []
    first, before = sheet.networks.setdefault((values["operator"].pk, values["prefix"]), (number, network))
    return [] if before == network else [two_networks(values["prefix"], first)]


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
