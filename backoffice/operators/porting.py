"""A file of numbers that were taken along to another network: COPY into a staging table, then one statement, all or nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from backoffice.lib.copying import copy_lines, text_cell
from backoffice.lib.phones import normalise
from backoffice.lib.runs import Tell
from backoffice.lib.spreadsheets import UnreadableTable, csv_line, plain_cell, rows_of
from backoffice.operators.models import PortingRun

PROGRESS_EACH_ROWS = 5000
FETCHED_ROWS = 5000
# Headings by which a column is known, in small letters.
PHONE = frozenset({"phone", "phone number", "number", "msisdn", "телефон", "номер", "номер телефона"})
NETWORK = frozenset({"network", "operator", "recipient", "сеть", "оператор"})

STAGING = """
CREATE TEMP TABLE porting_staging (line int, phone text, network text, raw text, problem text) ON COMMIT DROP
"""
# Of rows about one number the last one counts. Networks are named as people write them.
GOOD = """
CREATE TEMP TABLE porting_good ON COMMIT DROP AS
SELECT DISTINCT ON (staged.phone) staged.phone, network.id AS network_id
FROM porting_staging staged JOIN operators_network network ON lower(network.name) = staged.network
WHERE staged.problem = ''
ORDER BY staged.phone, staged.line DESC
"""
BAD = """
SELECT staged.line, staged.problem, staged.raw, staged.network FROM porting_staging staged
WHERE staged.problem <> ''
    OR NOT EXISTS (SELECT FROM operators_network network WHERE lower(network.name) = staged.network)
ORDER BY staged.line
"""
MERGE = """
WITH merged AS (
    INSERT INTO operators_portednumber (phone, network_id)
    SELECT phone, network_id FROM porting_good ORDER BY phone
    ON CONFLICT (phone) DO UPDATE SET network_id = excluded.network_id
        WHERE operators_portednumber.network_id <> excluded.network_id
    RETURNING (xmax = 0) AS is_new
)
SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM merged
"""
TAKE_OFF = """
DELETE FROM operators_portednumber ported
WHERE NOT EXISTS (SELECT FROM porting_good good WHERE good.phone = ported.phone)
"""


@dataclass
class Ported:
    """What came of a file: ``read`` and ``bad`` are rows, the others numbers."""

    read: int = 0
    bad: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0


@dataclass(frozen=True)
class Columns:
    """Where a number and its network stand, counted from 0."""

    phone: int
    network: int


def columns_of(heading: Sequence[str]) -> Columns:
    """Which columns hold what.

    :raises UnreadableTable: if the heading does not say it.
    """
    words = [title.strip().lstrip("\ufeff").lower() for title in heading]
    phone = next((place for place, word in enumerate(words) if word in PHONE), None)
    network = next((place for place, word in enumerate(words) if word in NETWORK), None)
    if phone is None or network is None:
        raise UnreadableTable(_("The first row has to hold the headings phone and network."))
    return Columns(phone, network)


def port(run: PortingRun, bad_rows: TextIO, progress: Tell) -> Ported:
    """Puts the numbers of a file on the list, or makes the file the list.

    :param bad_rows: takes a CSV of the rows left out, in the order of the file.
    :raises UnreadableTable, RunStopped: then nothing is changed.
    """
    result = Ported()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '128MB'")
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute("DROP TABLE IF EXISTS pg_temp.porting_staging, pg_temp.porting_good")
        cursor.execute(STAGING)
        columns = ["line", "phone", "network", "raw", "problem"]
        copy_lines(cursor, "porting_staging", columns, _lines(Path(run.file.path), result, progress))
        cursor.execute(GOOD)
        cursor.execute("ANALYZE porting_staging, porting_good")
        progress(result.read)
        result.bad = _report(bad_rows)
        cursor.execute(MERGE)
        result.added, result.changed = cursor.fetchone()
        if run.file_is_whole_list:
            cursor.execute(TAKE_OFF)
            result.removed = cursor.rowcount
        cursor.execute("SELECT count(*) FROM porting_good")
        result.unchanged = cursor.fetchone()[0] - result.added - result.changed
        # Somebody may have pressed Stop while the last statement ran; nothing has been kept yet.
        progress(result.read)
    return result


def bad_rows_heading() -> str:
    """The heading of the list of bad rows, which can be uploaded again once it is mended."""
    return csv_line([_("row"), _("what is wrong"), "phone", "network"])


def _lines(path: Path, result: Ported, progress: Tell) -> Iterator[str]:
    """The rows as lines of COPY's text format."""
    rows = rows_of(path)
    columns, region = columns_of(next(rows)), settings.DEFAULT_REGION
    width = max(columns.phone, columns.network) + 1
    for number, row in enumerate(rows, start=2):
        if not any(row):
            continue
        result.read += 1
        if result.read % PROGRESS_EACH_ROWS == 0:
            progress(result.read)
        row = [*row, *[""] * (width - len(row))]
        raw, network = plain_cell(row[columns.phone].strip()), text_cell(row[columns.network].strip().lower())
        try:
            phone, problem = normalise(raw, region), ""
        except ValueError as error:
            phone, problem = "", str(error)
        yield f"{number}\t{phone}\t{network}\t{text_cell(raw)}\t{text_cell(problem)}\n"


def _report(bad_rows: TextIO) -> int:
    """Writes the rows that were left out. Returns how many there are."""
    count = 0
    unknown = _("No network has this name. Add it under Networks, or write the name as it stands there.")
    with connection.chunked_cursor() as cursor:
        cursor.execute(BAD)
        while rows := cursor.fetchmany(FETCHED_ROWS):
            bad_rows.writelines(
                csv_line([line, problem or f"{network}: {unknown}", raw, network])
                for line, problem, raw, network in rows
            )
            count += len(rows)
    return count


def first_rows(path: Path, limit: int) -> list[tuple[str, str]]:
    """Number and network of the first rows, as they are read.

    :raises UnreadableTable: if it is no table, or its heading says too little.
    """
    rows = rows_of(path)
    columns = columns_of(next(rows))
    width = max(columns.phone, columns.network) + 1
    found: list[tuple[str, str]] = []
    for row in rows:
        if len(found) == limit:
            break
        full: list[Any] = [*row, *[""] * (width - len(row))]
        found.append((plain_cell(full[columns.phone].strip()), full[columns.network].strip()))
    return found
