"""Rows of an Excel workbook: of a sheet that fits into memory at once, of any other row by row."""

import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from backoffice.lib.files.gate import CELL_CHARACTERS_AT_MOST, CELLS_AT_ONCE, COLUMNS_AT_MOST, check_packed
from backoffice.lib.files.problems import FileProblem, Problem, Row
from backoffice.lib.files.quoting import plain_cell

CHUNK_BYTES = 1 << 20
# A reference such as XFD1048576 in the first bytes of a cell's tag.
_CELL = re.compile(rb"<(?:\w+:)?c\s[^>]{0,200}?\br=[\"']([A-Z]{1,3})(\d{1,7})[\"']")
_CARRIED_BYTES = 300
# A cell further down than this below all others is one that somebody has left there.
BLANK_ROWS_AT_MOST = 100_000
_Filled = tuple[int, list[str]]
_OF_NO_TABLE = (CalamineError, PasswordError, OSError, KeyError, ValueError, zipfile.BadZipFile)


class Sheet(NamedTuple):
    """A sheet of a workbook, and whether people see it."""

    name: str
    is_visible: bool


def sheets_of(path: Path) -> list[Sheet]:
    """The sheets that hold cells, in their order.

    :raises FileProblem: if the file is no workbook, or one that nobody may read without a password.
    """
    check_packed(path)
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            found = [
                Sheet(one.name, one.visible == SheetVisibleEnum.Visible)
                for one in book.sheets_metadata
                if one.typ == SheetTypeEnum.WorkSheet
            ]
    except _OF_NO_TABLE as error:
        raise FileProblem("no_workbook") from error
    if not found:
        raise FileProblem("empty")
    return found


def guess_sheet(sheets: list[Sheet]) -> str:
    """The first sheet that people see."""
    return next((one.name for one in sheets if one.is_visible), sheets[0].name)


def rows_of(path: Path, sheet: str, heading_row: int) -> Iterator[Row]:
    """Every row up to the last one with something in it; blank ones too.

    :raises FileProblem: if a cell with something in it stands further right than the gate allows.
    """
    check_packed(path)
    try:
        reads_at_once = _extent(path, sheet) <= CELLS_AT_ONCE
        rows = _at_once(path, sheet) if reads_at_once else _one_by_one(path, sheet)
        yield from _numbered(rows, heading_row)
    except _OF_NO_TABLE as error:
        raise FileProblem("no_workbook") from error


def _extent(path: Path, sheet: str) -> int:
    """How many cells lie between the first and the last one of a sheet, empty ones too: what a table in memory would take."""
    right = low = cells = 0
    with zipfile.ZipFile(path) as archive, archive.open(_part_of(path, sheet)) as part:
        carried = b""
        while chunk := part.read(CHUNK_BYTES):
            for found in _CELL.finditer(carried + chunk):
                right, low, cells = max(right, _column(found[1])), max(low, int(found[2])), cells + 1
            carried = chunk[-_CARRIED_BYTES:]
    return max(right * low, cells)


def _part_of(path: Path, sheet: str) -> str:
    book = _opened(path)
    try:
        return str(book[sheet]._worksheet_path)
    finally:
        book.close()


def _opened(path: Path, **options: bool) -> Any:
    # It brings numpy: 0.2 s of each process that reads no workbook.
    from openpyxl import load_workbook

    return load_workbook(path, read_only=True, **options)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _at_once(path: Path, sheet: str) -> Iterator[_Filled]:
    with CalamineWorkbook.from_path(str(path)) as book:
        table = book.get_sheet_by_name(sheet)
        if table.start is None:
            return
        # iter_rows begins with the first row of the sheet, but with the first column that holds anything.
        for number, row in enumerate(table.iter_rows(), start=1):
            yield number, [*[""] * table.start[1], *(_text(value) for value in row)]


def _one_by_one(path: Path, sheet: str) -> Iterator[_Filled]:
    book = _opened(path, data_only=True)
    try:
        table = book[sheet]
        table.reset_dimensions()
        for number, row in enumerate(table.iter_rows(values_only=True), start=1):
            if row:
                yield number, [_text(value) for value in row]
    finally:
        book.close()


def _numbered(rows: Iterator[_Filled], heading_row: int) -> Iterator[Row]:
    """Rows with the blank ones between them; blank ones at the end of the sheet are none."""
    width, before = 0, 0
    for number, row in rows:
        cells = _without_blank_end(row)
        if not cells:
            continue
        if len(cells) > COLUMNS_AT_MOST:
            raise FileProblem("too_many_columns", COLUMNS_AT_MOST)
        if number - before > BLANK_ROWS_AT_MOST:
            raise FileProblem("far_row", number)
        yield from (Row(blank, []) for blank in range(before + 1, number))
        before = number
        if number == heading_row:
            width = len(cells)
        yield Row(number, _padded(cells, width), _problem(cells, width if number > heading_row > 0 else 0))


def _problem(cells: list[str], width: int) -> Problem | None:
    if any(len(cell) > CELL_CHARACTERS_AT_MOST for cell in cells):
        return Problem("cell_too_long")
    return Problem("too_many_cells", len(cells)) if width and len(cells) > width else None


def _without_blank_end(row: list[str]) -> list[str]:
    end = len(row)
    while end and not row[end - 1]:
        end -= 1
    return list(islice(row, end))


def _padded(cells: list[str], width: int) -> list[str]:
    return cells if len(cells) >= width else [*cells, *[""] * (width - len(cells))]


def _text(value: object) -> str:
    """Excel keeps whole numbers as floats, days as moments, and empty cells as nothing."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, (datetime, date, time, timedelta)):
        return str(value)
    if isinstance(value, float) and "e-" in (written := repr(value)):
        return format(Decimal(written), "f")
    return plain_cell(str(value).strip())
