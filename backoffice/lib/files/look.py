"""A look at a whole file: how it is read, its first rows, and an account of all its lines."""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from backoffice.lib.files import workbook
from backoffice.lib.files.gate import COLUMNS_AT_MOST
from backoffice.lib.files.problems import FileProblem, Row
from backoffice.lib.files.shape import Shape, guess_shape, is_workbook, rows_of

# The account of a file that takes longer goes only so far, and says so.
LOOK_SECONDS = 10.0
LOOK_EACH_ROWS = 5000
PROBLEMS_AT_MOST = 50
FIRST_ROWS = 200


@dataclass
class Account:
    """Where each line of a file went. ``goes_on``: the file was longer than the time for a look."""

    lines: int = 0
    above: int = 0
    heading: int = 0
    blank: int = 0
    rows: int = 0
    named: int = 0
    inside_cells: int = 0
    goes_on: bool = False

    def note(self, row: Row, heading_row: int) -> None:
        self.lines += row.lines
        self.inside_cells += row.lines - 1
        if row.number == heading_row:
            self.heading += 1
        elif row.number < heading_row:
            self.above += 1
        elif row.problem:
            self.named += 1
        elif row.is_blank:
            self.blank += 1
        else:
            self.rows += 1

    @property
    def has_rows(self) -> bool:
        """Whether there is anything to be read below the headings, be it only rows that have to be mended."""
        return bool(self.rows or self.goes_on)

    @property
    def is_whole(self) -> bool:
        """Whether the parts add up to the lines."""
        parts = self.above + self.heading + self.blank + self.rows + self.named + self.inside_cells
        return self.lines == parts


@dataclass
class Look:
    """What a look at a file gave. ``rows`` are the first ones with their number, ``problems`` rows that cannot be read."""

    shape: Shape
    heading: list[str] = field(default_factory=list)
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    problems: list[tuple[int, str, str | int]] = field(default_factory=list)
    account: Account = field(default_factory=Account)
    sheets: list[tuple[str, bool]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Look":
        values = dict(kept)
        return cls(**values | {"shape": Shape(**values["shape"]), "account": Account(**values["account"])})


def look_at(
    path: Path,
    known: frozenset[str] = frozenset(),
    asked: dict[str, Any] | None = None,
    *,
    is_short: bool = False,
) -> Look:
    """Reads a whole file once, as far as the time for a look goes; a short look ends with the first rows.

    :raises FileProblem: if it can be no table.
    """
    shape = guess_shape(path, known, asked)
    look = Look(shape)
    if is_workbook(path):
        look.sheets = [(one.name, one.is_visible) for one in workbook.sheets_of(path)]
    _read(look, rows_of(path, shape), is_short)
    return look


def _read(look: Look, rows: Iterator[Row], is_short: bool) -> None:
    ends = time.monotonic() + LOOK_SECONDS
    heading_row, account = look.shape.heading_row, look.account
    for index, row in enumerate(rows, start=1):
        account.note(row, heading_row)
        if row.number == heading_row:
            if len(row.cells) > COLUMNS_AT_MOST:
                raise FileProblem("too_many_columns", COLUMNS_AT_MOST)
            look.heading = row.cells
        elif row.number > heading_row and row.problem and len(look.problems) < PROBLEMS_AT_MOST:
            look.problems.append((row.number, *row.problem))
        elif (
            row.number > heading_row and not row.problem and not row.is_blank and len(look.rows) < FIRST_ROWS
        ):
            look.rows.append((row.number, row.cells))
        is_late = index % LOOK_EACH_ROWS == 0 and time.monotonic() > ends
        if is_late or (is_short and len(look.rows) == FIRST_ROWS):
            account.goes_on = True
            return
