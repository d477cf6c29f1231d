"""A file of customers into the database: read once, COPY into a staging table, one statement for customers, few for consent.

Bad rows are listed with their number and reason and left out; good rows are kept; the same file again changes nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from django.db import connection, transaction
from django.utils.translation import gettext as _

from backoffice.customers import consent_files
from backoffice.customers.columns import customer_columns
from backoffice.customers.merging import count_merge, merge_customers
from backoffice.customers.number_kinds import NO_SMS, note_kinds
from backoffice.customers.reading import Plan, Reader, Result, plan_of
from backoffice.lib.copying import copy_lines
from backoffice.lib.files.confirmed import Reading, guess
from backoffice.lib.files.reading import read
from backoffice.lib.said import Say, now
from backoffice.lib.spreadsheets import csv_line

FETCHED_ROWS = 5000
# Of rows about one customer the last one counts. A withdrawal in another of them is not lost, if the last says nothing.
DOUBLED = """
CREATE TEMP TABLE doubled ON COMMIT DROP AS
SELECT s.line, repeated.last, s.external_id FROM staging s JOIN (
    SELECT external_id, max(line) AS last FROM staging GROUP BY external_id HAVING count(*) > 1
) AS repeated ON s.external_id = repeated.external_id AND s.line < repeated.last
"""
KEEP_WITHDRAWAL = """
UPDATE staging kept SET consent_{purpose} = 'withdrawn', consent_source = gone.consent_source
FROM staging gone JOIN doubled ON doubled.line = gone.line
WHERE kept.line = doubled.last AND gone.consent_{purpose} = 'withdrawn' AND kept.consent_{purpose} = ''
"""
KEPT_BLOCK = """
INSERT INTO remark SELECT s.line, 'block', 0
FROM staging s JOIN customers_customer c ON c.external_id = s.external_id WHERE c.is_blocked AND NOT s.is_blocked
"""


@dataclass(frozen=True)
class Order:
    """How a file is to be taken over.

    ``source``: where consent comes from of which the row does not say it. ``empties``: whether an empty cell empties what
    is there. ``by`` and ``run``: who does it and in which run, for the audit log.
    """

    source: str = "file"
    empties: bool = False
    by: int | None = None
    run: int | None = None


@dataclass
class Outlook:
    """What a file would do. ``changed``, ``unchanged``: with empty cells kept; ``*_emptying``: with them emptying.

    ``emptied``: how many filled fields would be emptied, by column.
    """

    result: Result = field(default_factory=Result)
    changed_emptying: int = 0
    unchanged_emptying: int = 0
    emptied: dict[str, int] = field(default_factory=dict)


def import_file(
    path: Path,
    order: Order = Order(),
    *,
    reading: Reading | None = None,
    bad_rows: TextIO | None = None,
    remarks: TextIO | None = None,
    progress: Callable[[int], None] = lambda rows: None,
    say: Say = now,
) -> Result:
    """Imports a CSV or XLSX file, read as somebody has confirmed, or as it is probably meant.

    ``bad_rows`` takes a CSV of the rows left out, whole, with number and reasons; ``remarks`` the same of rows of which
    something was not done; ``say`` puts the sentences into them. ``progress`` is called with the rows read, and may raise RunStopped. Raises UnreadableTable;
    then, too, nothing is changed.
    """
    if reading is None:
        reading = guess(path, customer_columns(), is_short=True)[0]
    with transaction.atomic(), connection.cursor() as cursor:
        plan, result = _stage(cursor, path, reading, order, bad_rows, progress, say)
        has_consents = consent_files.has_consents(plan)
        if "is_blocked" in plan.ours:
            cursor.execute(KEPT_BLOCK)
        if order.empties:
            result.emptied = sum(count_merge(cursor, plan).emptied.values())
        result.added, result.changed = merge_customers(cursor, plan, empties=order.empties)
        if has_consents:
            consent_files.compare(cursor)
            consent_files.merge(cursor, order.by, order.run)
        result.conflicts = _lines_with_conflicts(cursor)
        _write_remarks(cursor, path, reading, remarks, say)
    result.unchanged = result.read - result.bad - result.doubled - result.added - result.changed
    return result


def look_at_file(
    path: Path,
    order: Order = Order(),
    *,
    reading: Reading | None = None,
    progress: Callable[[int], None] = lambda rows: None,
) -> Outlook:
    """What import_file() would do, without doing it. Raises UnreadableTable, RunStopped."""
    if reading is None:
        reading = guess(path, customer_columns(), is_short=True)[0]
    with transaction.atomic(), connection.cursor() as cursor:
        plan, result = _stage(cursor, path, reading, order, None, progress)
        if "is_blocked" in plan.ours:
            cursor.execute(KEPT_BLOCK)
        if consent_files.has_consents(plan):
            consent_files.compare(cursor)
        counts = count_merge(cursor, plan)
        result.conflicts = _lines_with_conflicts(cursor)
    good = result.read - result.bad - result.doubled
    result.added, result.changed = counts.added, counts.changed
    result.unchanged = good - counts.added - counts.changed
    return Outlook(
        result, counts.changed_emptying, good - counts.added - counts.changed_emptying, counts.emptied
    )


def remarks_heading(heading: Sequence[str], say: Say = now) -> str:
    """The heading of the list of remarks about a file with these headings."""
    return csv_line([say(lambda: _("row")), say(lambda: _("what was not done")), *heading])


def _stage(
    cursor: Any,
    path: Path,
    reading: Reading,
    order: Order,
    bad_rows: TextIO | None,
    progress: Callable[[int], None],
    say: Say = now,
) -> tuple[Plan, Result]:
    """Good rows into the table ``staging``, each customer once; what is to be said of the others into ``remark``."""
    plan, rows, result = plan_of(reading), read(path, reading.shape), Result()
    cursor.execute("SET LOCAL work_mem = '64MB'")
    # Sets of this size are joined by hashing. Without fresh statistics PostgreSQL would loop: 109 s instead of 3 s.
    cursor.execute("SET LOCAL enable_nestloop = off")
    cursor.execute("SET LOCAL synchronous_commit = off")
    _make_staging(cursor, plan)
    reader = Reader(plan, rows, order.source, result, bad_rows, progress, say)
    copy_lines(cursor, "staging", reader.columns, reader.lines())
    cursor.execute("ANALYZE staging")
    _set_doubled_apart(cursor, plan, result)
    if "phone" in plan.ours:
        note_kinds(cursor, "SELECT phone FROM staging")
        cursor.execute(f"SELECT count(*) FROM staging JOIN customers_numberkind USING (phone) WHERE {NO_SMS}")
        result.not_mobile = cursor.fetchone()[0]
    return plan, result


def _make_staging(cursor: Any, plan: Plan) -> None:
    columns = ", ".join(["external_id", *(name for name in plan.ours if name != "external_id")])
    cursor.execute("DROP TABLE IF EXISTS pg_temp.staging, pg_temp.doubled, pg_temp.remark, pg_temp.said")
    cursor.execute(
        f"CREATE TEMP TABLE staging ON COMMIT DROP AS SELECT 0 AS line, {columns}, attributes, ''::text AS consent_marketing,"
        " ''::text AS consent_service, ''::text AS consent_source, now() AS consent_on FROM customers_customer LIMIT 0"
    )
    cursor.execute("CREATE TEMP TABLE remark (line int, kind text, other int) ON COMMIT DROP")


def _set_doubled_apart(cursor: Any, plan: Plan, result: Result) -> None:
    cursor.execute(DOUBLED)
    result.doubled = cursor.rowcount
    if not result.doubled:
        return
    for purpose in consent_files.PURPOSES:
        if f"consent_{purpose}" in plan.columns:
            cursor.execute(KEEP_WITHDRAWAL.format(purpose=purpose))
    cursor.execute("INSERT INTO remark SELECT line, 'doubled', last FROM doubled")
    cursor.execute("DELETE FROM staging USING doubled WHERE staging.line = doubled.line")


def _lines_with_conflicts(cursor: Any) -> int:
    cursor.execute("SELECT count(DISTINCT line) FROM remark WHERE kind <> 'doubled'")
    return int(cursor.fetchone()[0])


def _write_remarks(cursor: Any, path: Path, reading: Reading, remarks: TextIO | None, say: Say) -> None:
    """The rows that are remarked on, whole, as they stand in the file."""
    if remarks is None:
        return
    rows = read(path, reading.shape)
    for line, kinds, other in _remarked(cursor):
        row = next(row for row in rows if row.number == line)
        remarks.write(csv_line([line, say(partial(_sentences, kinds, other)), *row.cells]))


def _remarked(cursor: Any) -> Iterator[tuple[int, list[str], int]]:
    with connection.chunked_cursor() as reader:
        reader.execute(
            "SELECT line, array_agg(DISTINCT kind ORDER BY kind), max(other) FROM remark GROUP BY line ORDER BY line"
        )
        while found := reader.fetchmany(FETCHED_ROWS):
            yield from found


def _sentences(kinds: list[str], other: int) -> str:
    return " ".join(_sentence(kind, other) for kind in kinds)


def _sentence(kind: str, other: int) -> str:
    if kind == "doubled":
        return _("The same customer stands again in row %(row)d. That row was used.") % {"row": other}
    if kind == "block":
        return _("The customer is blocked and stays so: only a person can unblock them, on their card.")
    return _(
        "Consent was withdrawn and stays so: a file gives it back only with a later date and a source that we know."
    )
