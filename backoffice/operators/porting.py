"""A file of numbers that were taken along to another network: COPY into a staging table, then one statement, all or nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.lib.copying import copy_lines, text_cell
from backoffice.lib.files.confirmed import Reading, check_columns, of_run
from backoffice.lib.files.headings import Columns, column
from backoffice.lib.files.problems import Problem
from backoffice.lib.files.reading import read
from backoffice.lib.files.sentences import of_row
from backoffice.lib.phones import normalise
from backoffice.lib.plain_text import cell_text
from backoffice.lib.runs import Tell
from backoffice.lib.said import in_readers_language, refusal, stored
from backoffice.lib.spreadsheets import UnreadableTable, csv_line
from backoffice.operators.models import PortingRun

PROGRESS_EACH_ROWS = 5000
FETCHED_ROWS = 5000
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
SELECT staged.line, staged.problem, staged.raw, staged.network, network.id IS NOT NULL
FROM porting_staging staged LEFT JOIN operators_network network ON lower(network.name) = staged.network
WHERE staged.problem <> '' OR network.id IS NULL
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
WHERE NOT EXISTS (SELECT FROM porting_staging staged WHERE staged.phone = ported.phone)
"""
UNKNOWN_NUMBERS = "SELECT count(*), min(line) FROM porting_staging WHERE problem <> ''"


@dataclass
class Ported:
    """What came of a file: ``read`` and ``bad`` are rows, the others numbers."""

    read: int = 0
    bad: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0


def porting_columns() -> Columns:
    """The columns of a file of ported numbers, with their labels in the reader's language."""
    return Columns(
        [
            column(
                "phone",
                _("phone number"),
                "number",
                "msisdn",
                "телефон",
                "номер",
                "номер телефона",
                hints="mobile,mobile number,mobile phone,subscriber,абонент,мобильный",
                needed=True,
                example="+79161234567",
            ),
            column(
                "network",
                _("network"),
                "operator",
                "recipient",
                "сеть",
                "оператор",
                hints="network name,operator name,recipient operator,new operator,carrier,оператор реципиент,новый оператор",
                needed=True,
                example="MTS",
            ),
        ]
    )


def port(run: PortingRun, bad_rows: TextIO, progress: Tell) -> Ported:
    """Puts the numbers of a file on the list, or makes the file the list.

    :param bad_rows: takes a CSV of the rows left out, in the order of the file.
    :raises UnreadableTable, RunStopped: then nothing is changed.
    """
    result, path, reading = Ported(), Path(run.file.path), of_run(run, porting_columns())
    check_columns(porting_columns, reading)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '128MB'")
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute("DROP TABLE IF EXISTS pg_temp.porting_staging, pg_temp.porting_good")
        cursor.execute(STAGING)
        columns = ["line", "phone", "network", "raw", "problem"]
        copy_lines(cursor, "porting_staging", columns, _lines(path, reading, result, progress))
        cursor.execute(GOOD)
        cursor.execute("ANALYZE porting_staging, porting_good")
        progress(result.read)
        if run.file_is_whole_list:
            _refuse_unknown_numbers(cursor)
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


def _refuse_unknown_numbers(cursor: Any) -> None:
    """A number that cannot be read would be taken off the list as if it were not in the file."""
    cursor.execute(UNKNOWN_NUMBERS)
    count, row = cursor.fetchone()
    if count:
        raise UnreadableTable(partial(_would_be_taken_off, count, row))


def _would_be_taken_off(count: int, row: int) -> str:
    sentence = ngettext(
        "%(count)d row cannot be read (row %(row)d), and its number would be taken off the list. Mend it and upload the file again.",
        "%(count)d rows cannot be read (the first is row %(row)d), and their numbers would be taken off the list. Mend them"
        " and upload the file again.",
        count,
    )
    return sentence % {"count": count, "row": row}


def bad_rows_heading() -> str:
    """The heading of the list of bad rows, which can be uploaded again once it is mended."""
    return csv_line([stored(lambda: _("row")), stored(lambda: _("what is wrong")), "phone", "network"])


def _lines(path: Path, reading: Reading, result: Ported, progress: Tell) -> Iterator[str]:
    """The rows as lines of COPY's text format."""
    names = reading.columns
    at_phone, at_network = names.index("phone"), names.index("network")
    for number, row, unreadable, _lines in read(path, reading.shape):
        result.read += 1
        if result.read % PROGRESS_EACH_ROWS == 0:
            progress(result.read)
        row = [*row, *[""] * (len(names) - len(row))]
        raw, network = row[at_phone].strip(), row[at_network].strip().lower()
        clean = partial(_cleaned, number, raw, network, unreadable)
        try:
            (phone, network), problem = clean(), ""
        except ValueError:
            phone, problem = "", stored(partial(refusal, clean))
        cells = [str(number), phone, text_cell(network), text_cell(raw), text_cell(problem)]
        yield "\t".join(cells) + "\n"


def _cleaned(number: int, raw: str, network: str, unreadable: Problem | None) -> tuple[str, str]:
    """The phone number and the network of a row. Raises ValueError with a sentence."""
    if unreadable is not None:
        raise ValueError(of_row(number, *unreadable))
    network = cell_text(network)
    return normalise(cell_text(raw), settings.DEFAULT_REGION), network


def _report(bad_rows: TextIO) -> int:
    """Writes the rows that were left out. Returns how many there are."""
    count = 0
    with connection.chunked_cursor() as cursor:
        cursor.execute(BAD)
        while rows := cursor.fetchmany(FETCHED_ROWS):
            for line, problem, raw, network, is_known in rows:
                wrong = partial(_wrong, problem, "" if is_known else network)
                bad_rows.write(csv_line([line, stored(wrong), raw, network]))
            count += len(rows)
    return count


def _wrong(problem: str, unknown: str) -> str:
    """All that is wrong with a row. ``unknown`` is the name of a network that nobody knows."""
    sentence = _("No network has this name. Add it under Networks, or write the name as it stands there.")
    return " ".join(filter(None, [in_readers_language(problem), f"{unknown}: {sentence}" if unknown else ""]))
