"""A file of customers read row by row: which column is what, cells cleaned, bad rows listed, good ones as lines for COPY."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, TextIO

from django.utils.translation import gettext as _

from backoffice.customers.columns import customer_columns
from backoffice.customers.resources import ATTRIBUTE_PREFIX, Cleaner, CustomerResource, attribute, cleaners
from backoffice.lib.copying import text_cell
from backoffice.lib.files.confirmed import Reading, check_columns
from backoffice.lib.files.problems import Row
from backoffice.lib.files.sentences import of_row
from backoffice.lib.said import Say, now
from backoffice.lib.spreadsheets import csv_line

PROGRESS_EACH_ROWS = 5000
# Of one column; a column with more different texts is one whose texts do not repeat.
REMEMBERED_TEXTS = 20_000
_IN_ARRAY = str.maketrans({"\\": "\\\\", '"': '\\"'})


@dataclass
class Result:
    """What an import did, in rows."""

    read: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    bad: int = 0
    # Rows about a customer who stands again further down: the last row counts.
    doubled: int = 0
    # Good rows of which something was not done: a withdrawal, a block that a file may not lift.
    conflicts: int = 0
    # Filled fields that an empty cell emptied.
    emptied: int = 0
    # Good rows whose phone number can take no SMS.
    not_mobile: int = 0


@dataclass
class Plan:
    """Which column of the file is what."""

    columns: list[str | None]

    @property
    def ours(self) -> list[str]:
        """Columns of the customers table that the file has."""
        names = CustomerResource().fields
        return [name for name in self.columns if name and name in names]

    @property
    def attributes(self) -> list[tuple[int, str]]:
        return [
            (index, name.removeprefix(ATTRIBUTE_PREFIX))
            for index, name in enumerate(self.columns)
            if name and name.startswith(ATTRIBUTE_PREFIX)
        ]


def plan_of(reading: Reading) -> Plan:
    """The plan of a file whose columns are known. Raises UnreadableTable if it cannot be a file of customers."""
    check_columns(customer_columns, reading)
    return Plan(reading.columns)


class Reader:
    """The good rows of the file as lines of COPY's text format."""

    def __init__(
        self,
        plan: Plan,
        rows: Iterator[Row],
        source: str,
        result: Result,
        bad_rows: TextIO | None,
        progress: Callable[[int], None],
        say: Say = now,
    ) -> None:
        self.say = say
        self.plan, self.rows, self.result = plan, rows, result
        self.bad_rows, self.progress = bad_rows, progress
        known = cleaners()
        self.cells = [
            (index, name, _Column(known[name], source if name == "consent_source" else None))
            for index, name in enumerate(plan.columns)
            if name and name in known
        ]
        self.attributes = [(index, name, _Column(attribute)) for index, name in plan.attributes]
        self.columns = ["line", *(name for _index, name, _column in self.cells)]
        self.constants: list[str] = []
        if "consent_source" not in self.columns:
            self.columns.append("consent_source")
            self.constants.append(_cell(source))
        if self.attributes:
            self.columns.append("attributes")

    def lines(self) -> Iterator[str]:
        width = len(self.plan.columns)
        for row in self.rows:
            self.result.read += 1
            if self.result.read % PROGRESS_EACH_ROWS == 0:
                self.progress(self.result.read)
            line, problems = self._cleaned(row, width)
            if not problems:
                yield line
                continue
            self.result.bad += 1
            if self.bad_rows is not None:
                why = self.say(partial(self._problems, row, width))
                self.bad_rows.write(csv_line([row.number, why, *row.cells]))

    def _problems(self, row: Row, width: int) -> str:
        return " ".join(self._cleaned(row, width)[1])

    def _cleaned(self, row: Row, width: int) -> tuple[str, list[str]]:
        """The row as a line of COPY, and all that is wrong with it, in the language that is active."""
        if row.problem is not None:
            return "", [of_row(row.number, *row.problem)]
        cells = row.cells
        line, problems = self._line(row.number, [*cells, *[""] * (width - len(cells))])
        if any(cells[width:]):
            problems.append(
                _("This row has more cells than there are headings. Look for a mark between cells too many.")
            )
        return line, problems

    def _line(self, number: int, row: list[str]) -> tuple[str, list[str]]:
        """The row as a line of COPY, and all that is wrong with it: then it is no line to be used."""
        cells, problems = [str(number)], []
        for index, name, column in self.cells:
            text = row[index]
            cell = column.known.get(text)
            try:
                cells.append(column.cell(text) if cell is None else cell)
            except ValueError as error:
                problems.append(f"{name}: {error}")
        cells += self.constants
        if self.attributes:
            found: dict[str, str | None] = {}
            for index, name, column in self.attributes:
                try:
                    # An empty one is null: whether it is kept or emptied is decided when all are merged.
                    found[name] = column.value(row[index])
                except ValueError as error:
                    problems.append(f"{name}: {error}")
            cells.append(_cell(json.dumps(found, ensure_ascii=False)))
        return "\t".join(cells) + "\n", problems


class _Column:
    """From the texts of one column to cells of COPY. Most repeat (cities, days, amounts): those are cleaned once.

    ``otherwise`` stands where the cell is empty.
    """

    def __init__(self, clean: Cleaner, otherwise: str | None = None) -> None:
        self.clean, self.otherwise = clean, otherwise
        self.known: dict[str, str] = {}

    def cell(self, text: str) -> str:
        """Raises ValueError with a sentence."""
        value = self.clean(text)
        cell = _cell(self.otherwise if value is None else value)
        if len(self.known) < REMEMBERED_TEXTS:
            self.known[text] = cell
        return cell

    def value(self, text: str) -> str | None:
        """Of a further attribute; None if nothing is said. Raises ValueError with a sentence."""
        value = self.known.get(text)
        if value is None:
            value = self.clean(text)
            if len(self.known) < REMEMBERED_TEXTS:
                self.known[text] = value
        return value or None


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return text_cell(value)
    if value is None:
        return "\\N"
    if isinstance(value, list):
        inside = ",".join(f'"{word.translate(_IN_ARRAY)}"' for word in value)
        return text_cell(f"{{{inside}}}")
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, (int, Decimal)):
        return str(value)
    raise TypeError(type(value).__name__)


def bad_rows_heading(heading: Sequence[str], say: Say = now) -> str:
    """The heading of the list of bad rows of a file with these headings."""
    return csv_line([say(lambda: _("row")), say(lambda: _("what is wrong")), *heading])
