"""Rows of a delimited text, read as they come. No line is lost: each stands in a row, or in one that is named.

A quote that is opened and not closed would take all that follows into one cell. It is found by its end (none within
GATHERED_LINES), by what follows the quote that ends it, or by the lines inside it that look like rows of their own.
"""

import csv
import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from backoffice.lib.files.gate import CELL_CHARACTERS_AT_MOST, COLUMNS_AT_MOST, LINE_CHARACTERS_AT_MOST
from backoffice.lib.files.problems import FileProblem, Problem, Row
from backoffice.lib.files.quoting import plain_cell

DELIMITERS = ";,\t|"
GATHERED_LINES = 200
# So much of the columns of two lines has to look alike for the second to be a row like the first.
ALIKE = 0.66
_SEP = re.compile(r'"?sep=(.)"?[;,\t| ]*', re.IGNORECASE)
_DIGITS, _WORDS, _CAPITALS = re.compile(r"\d+"), re.compile(r"[^\W\d_A-ZА-ЯЁ]+"), re.compile(r"[A-ZА-ЯЁ]+")
csv.field_size_limit(CELL_CHARACTERS_AT_MOST)


def sep_of(line: str) -> str:
    """The delimiter that a line like ``sep=;`` names for Excel; empty for any other line."""
    found = _SEP.fullmatch(line.strip("\ufeff\r\n"))
    return found[1] if found else ""


def literal(line: str, delimiter: str) -> list[str]:
    """The cells of a line whose quotes mean nothing."""
    return line.rstrip("\r\n").split(delimiter)


def open_text(path: Path, encoding: str) -> TextIO:
    """The file as text; bytes that the encoding does not know become single surrogates."""
    return path.open(encoding=encoding, errors="surrogateescape", newline="")


def first_lines(path: Path, encoding: str, limit: int) -> list[str]:
    """The first lines of a file, none longer than the gate allows."""
    with open_text(path, encoding) as file:
        lines = [line for line, _index in zip(_lines(file), range(limit), strict=False)]
    return [lines[0].removeprefix("\ufeff"), *lines[1:]] if lines else []


def guess_delimiter(lines: Sequence[str], known: frozenset[str]) -> str:
    """What separates the cells of most lines: headings that we know count first, then how even the rows are."""
    if lines and (named := sep_of(lines[0])):
        return named
    filled = [line for line in lines if line.strip()]

    def fit(delimiter: str) -> tuple[int, float, int]:
        rows = [_single(line, delimiter) or literal(line, delimiter) for line in filled]
        hits = max(
            (sum(cell.strip().lower() in known for cell in row) for row in rows if len(row) > 1), default=0
        )
        widths = Counter(len(row) for row in rows if len(row) > 1)
        width, times = widths.most_common(1)[0] if widths else (1, 0)
        return hits, round(times / max(len(rows), 1), 1), width

    return max(DELIMITERS, key=fit)


def rows_of(path: Path, encoding: str, delimiter: str, heading_row: int) -> Iterator[Row]:
    """Every row of the file, blank ones too. After the heading, rows with more cells than it are named.

    :raises FileProblem: if a line is longer, or the table wider, than the gate allows.
    """
    try:
        with open_text(path, encoding) as file:
            yield from _Rows(file, delimiter, heading_row)
    except UnicodeError as error:
        raise FileProblem("not_in_encoding") from error


def _lines(file: TextIO) -> Iterator[str]:
    for line in file:
        if len(line) > LINE_CHARACTERS_AT_MOST:
            raise FileProblem("line_too_long", LINE_CHARACTERS_AT_MOST)
        yield line


class _Rows:
    """Puts lines together to rows. ``width`` is how many cells a row has, once that is known."""

    def __init__(self, file: TextIO, delimiter: str, heading_row: int) -> None:
        self.lines, self.delimiter, self.heading_row = _lines(file), delimiter, heading_row
        # Made once: for each line anew it would take longer than the line.
        self.dialect: Any = csv.reader([], delimiter=delimiter, strict=True).dialect
        self.ahead: deque[str] = deque()
        self.width = 0
        # After an open quote nobody knows whether a line that is too short is a row.
        self.is_wary = False

    def __iter__(self) -> Iterator[Row]:
        number, delimiter, lines = 0, self.delimiter, self._all()
        for line in lines:
            # Nearly all lines are so plain that nothing has to be looked at; two million of them go this way.
            if '"' not in line and number > self.heading_row and not self.is_wary:
                cells = line.rstrip("\r\n").split(delimiter)
                if len(cells) == self.width and "'" not in line and (line.isascii() or _is_sound(line)):
                    number += 1
                    yield Row(number, cells)
                    continue
            for row in self._rows_at(number + 1, line):
                number = row.number
                yield row

    def _all(self) -> Iterator[str]:
        """Lines that were taken back, then those of the file."""
        while (line := self._next()) is not None:
            yield line

    def _next(self) -> str | None:
        return self.ahead.popleft() if self.ahead else next(self.lines, None)

    def _rows_at(self, number: int, line: str) -> list[Row]:
        if number == 1:
            line = line.removeprefix("\ufeff")
        if '"' not in line:
            return [self._checked(number, literal(line, self.delimiter), line, 1)]
        try:
            cells = next(csv.reader([line], self.dialect), [])
        except csv.Error as error:
            if "unexpected end of data" in str(error):
                return self._gathered(number, line)
            code = "cell_too_long" if "limit" in str(error) else "after_quote"
            return [Row(number, literal(line, self.delimiter), Problem(code))]
        return [self._checked(number, cells, line, 1)]

    def _gathered(self, number: int, line: str) -> list[Row]:
        """The row that begins with an open quote: with the lines up to its end, or alone and named."""
        lines, cells = [line], None
        while cells is None and len(lines) < GATHERED_LINES and (following := self._next()) is not None:
            lines.append(following)
            if '"' in following:
                cells, goes_on = self._parsed(lines)
                if not goes_on:
                    break
        if cells is None:
            self.ahead.extendleft(reversed(lines[1:]))
            self.is_wary = True
            return [Row(number, literal(line, self.delimiter), Problem("open_quote"))]
        if self._swallows(cells, lines):
            inside = Problem("inside_quote", number)
            rest = enumerate(lines[1:], start=number + 1)
            return [
                Row(number, literal(line, self.delimiter), Problem("open_quote")),
                *(Row(place, literal(one, self.delimiter), inside) for place, one in rest),
            ]
        return [self._checked(number, cells, "".join(lines), len(lines))]

    def _parsed(self, lines: list[str]) -> tuple[list[str] | None, bool]:
        """The cells, or None and whether the quote may still be closed further down."""
        try:
            return next(csv.reader(lines, self.dialect)), False
        except csv.Error as error:
            return None, "unexpected end of data" in str(error)

    def _swallows(self, cells: list[str], lines: list[str]) -> bool:
        """Whether lines inside the quoted cell are rows of their own."""
        width = self.width or len(cells)
        if width == 1:
            return True
        if lines[0].startswith('"') and f'"{self.delimiter}' in lines[0]:
            # Whoever quotes the first cell quotes all of them, as our own files do, and leaves none open by mistake.
            return False
        if len(cells) == width and _all_quoted(cells, self.delimiter) == "".join(lines).rstrip("\r\n"):
            return False
        opening = literal(lines[0], self.delimiter)
        if len(opening) != width:
            return False
        return any(_alike(opening, literal(line, self.delimiter)) for line in lines[1:])

    def _checked(self, number: int, cells: list[str], line: str, lines: int) -> Row:
        problem = None
        cells = _without_far_blanks(cells)
        if "'" in line:
            cells = [plain_cell(cell) for cell in cells]
        # Without headings the first row of several cells says how wide the table is.
        is_measure = number == self.heading_row or (
            not self.heading_row and not self.width and len(cells) > 1
        )
        if is_measure and len(cells) > COLUMNS_AT_MOST:
            raise FileProblem("too_many_columns", COLUMNS_AT_MOST)
        if not line.isascii() and not _is_sound(line):
            problem = Problem("not_in_encoding")
        elif is_measure:
            self.width = len(cells)
        elif len(cells) > COLUMNS_AT_MOST and number > self.heading_row:
            problem = Problem("too_many_cells", len(cells))
        elif self.heading_row and number > self.heading_row:
            problem = self._width_problem(cells)
        return Row(number, cells, problem, lines)

    def _width_problem(self, cells: list[str]) -> Problem | None:
        if len(cells) > self.width and any(cell.strip() for cell in cells[self.width :]):
            return Problem("too_many_cells", len(cells))
        if self.is_wary and len(cells) < self.width and any(cell.strip() for cell in cells):
            return Problem("too_few_cells", len(cells))
        return None


def _without_far_blanks(cells: list[str]) -> list[str]:
    """The cells of a row, without blank ones at its end if there are more than a table may have."""
    end = len(cells)
    if end > COLUMNS_AT_MOST:
        while end and not cells[end - 1].strip():
            end -= 1
    return cells[:end]


def _is_sound(line: str) -> bool:
    """Whether all of a line was in the encoding: other bytes have become single surrogates."""
    try:
        line.encode()
    except UnicodeEncodeError:
        return False
    return True


def _all_quoted(cells: list[str], delimiter: str) -> str:
    """The cells as somebody writes them who quotes all."""
    return delimiter.join('"' + cell.replace('"', '""') + '"' for cell in cells)


def _single(line: str, delimiter: str) -> list[str] | None:
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), None)
    except csv.Error:
        return None


def _alike(first: list[str], second: list[str]) -> bool:
    """Whether two lines have as many cells, and those look alike: BUG03-21 and BUG03-22, +7 916 and +7 903."""
    if len(first) != len(second):
        return False
    pairs = [(_look(one), _look(other)) for one, other in zip(first, second, strict=True)]
    if any(one == other and "9" in one for one, other in pairs):
        return True
    return sum(one == other for one, other in pairs) >= ALIKE * len(pairs)


def _look(cell: str) -> str:
    """How a cell looks: runs of digits, of capitals and of small letters."""
    text = _DIGITS.sub("9", cell.strip(' "\r\n'))
    return _CAPITALS.sub("A", _WORDS.sub("a", text)).replace("Aa", "a")
