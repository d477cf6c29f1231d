"""Which column of an uploaded table names the customers, and what it holds: found by its heading or by its cells."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from backoffice.audiences.list_models import ListRun
from backoffice.customers.columns import customer_columns
from backoffice.customers.models import Customer
from backoffice.customers.resources import column_of, identity
from backoffice.lib.files.confirmed import Reading, guess, remembered_columns
from backoffice.lib.files.look import Look
from backoffice.lib.files.shape import digest_of
from backoffice.lib.phones import normalise
from backoffice.lib.spreadsheets import UnreadableTable

Identity = ListRun.Identity
# A column is believed to hold what more than half of its cells are.
BELIEVED = 0.5
SHORTEST_NUMBER = 7


@dataclass(frozen=True)
class Column:
    """The column that names customers, counted from 0; whether the first row is its heading."""

    index: int
    identity: str
    has_heading: bool


def examine(run: ListRun, asked: dict[str, Any] | None = None) -> None:
    """Keeps with a run how its file is read, and which column probably names the customers.

    :param asked: what somebody has chosen of the shape of the file; the rest is guessed.
    :raises UnreadableTable: if it is no table, or nothing is in it.
    """
    path, columns = Path(run.file.path), customer_columns()
    reading, look = guess(path, columns, asked)
    rows = looked_at(look)
    if not rows:
        raise UnreadableTable(lambda: _("The file is empty."))
    column = column_in(rows)
    if look.heading and not column.has_heading and "heading_row" not in (asked or {}):
        reading, look = guess(path, columns, (asked or {}) | {"heading_row": 0})
    run.headings_digest = digest_of(look.heading)
    index, identity = _remembered(run, len(rows[0])) or (column.index, column.identity)
    choose(run, reading, index, identity, len(rows[0]))
    run.save()


def choose(run: ListRun, reading: Reading, index: int, identity: str, width: int) -> None:
    """Notes in a run which column names the customers, and by what."""
    reading.columns = [identity if place == index else None for place in range(width)]
    run.reading, run.column, run.identity = reading.to_json(), index, identity
    run.has_heading = bool(reading.shape.heading_row)


def reading_of(run: ListRun) -> Reading:
    """How the file of a run is read; guessed, but for its heading, for one that nobody has looked at."""
    if run.reading:
        return Reading.from_json(run.reading)
    asked = {"heading_row": int(run.has_heading)}
    return guess(Path(run.file.path), customer_columns(), asked, is_short=True)[0]


def looked_at(look: Look) -> list[list[str]]:
    """The headings, if there are any, and the first rows, all equally long."""
    rows = [[cell.strip() for cell in row] for row in ([look.heading] if look.heading else [])]
    rows += [[cell.strip() for cell in cells] for _number, cells in look.rows]
    width = max(map(len, rows), default=0)
    return [[*row, *[""] * (width - len(row))] for row in rows]


def _remembered(run: ListRun, width: int) -> tuple[int, str] | None:
    """Column and kind of the last file with these headings that somebody started."""
    found = next(((index, name) for index, name in enumerate(remembered_columns(run, width)) if name), None)
    return found if found and found[1] in Identity.values else None


def column_in(rows: Sequence[Sequence[str]]) -> Column:
    """The likeliest column. What is found in the database counts for more than what merely looks like a number."""
    headings = [column_of(title) for title in rows[0]]
    columns = list(zip(*rows, strict=True))
    known = _known_ids({cell for column in columns for cell in column})
    shares = [(_share(column, known.__contains__), _share(column, _is_phone)) for column in columns]
    by_ids = max(range(len(columns)), key=lambda index: shares[index][0])
    by_phones = max(range(len(columns)), key=lambda index: shares[index][1])
    if shares[by_ids][0] > BELIEVED:
        index, identity = by_ids, Identity.EXTERNAL_ID
    elif shares[by_phones][1] > BELIEVED:
        index, identity = by_phones, Identity.PHONE
    elif "phone" in headings:
        index, identity = headings.index("phone"), Identity.PHONE
    elif "external_id" in headings:
        index, identity = headings.index("external_id"), Identity.EXTERNAL_ID
    else:
        index, identity = by_phones, Identity.PHONE
    return Column(index, identity, _is_heading(rows[0][index], identity))


def recognised(rows: Sequence[Sequence[str]], column: Column) -> tuple[int, int]:
    """How many of some rows name a customer whom we know, and how many rows have anything in the column."""
    cells = [row[column.index] for row in rows if column.index < len(row) and row[column.index]]
    if column.identity == Identity.EXTERNAL_ID:
        known = _known_ids(set(cells))
        return sum(1 for cell in cells if cell in known), len(cells)
    numbers = [number for number in map(_number, cells) if number]
    known = set(Customer.objects.filter(phone__in=numbers).order_by().values_list("phone", flat=True))
    return sum(1 for number in numbers if number in known), len(cells)


def table_of(pasted: str) -> str:
    """What somebody pasted, as CSV: a table copied from an office program, or numbers however they are separated."""
    lines = pasted.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if "\t" in pasted:
        rows = [line.split("\t") for line in lines]
    else:
        rows = [[piece.strip()] for line in lines for piece in line.replace(";", ",").split(",")]
    text = StringIO()
    # The tab keeps a number like "8,916" whole when the file is read again.
    csv.writer(text, delimiter="\t").writerows(row for row in rows if any(cell.strip() for cell in row))
    return text.getvalue()


def _share(cells: Sequence[str], holds: Callable[[str], bool]) -> float:
    """How much of a column holds something; its first cell may be a heading and counts for nothing."""
    filled = [cell for cell in cells if cell]
    body = filled[1:] or filled
    return sum(1 for cell in body if holds(cell)) / len(body) if body else 0.0


def _known_ids(cells: set[str]) -> set[str]:
    """The cells that hold the number in the CRM of a customer whom we know."""
    ids = {cell: _identity(cell) for cell in cells}
    known = set(
        Customer.objects.filter(external_id__in=set(ids.values()))
        .order_by()
        .values_list("external_id", flat=True)
    )
    return {cell for cell, found in ids.items() if found in known}


def _identity(cell: str) -> str:
    """The number in the CRM in a cell, or nothing."""
    try:
        return identity(cell)
    except ValueError:
        return ""


def _number(cell: str) -> str:
    """The phone number in a cell, or nothing."""
    try:
        return normalise(cell, settings.DEFAULT_REGION)
    except ValueError:
        return ""


def _is_phone(cell: str) -> bool:
    # Most cells of a wide table are no numbers; telling so by their digits is a hundred times quicker.
    return sum(map(str.isdigit, cell)) >= SHORTEST_NUMBER and bool(_number(cell))


def _is_heading(cell: str, identity: str) -> bool:
    """A heading of ours, or words where numbers are expected. A broken number is none: it must be reported."""
    if column_of(cell):
        return True
    return identity == Identity.PHONE and not any(letter.isdigit() for letter in cell)
