"""Tables that people download: CSV and XLSX, safe to open. How tables come in is in backoffice.lib.files."""

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

import xlsxwriter
from django.utils import timezone, translation

from backoffice.lib.files.quoting import safe_text
from backoffice.lib.said import Explained

PIECE_ROWS = 5000
SHEET_ROWS = 1_048_576
# Excel keeps fifteen digits of a number; the number of a message has more, and is a name rather than an amount.
EXACT_DIGITS = 15
DELIMITERS = {"comma": ",", "semicolon": ";"}
# Languages in which Excel writes 2,50, and so takes a comma for no end of a cell.
COMMA_LANGUAGES = frozenset({"ru"})
WIDTHS = range(8, 61)
# Widths are made for what these rows hold.
MEASURED_ROWS = 200
_NO_SHEET_NAME = re.compile(r"[\[\]:*?/\\]")


class UnreadableTable(Explained, ValueError):
    """The file cannot be read as a table. The text says what to do."""


def safe_cell(value: object) -> object:
    """The value as it may stand in a table for download: texts that an office program would run are quoted."""
    return safe_text(value) if isinstance(value, str) else value


def csv_delimiter(chosen: str = "") -> str:
    """What ends a cell: as chosen, "comma" or "semicolon", or as Excel has it in the reader's language."""
    usual = "semicolon" if (translation.get_language() or "")[:2] in COMMA_LANGUAGES else "comma"
    return DELIMITERS.get(chosen, DELIMITERS[usual])


def reader_zone() -> str:
    """The zone that moments in a table are told in, for its headings."""
    return timezone.get_current_timezone_name()


def _csv_cell(value: object, delimiter: str) -> object:
    if isinstance(value, datetime):
        return f"{_local(value):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, Decimal) and delimiter == ";":
        # An office program that waits for 2,50 takes 2.50 for a day.
        return f"{value:f}".replace(".", ",")
    return safe_cell(value)


def _local(moment: datetime) -> datetime:
    """In the reader's zone, which cells do not keep."""
    return timezone.make_naive(moment) if timezone.is_aware(moment) else moment


def csv_line(values: list[object], delimiter: str = ",") -> str:
    """One line of a CSV file, safe to open."""
    line = io.StringIO()
    cells = [_csv_cell(value, delimiter) for value in values]
    # A cell of several lines stands in a row that is quoted throughout: then no line of it can pass for a row.
    has_lines = any(isinstance(cell, str) and ("\n" in cell or "\r" in cell) for cell in cells)
    csv.writer(line, delimiter=delimiter, quoting=csv.QUOTE_ALL if has_lines else csv.QUOTE_MINIMAL).writerow(
        cells
    )
    return line.getvalue()


def csv_pieces(
    heading: Sequence[Any], rows: Iterable[Sequence[Any]], delimiter: str | None = None
) -> Iterator[str]:
    """Pieces of a CSV file, about a page each, with the mark by which Excel knows UTF-8.

    They are made in the language and the zone of whoever asked, also when they are read after that request.
    """
    pieces = _csv_pieces(list(heading), rows, delimiter or csv_delimiter())
    return _as_asked(pieces, translation.get_language(), timezone.get_current_timezone())


def _csv_pieces(heading: list[Any], rows: Iterable[Sequence[Any]], delimiter: str) -> Iterator[str]:
    yield "\ufeff" + csv_line(heading, delimiter)
    lines: list[str] = []
    for row in rows:
        lines.append(csv_line(list(row), delimiter))
        if len(lines) == PIECE_ROWS:
            yield "".join(lines)
            lines.clear()
    yield "".join(lines)


def _as_asked(pieces: Iterator[str], language: str | None, zone: Any) -> Iterator[str]:
    while True:
        # Not around the yield: there the language would leak into whatever runs between two pieces.
        with translation.override(language), timezone.override(zone):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


def workbook_of(heading: Sequence[Any], rows: Iterable[Sequence[Any]], name: str = "") -> IO[bytes]:
    """A temporary workbook, at its beginning. What does not fit on a sheet goes on to the next.

    :param name: what it holds; the sheets are called so.
    """
    file = tempfile.TemporaryFile(suffix=".xlsx")  # noqa: SIM115  the response closes it
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(file, options)
    sheets = [_Sheet(book, heading, name, 1)]
    for row in rows:
        if sheets[-1].line == SHEET_ROWS:
            sheets[-1].end()
            sheets.append(_Sheet(book, heading, name, len(sheets) + 1))
        sheets[-1].write(row)
    sheets[-1].end()
    book.close()
    file.seek(0)
    return file


class _Sheet:
    """One sheet: heading that stays in sight, columns as wide as what is in them, a filter over all."""

    def __init__(self, book: Any, heading: Sequence[Any], name: str, number: int) -> None:
        self.sheet = book.add_worksheet(_sheet_name(name, number))
        self.sheet.write_row(0, 0, heading, book.add_format({"bold": True}))
        self.sheet.freeze_panes(1, 0)
        self.formats = {
            kind: book.add_format({"num_format": shown})
            for kind, shown in (
                (datetime, "yyyy-mm-dd hh:mm:ss"),
                (date, "yyyy-mm-dd"),
                # Two decimals as money has them, and up to six of a price.
                (Decimal, "0.00####"),
            )
        }
        self.widths = [len(str(title)) + 3 for title in heading]
        self.line = 1

    def write(self, row: Sequence[Any]) -> None:
        """One more row: days as days, amounts with their decimals, long numbers as text."""
        for column, value in enumerate(row):
            self._write(column, value)
            if self.line <= MEASURED_ROWS and column < len(self.widths):
                width = 19 if isinstance(value, datetime) else len(str(value))
                self.widths[column] = max(self.widths[column], width + 1)
        self.line += 1

    def _write(self, column: int, value: Any) -> None:
        if value is None:
            return
        if isinstance(value, datetime):
            self.sheet.write_datetime(self.line, column, _local(value), self.formats[datetime])
        elif isinstance(value, date):
            self.sheet.write_datetime(self.line, column, value, self.formats[date])
        elif isinstance(value, str):
            self.sheet.write_string(self.line, column, str(safe_cell(value)))
        elif isinstance(value, int) and len(str(abs(value))) > EXACT_DIGITS:
            self.sheet.write_string(self.line, column, str(value))
        else:
            self.sheet.write_number(self.line, column, value, self.formats.get(type(value)))

    def end(self) -> None:
        """What is known once all rows are there."""
        for column, width in enumerate(self.widths):
            self.sheet.set_column(column, column, min(max(width, WIDTHS[0]), WIDTHS[-1]))
        if self.widths:
            self.sheet.autofilter(0, 0, self.line - 1, len(self.widths) - 1)


def _sheet_name(name: str, number: int) -> str | None:
    """As Excel allows it: 31 letters, some signs not among them."""
    bare = " ".join(_NO_SHEET_NAME.sub(" ", name).split()).strip("'")
    if not bare:
        return None
    # Excel keeps "History" for itself.
    further = f" {number}" if number > 1 or bare.casefold() == "history" else ""
    return bare[: 31 - len(further)].rstrip().strip("'") + further
