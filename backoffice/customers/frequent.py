"""The values that most customers have in a column, and about how many have each, for inputs that offer them."""

from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db import connection

from backoffice.customers.models import Customer

OFFERED = 40
KEPT_SECONDS = 300
# A table no longer than this is counted each time; of a longer one that has never been analysed, enough for what is
# frequent.
FIRST_ROWS = 2_000

# What PostgreSQL itself has noted of a column: 2 ms at 1.9 million customers, on a busy machine, where SELECT DISTINCT
# reads the whole table (1.4 s for each of a dozen inputs) and TABLESAMPLE (1 %) takes 16 ms and misses what stands together
# elsewhere. It is as old as the last ANALYZE, which autovacuum runs whenever a tenth of the rows has changed. What an array
# has most often are its elements; their shares are of the rows that have an array at all.
_STATISTICS = """
    SELECT common.value, round(reltuples * common.share * CASE WHEN most_common_elems IS NULL THEN 1 ELSE 1 - null_frac END)
    FROM pg_stats
    JOIN pg_class ON pg_class.oid = to_regclass(format('%%I.%%I', schemaname, tablename)),
    unnest(
        coalesce(most_common_elems::text, most_common_vals::text)::text[],
        coalesce(most_common_elem_freqs, most_common_freqs)
    ) AS common (value, share)
    WHERE schemaname = ANY (current_schemas(false)) AND tablename = %s AND attname = %s AND common.value <> ''
    ORDER BY common.share DESC, common.value LIMIT %s
"""


@dataclass(frozen=True)
class Frequent:
    """A value and how many customers have it: as estimated from a sample, or counted; None where nobody knows."""

    value: str
    customers: int | None = None
    is_exact: bool = False


def frequent_values(column: str) -> list[Frequent]:
    """The most frequent values of a text column of customers, or elements of an array of texts; most frequent first.

    At most OFFERED, without the empty one; up to KEPT_SECONDS old, and in a table longer than FIRST_ROWS as old as its last
    ANALYZE.
    """
    key = f"frequent:{column}"
    found: list[Frequent] | None = cache.get(key)
    if found is None:
        # Of a small table the statistics may tell of rows long gone: TRUNCATE keeps them, and ANALYZE comes later.
        is_small = Customer.objects.all()[:FIRST_ROWS].count() < FIRST_ROWS
        found = [] if is_small else _from_statistics(column)
        found = found or _from_first_rows(column, is_all=is_small)
        cache.set(key, found, KEPT_SECONDS)
    return found


def _from_statistics(column: str) -> list[Frequent]:
    rows = _rows_of(_STATISTICS, [Customer._meta.db_table, column, OFFERED])
    # A table that has never been counted has -1 rows.
    return [Frequent(value, int(customers) if customers > 0 else None) for value, customers in rows]


def _from_first_rows(column: str, *, is_all: bool) -> list[Frequent]:
    is_array = Customer._meta.get_field(column).get_internal_type() == "ArrayField"
    quoted = connection.ops.quote_name(column)
    value = f"unnest({quoted})" if is_array else quoted
    rows = _rows_of(
        f"""
        SELECT value, count(*)
        FROM (SELECT {value} AS value FROM (SELECT {quoted} FROM customers_customer LIMIT %s) AS first) AS each
        WHERE value <> '' GROUP BY value ORDER BY count(*) DESC, value LIMIT %s
        """,
        [FIRST_ROWS, OFFERED],
    )
    return [
        Frequent(value, customers, is_exact=True) if is_all else Frequent(value) for value, customers in rows
    ]


def _rows_of(statement: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
