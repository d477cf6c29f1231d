"""How a file is read: what is guessed of it, shown, changed by a person, and kept with the upload."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

from backoffice.lib.files import delimited, workbook
from backoffice.lib.files.encoding import guess_encoding
from backoffice.lib.files.gate import check_size
from backoffice.lib.files.problems import FileProblem, Row

LOOKED_AT_LINES = 100
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_LONG_NUMBER = re.compile(r"\d(?:[\s().-]?\d){4}")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Shape:
    """How a file is read. ``sheet`` is that of a workbook; ``encoding`` and ``delimiter`` are those of a text.

    ``heading_row`` is counted from 1; 0: the table has no headings.
    """

    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    heading_row: int = 1

    @property
    def is_workbook(self) -> bool:
        return bool(self.sheet)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Shape":
        return cls(**{name: kept[name] for name in cls.__dataclass_fields__ if name in kept})


def is_workbook(path: Path) -> bool:
    """Whether the file is a workbook, by its first bytes.

    :raises FileProblem: if it is one that nobody can read here.
    """
    with path.open("rb") as file:
        start = file.read(4)
    if start == _OLD_OFFICE:
        raise FileProblem("old_workbook")
    return start.startswith(b"PK")


def guess_shape(
    path: Path, known: frozenset[str] = frozenset(), asked: dict[str, Any] | None = None
) -> Shape:
    """How a file is probably read. ``known`` are the headings that could stand in it, in small letters.

    :param asked: what a person has chosen: fields of the shape; only the others are guessed.
    :raises FileProblem: if it can be no table.
    """
    asked = asked or {}
    check_size("table.csv", path.stat().st_size)
    if is_workbook(path):
        sheets = workbook.sheets_of(path)
        names = [one.name for one in sheets]
        sheet = asked["sheet"] if asked.get("sheet") in names else workbook.guess_sheet(sheets)
        shape = Shape(sheet=sheet, heading_row=0)
    else:
        encoding = asked.get("encoding") or guess_encoding(path)
        lines = _first_lines(path, encoding)
        delimiter = asked.get("delimiter") or delimited.guess_delimiter(lines, known)
        shape = Shape(encoding, delimiter, heading_row=0)
    if asked.get("heading_row") is not None:
        heading_row = int(asked["heading_row"])
    else:
        heading_row = _guess_heading(list(islice(rows_of(path, shape), LOOKED_AT_LINES)), known)
    return Shape(shape.encoding, shape.delimiter, shape.sheet, heading_row)


def rows_of(path: Path, shape: Shape) -> Iterator[Row]:
    """Every row of a file, with what stands above the heading and blank rows; cells as they were before safe_cell.

    :raises FileProblem: as soon as something is found that nobody can read.
    """
    if shape.is_workbook:
        return workbook.rows_of(path, shape.sheet, shape.heading_row)
    return delimited.rows_of(path, shape.encoding, shape.delimiter, shape.heading_row)


def word_of(heading: str) -> str:
    """A heading as it is compared: small letters, one blank between words, no marks around them."""
    return " ".join(_WORD.findall(heading.replace("\ufeff", "").lower()))


def _first_lines(path: Path, encoding: str) -> list[str]:
    try:
        return delimited.first_lines(path, encoding, LOOKED_AT_LINES)
    except (UnicodeError, LookupError) as error:
        raise FileProblem("not_in_encoding") from error


def _guess_heading(rows: Sequence[Row], known: frozenset[str]) -> int:
    """The row with most headings that we know; otherwise the first that is as full as the others."""
    # A row that is too wide for a table is still its headings; whoever reads it then refuses the file.
    filled = [row for row in rows if _may_be_heading(row) and not row.is_blank and not _is_sep(row)]
    if not filled:
        raise FileProblem("empty")
    hits = [sum(_is_known(cell, known) for cell in row.cells) for row in filled]
    if max(hits):
        return filled[hits.index(max(hits))].number
    counts = [sum(bool(cell.strip()) for cell in row.cells) for row in filled]
    usual = max(counts, key=counts.count)
    first = next(row for row, count in zip(filled, counts, strict=True) if count >= usual)
    # No heading is a long number: such a row is one of the table, which then has no headings.
    return 0 if any(_LONG_NUMBER.search(cell) for cell in first.cells) else first.number


def _may_be_heading(row: Row) -> bool:
    return row.problem is None or row.problem.code == "too_many_cells"


def _is_known(cell: str, known: frozenset[str]) -> bool:
    word = word_of(cell)
    return word in known or (word.startswith("attributes ") and "." in cell)


def _is_sep(row: Row) -> bool:
    return row.number == 1 and bool(row.cells) and row.cells[0].lower().startswith("sep=")


def digest_of(heading: Sequence[str]) -> str:
    """What two files of one shape have in common: their headings, in order. Empty if there are none."""
    words = [word_of(title) for title in heading]
    return sha256(json.dumps(words).encode()).hexdigest() if any(words) else ""
