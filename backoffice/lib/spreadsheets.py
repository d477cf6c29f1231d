"""Tables that people download: CSV and XLSX, safe to open. How tables come in is in backoffice.lib.files."""

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

import xlsxwriter

from backoffice.lib.files.quoting import safe_text

PIECE_ROWS = 5000
SHEET_ROWS = 1_048_576


class UnreadableTable(ValueError):
    """The file cannot be read as a table. The text says what to do."""


def safe_cell(value: object) -> object:
    """The value as it may stand in a table for download: texts that an office program would run are quoted."""
    return safe_text(value) if isinstance(value, str) else value


def csv_line(values: list[object]) -> str:
    """One line of a CSV file, safe to open."""
    line = io.StringIO()
    cells = [safe_cell(value) for value in values]
    # A cell of several lines stands in a row that is quoted throughout: then no line of it can pass for a row.
    has_lines = any(isinstance(cell, str) and ("\n" in cell or "\r" in cell) for cell in cells)
    csv.writer(line, quoting=csv.QUOTE_ALL if has_lines else csv.QUOTE_MINIMAL).writerow(cells)
    return line.getvalue()


def csv_pieces(heading: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Pieces of a CSV file, about a page each, with the mark by which Excel knows UTF-8."""
    yield "\ufeff" + csv_line(list(heading))
    lines: list[str] = []
    for row in rows:
        lines.append(csv_line(list(row)))
        if len(lines) == PIECE_ROWS:
            yield "".join(lines)
            lines.clear()
    yield "".join(lines)


def workbook_of(heading: Sequence[Any], rows: Iterable[Sequence[Any]]) -> IO[bytes]:
    """A temporary workbook, at its beginning. What does not fit on a sheet goes on to the next."""
    file = tempfile.TemporaryFile(suffix=".xlsx")  # noqa: SIM115  the response closes it
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(file, options)
    sheet, line = _sheet(book, heading), 1
    for row in rows:
        if line == SHEET_ROWS:
            sheet, line = _sheet(book, heading), 1
        for column, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(line, column, str(safe_cell(value)))
            else:
                sheet.write_number(line, column, value)
        line += 1
    book.close()
    file.seek(0)
    return file


def _sheet(book: Any, heading: Sequence[Any]) -> Any:
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, heading, book.add_format({"bold": True}))
    sheet.freeze_panes(1, 0)
    return sheet
