"""A file of customers into the database: read once, COPY into a staging table, one statement for customers, two for consent.

Bad rows are listed with their number and reason and left out; good rows are kept; the same file again changes nothing.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from django.db import connection, transaction
from django.utils.translation import gettext as _

from backoffice.customers.columns import customer_columns
from backoffice.customers.reading import Plan, Reader, Result, plan_of
from backoffice.lib.copying import copy_lines
from backoffice.lib.files.confirmed import Reading, guess
from backoffice.lib.files.reading import read
from backoffice.lib.spreadsheets import csv_line

CONSENTS = ("marketing", "service")


def import_file(
    path: Path,
    *,
    reading: Reading | None = None,
    source: str = "file",
    bad_rows: TextIO | None = None,
    progress: Callable[[int], None] = lambda rows: None,
) -> Result:
    """Imports a CSV or XLSX file, read as somebody has confirmed, or as it is probably meant.

    ``bad_rows`` takes a CSV of the rows left out, with number and reason; ``progress`` is called with the rows read, and
    may raise RunStopped. Raises UnreadableTable; then, too, nothing is changed.
    """
    if reading is None:
        reading = guess(path, customer_columns(), is_short=True)[0]
    plan, rows = plan_of(reading), read(path, reading.shape)
    result = Result()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '128MB'")
        # Sets of this size are joined by hashing. Without fresh statistics PostgreSQL would loop: 109 s instead of 3 s.
        cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute("SET LOCAL synchronous_commit = off")
        _make_staging(cursor, plan)
        reader = Reader(plan, rows, source, result, bad_rows, progress)
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
