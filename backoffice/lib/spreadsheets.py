"""Tables that people upload and download: CSV in whatever form their office program writes, and XLSX."""

import codecs
import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import xlsxwriter
from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineWorkbook

SNIFFED_BYTES = 64 * 1024
PIECE_ROWS = 5000
SHEET_ROWS = 1_048_576
# A cell that begins like this is a formula to an office program (OWASP, CSV injection).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class UnreadableTable(ValueError):
    """The file cannot be read as a table. The text says what to do."""


def rows_of(path: Path) -> Iterator[list[str]]:
    """Every row of a CSV or XLSX file as texts, the heading first. Reads as it goes; a CSV of any size fits.

    :raises UnreadableTable: when the file is neither.
    """
    with path.open("rb") as file:
        start = file.read(SNIFFED_BYTES)
    if not start.strip():
        raise UnreadableTable(_("The file is empty."))
    yield from _rows_of_xlsx(path) if start.startswith(b"PK") else _rows_of_csv(path, start)


def _rows_of_xlsx(path: Path) -> Iterator[list[str]]:
    try:
        sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
    except (CalamineError, OSError) as error:
        raise UnreadableTable(
            _("The file is no Excel workbook. Save it again as .xlsx or as CSV.")
        ) from error
    for row in sheet.iter_rows():
        yield [_cell(value) for value in row]


def _cell(value: object) -> str:
    """Excel keeps whole numbers as floats and dates as dates."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _rows_of_csv(path: Path, start: bytes) -> Iterator[list[str]]:
    encoding = _encoding(start)
    heading = start.decode(encoding, "ignore").lstrip("\ufeff").splitlines()[0]
    delimiter = max(";,\t", key=heading.count)
    try:
        with path.open(encoding=encoding, newline="") as file:
            yield from csv.reader(file, delimiter=delimiter)
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnreadableTable(
            _("The file is no CSV table. Save it again as CSV (UTF-8) or as .xlsx.")
        ) from error


def _encoding(start: bytes) -> str:
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        decoder.decode(start)
    except UnicodeDecodeError:
        return "cp1251"
    return "utf-8-sig"


def safe_cell(value: object) -> object:
    """The value as it may stand in a table for download: texts that an office program would run are quoted."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def plain_cell(value: str) -> str:
    """The text that a safe cell stands for."""
    return value[1:] if value.startswith("'") and value[1:].startswith(FORMULA_STARTS) else value


def csv_line(values: list[object]) -> str:
    """One line of a CSV file, safe to open."""
    line = io.StringIO()
    csv.writer(line).writerow([safe_cell(value) for value in values])
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
