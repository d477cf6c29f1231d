"""A file of numbers onto a list, or off it: COPY into a staging table, then one statement a step, all or nothing.

A customer named twice counts once. A number that several customers share stands for all of them: whoever uploads it
means everybody who answers there. Rows that name nobody are reported with their number and reason.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from backoffice.audiences.list_columns import reading_of
from backoffice.audiences.list_models import ListRun
from backoffice.audiences.list_sets import lock_list, note_size
from backoffice.customers.adding import add_with_numbers
from backoffice.customers.resources import identity
from backoffice.lib.copying import copy_lines, text_cell
from backoffice.lib.files.problems import Problem
from backoffice.lib.files.reading import read
from backoffice.lib.files.sentences import of_row
from backoffice.lib.phones import normalise
from backoffice.lib.plain_text import cell_text
from backoffice.lib.runs import Tell
from backoffice.lib.said import refusal, stored
from backoffice.lib.spreadsheets import csv_line

PROGRESS_EACH_ROWS = 5000
FETCHED_ROWS = 5000
STAGING = "CREATE TEMP TABLE list_staging (line int, value text, raw text, problem text) ON COMMIT DROP"
VALUES = """
CREATE TEMP TABLE list_value ON COMMIT DROP AS
SELECT value, count(*) AS times FROM list_staging WHERE value IS NOT NULL GROUP BY value
"""
FOUND = """
CREATE TEMP TABLE list_found ON COMMIT DROP AS
SELECT v.value, v.times, c.id AS customer_id FROM list_value v JOIN customers_customer c ON c.{column} = v.value
"""
NOT_FOUND = """
SELECT s.line, s.problem, s.raw FROM list_staging s
WHERE NOT EXISTS (SELECT FROM list_found f WHERE f.value = s.value) ORDER BY s.line
"""


@dataclass
class Filled:
    """What came of a file. ``read``, ``bad`` and ``repeated`` are rows, the others customers."""

    read: int = 0
    bad: int = 0
    repeated: int = 0
    created: int = 0
    added: int = 0
    removed: int = 0
    unchanged: int = 0


def fill(run: ListRun, bad_rows: TextIO, progress: Tell) -> Filled:
    """Does what a run with a file asks for.

    :param bad_rows: takes a CSV of the rows that name nobody, as they were uploaded, in the order of the file.
    :raises UnreadableTable, RunStopped: then nothing is changed.
    """
    result = Filled()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '128MB'")
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute("DROP TABLE IF EXISTS pg_temp.list_staging, pg_temp.list_value, pg_temp.list_found")
        cursor.execute(STAGING)
        lines = _lines(run, result, progress)
        copy_lines(cursor, "list_staging", ["line", "value", "raw", "problem"], lines)
        cursor.execute(VALUES)
        cursor.execute("ANALYZE list_staging, list_value")
        if run.makes_customers and run.identity == ListRun.Identity.PHONE:
            result.created = add_with_numbers(cursor, "SELECT value AS phone FROM list_value")
        cursor.execute(FOUND.format(column=ListRun.Identity(run.identity).value))
        cursor.execute("ANALYZE list_found")
        progress(result.read)
        result.bad = _report(bad_rows, stored(partial(_nobody, run)))
        result.repeated = _repeated(cursor)
        lock_list(cursor, run.customer_list_id)
        _change_members(cursor, run, result)
        note_size(cursor, run.customer_list_id)
        # Somebody may have pressed Stop while the last statement ran; nothing has been kept yet.
        progress(result.read)
    return result


def bad_rows_heading(run: ListRun) -> str:
    """The heading of the list of bad rows, which can be uploaded again once it is mended."""
    is_phone = run.identity == ListRun.Identity.PHONE
    titles = (
        lambda: _("row"),
        lambda: _("what is wrong"),
        lambda: _("phone number") if is_phone else _("number in the CRM"),
    )
    return csv_line([stored(title) for title in titles])


def _nobody(run: ListRun) -> str:
    if run.identity == ListRun.Identity.PHONE:
        return _("No customer has this number.")
    return _("No customer has this number in the CRM.")


def _lines(run: ListRun, result: Filled, progress: Tell) -> Iterator[str]:
    """The rows as lines of COPY's text format: number, what to look for, as it was uploaded, what is wrong."""
    column = run.column
    is_phone = run.identity == ListRun.Identity.PHONE
    for number, row, problem, _lines in read(Path(run.file.path), reading_of(run).shape):
        result.read += 1
        if result.read % PROGRESS_EACH_ROWS == 0:
            progress(result.read)
        raw = row[column].strip() if column < len(row) else ""
        clean = partial(_cleaned, number, raw, problem, is_phone=is_phone)
        try:
            yield f"{number}\t{clean()}\t{text_cell(raw)}\t\n"
        except ValueError:
            yield f"{number}\t\\N\t{text_cell(raw)}\t{text_cell(stored(partial(refusal, clean)))}\n"


def _cleaned(number: int, raw: str, problem: Problem | None, *, is_phone: bool) -> str:
    """What a row is looked for by, as a cell of COPY. Raises ValueError with a sentence."""
    if problem is not None:
        raise ValueError(of_row(number, *problem))
    return normalise(_filled(raw), settings.DEFAULT_REGION) if is_phone else text_cell(identity(_filled(raw)))


def _filled(raw: str) -> str:
    if not cell_text(raw):
        raise ValueError(_("There is no number in this row."))
    return raw


def _report(bad_rows: TextIO, nobody: str) -> int:
    """Writes the rows that name nobody. Returns how many there are."""
    count = 0
    with connection.chunked_cursor() as cursor:
        cursor.execute(NOT_FOUND)
        while rows := cursor.fetchmany(FETCHED_ROWS):
            bad_rows.writelines(csv_line([line, problem or nobody, raw]) for line, problem, raw in rows)
            count += len(rows)
    return count


def _repeated(cursor: Any) -> int:
    """Rows that name somebody who was named before."""
    cursor.execute("SELECT coalesce(sum(times - 1), 0) FROM (SELECT DISTINCT value, times FROM list_found) f")
    return int(cursor.fetchone()[0])


def _change_members(cursor: Any, run: ListRun, result: Filled) -> None:
    cursor.execute("SELECT count(*) FROM list_found")
    found: int = cursor.fetchone()[0]
    if run.verb == ListRun.Verb.ADD:
        # In the order of the key: its index grows at its end instead of everywhere.
        cursor.execute(
            "INSERT INTO audiences_listmember (customer_list_id, customer_id)"
            " SELECT %s, customer_id FROM list_found ORDER BY customer_id ON CONFLICT DO NOTHING",
            [run.customer_list_id],
        )
        result.added = cursor.rowcount
    else:
        cursor.execute(
            "DELETE FROM audiences_listmember m USING list_found f"
            " WHERE m.customer_list_id = %s AND m.customer_id = f.customer_id",
            [run.customer_list_id],
        )
        result.removed = cursor.rowcount
    result.unchanged = found - result.added - result.removed
