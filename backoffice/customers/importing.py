"""A file of customers into the database: read once, COPY into a staging table, one statement for customers, two for consent.

Bad rows are listed with their number and reason and left out; good rows are kept; the same file again changes nothing.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

from django.db import connection, transaction
from django.utils.translation import gettext as _

from backoffice.customers.resources import (
    ATTRIBUTE_PREFIX,
    Cleaner,
    CustomerResource,
    cleaners,
    column_of,
)
from backoffice.lib.copying import copy_lines, text_cell
from backoffice.lib.spreadsheets import UnreadableTable, csv_line, rows_of

CONSENTS = ("marketing", "service")
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


@dataclass
class Plan:
    """Which column of the file is what. ``unknown`` headings are ours to ignore, and to tell."""

    columns: list[str | None]
    unknown: list[str] = field(default_factory=list)

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


def plan_of(heading: Sequence[str]) -> Plan:
    """Reads the heading of a file. Raises UnreadableTable if it cannot be a file of customers."""
    columns = [column_of(title) for title in heading]
    if "external_id" not in columns:
        raise UnreadableTable(
            _("No column is headed external_id (number in the CRM). Add one: it says who is who.")
        )
    repeated = {name for name in columns if name and columns.count(name) > 1}
    if repeated:
        raise UnreadableTable(
            _("Two columns are headed %(names)s. Remove one.") % {"names": ", ".join(sorted(repeated))}
        )
    unknown = [title for title, name in zip(heading, columns, strict=True) if name is None and title.strip()]
    return Plan(columns, unknown)


def import_file(
    path: Path,
    *,
    source: str = "file",
    bad_rows: TextIO | None = None,
    progress: Callable[[int], None] = lambda rows: None,
) -> Result:
    """Imports a CSV or XLSX file.

    ``bad_rows`` takes a CSV of the rows left out, with number and reason; ``progress`` is called with the rows read, and
    may raise RunStopped. Raises UnreadableTable; then, too, nothing is changed.
    """
    rows = rows_of(path)
    plan = plan_of(next(rows))
    result = Result()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '128MB'")
        # Sets of this size are joined by hashing. Without fresh statistics PostgreSQL would loop: 109 s instead of 3 s.
        cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute("SET LOCAL synchronous_commit = off")
        _make_staging(cursor, plan)
        reader = _Reader(plan, rows, source, result, bad_rows, progress)
        copy_lines(cursor, "staging", reader.columns, reader.lines())
        result.bad += _drop_repeated(cursor, bad_rows)
        cursor.execute("ANALYZE staging")
        result.added, result.changed = _merge_customers(cursor, plan)
        _merge_consents(cursor)
    result.unchanged = result.read - result.bad - result.added - result.changed
    return result


def _make_staging(cursor: Any, plan: Plan) -> None:
    columns = ", ".join(["external_id", *(name for name in plan.ours if name != "external_id")])
    cursor.execute("DROP TABLE IF EXISTS pg_temp.staging")
    cursor.execute(
        f"CREATE TEMP TABLE staging ON COMMIT DROP AS SELECT 0 AS line, {columns}, attributes, ''::text AS consent_marketing,"
        " ''::text AS consent_service, ''::text AS consent_source, now() AS consent_on FROM customers_customer LIMIT 0"
    )


class _Reader:
    """The good rows of the file as lines of COPY's text format."""

    def __init__(
        self,
        plan: Plan,
        rows: Iterator[list[str]],
        source: str,
        result: Result,
        bad_rows: TextIO | None,
        progress: Callable[[int], None],
    ) -> None:
        self.plan, self.rows, self.result = plan, rows, result
        self.bad_rows, self.progress = bad_rows, progress
        known = cleaners()
        self.cells = [
            (index, name, _Column(known[name], source if name == "consent_source" else None))
            for index, name in enumerate(plan.columns)
            if name and name in known
        ]
        self.attributes = plan.attributes
        self.columns = ["line", *(name for _index, name, _column in self.cells)]
        self.constants: list[str] = []
        if "consent_source" not in self.columns:
            self.columns.append("consent_source")
            self.constants.append(_cell(source))
        if self.attributes:
            self.columns.append("attributes")

    def lines(self) -> Iterator[str]:
        width = len(self.plan.columns)
        for number, row in enumerate(self.rows, start=2):
            if not any(row):
                continue
            self.result.read += 1
            if self.result.read % PROGRESS_EACH_ROWS == 0:
                self.progress(self.result.read)
            if len(row) != width:
                row = [*row, *[""] * (width - len(row))][:width]
            try:
                yield self._line(number, row)
            except RowError as error:
                self.result.bad += 1
                if self.bad_rows is not None:
                    self.bad_rows.write(csv_line([number, str(error), *row]))

    def _line(self, number: int, row: list[str]) -> str:
        cells = [str(number)]
        for index, name, column in self.cells:
            try:
                cells.append(column.cell(row[index]))
            except ValueError as error:
                raise RowError(f"{name}: {error}") from error
        cells += self.constants
        if self.attributes:
            found = {name: row[index] for index, name in self.attributes if row[index]}
            cells.append(_cell(json.dumps(found, ensure_ascii=False)))
        return "\t".join(cells) + "\n"


class _Column:
    """From the texts of one column to cells of COPY. Most repeat (cities, days, amounts): those are cleaned once.

    ``otherwise`` stands where the cleaned value is empty.
    """

    def __init__(self, clean: Cleaner, otherwise: str | None = None) -> None:
        self.clean, self.otherwise = clean, otherwise
        self.known: dict[str, str] = {}

    def cell(self, text: str) -> str:
        """Raises ValueError with a sentence."""
        cell = self.known.get(text)
        if cell is None:
            value = self.clean(text.strip())
            cell = _cell(self.otherwise if value == "" and self.otherwise is not None else value)
            if len(self.known) < REMEMBERED_TEXTS:
                self.known[text] = cell
        return cell


class RowError(Exception):
    """Why a row is left out: the column, and what is wrong with it."""


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


def _drop_repeated(cursor: Any, bad_rows: TextIO | None) -> int:
    """Of rows about the same customer the last one counts; the others are listed."""
    cursor.execute(
        """
        DELETE FROM staging s USING (
            SELECT external_id, max(line) AS last FROM staging GROUP BY external_id HAVING count(*) > 1
        ) AS repeated
        WHERE s.external_id = repeated.external_id AND s.line < repeated.last
        RETURNING s.line, s.external_id, repeated.last
        """
    )
    dropped = cursor.fetchall()
    if bad_rows is not None:
        for line, external_id, last in sorted(dropped):
            reason = _("The same customer stands again in row %(row)d. That row was used.") % {"row": last}
            bad_rows.write(csv_line([line, reason, external_id]))
    return len(dropped)


# What a new customer has in the columns that the file lacks. Columns of the file are never NULL unless the model allows it.
DEFAULTS = {
    **dict.fromkeys(
        [
            "phone",
            "first_name",
            "middle_name",
            "last_name",
            "email",
            "language",
            "gender",
            "region",
            "city",
            "time_zone",
            "tariff",
            "segment",
            "loyalty_tier",
            "channel",
            "device",
            "manager",
        ],
        "''",
    ),
    **dict.fromkeys(
        ["loyalty_points", "balance", "debt", "purchases_count", "spent_total", "average_receipt"], "0"
    ),
    "tags": "'{}'",
    "is_blocked": "false",
}


def _merge_customers(cursor: Any, plan: Plan) -> tuple[int, int]:
    """New customers and changed ones, in one statement. Returns how many of each."""
    ours = plan.ours
    others = [name for name in DEFAULTS if name not in ours]
    compared = [name for name in ours if name != "external_id"] + (["attributes"] if plan.attributes else [])
    names = ", ".join([*ours, *others, "attributes", "created_at", "updated_at"])
    values = ", ".join(
        [*ours, *(DEFAULTS[name] for name in others), "coalesce(attributes, '{}')", "now()", "now()"]
    )
    if not compared:
        conflict = "DO NOTHING"
    else:
        merged = {name: f"excluded.{name}" for name in compared}
        if "attributes" in merged:
            merged["attributes"] = "customers_customer.attributes || excluded.attributes"
        assignments = ", ".join(f"{name} = {value}" for name, value in merged.items())
        before = ", ".join(f"customers_customer.{name}" for name in compared)
        conflict = (
            f"DO UPDATE SET {assignments}, updated_at = now()"
            f" WHERE ROW({before}) IS DISTINCT FROM ROW({', '.join(merged.values())})"
        )
    cursor.execute(
        f"""
        WITH merged AS (
            INSERT INTO customers_customer ({names}) SELECT {values} FROM staging
            ON CONFLICT (external_id) {conflict}
            RETURNING (xmax = 0) AS is_new
        )
        SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM merged
        """
    )
    added, changed = cursor.fetchone()
    return added, changed


def _merge_consents(cursor: Any) -> None:
    """A new answer supersedes the old one, which stays as history; the same answer again changes nothing."""
    for purpose in CONSENTS:
        said = f"""
            SELECT c.id AS customer_id, s.consent_{purpose} AS state, coalesce(s.consent_on, now()) AS since,
                s.consent_source AS source
            FROM staging s JOIN customers_customer c ON c.external_id = s.external_id
            WHERE s.consent_{purpose} <> ''
        """
        cursor.execute(
            f"""
            UPDATE customers_consent k SET superseded_at = now() FROM ({said}) AS said
            WHERE k.customer_id = said.customer_id AND k.purpose = %s AND k.superseded_at IS NULL AND k.state <> said.state
            """,
            [purpose],
        )
        cursor.execute(
            f"""
            INSERT INTO customers_consent (customer_id, purpose, state, since, source)
            SELECT said.customer_id, %s, said.state, said.since, said.source FROM ({said}) AS said
            WHERE NOT EXISTS (
                SELECT FROM customers_consent k
                WHERE k.customer_id = said.customer_id AND k.purpose = %s AND k.superseded_at IS NULL
            )
            """,
            [purpose, purpose],
        )


def preview(path: Path, limit: int = 20) -> tuple[Plan, list[list[str]]]:
    """The plan of a file and its first rows, as texts. Raises UnreadableTable."""
    rows = rows_of(path)
    plan = plan_of(next(rows))
    return plan, [row for row, _index in zip(rows, range(limit), strict=False)]


def bad_rows_heading(path: Path) -> str:
    """The heading of the list of bad rows of a file."""
    return csv_line([_("row"), _("what is wrong"), *next(rows_of(path))])
