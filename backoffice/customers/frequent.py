"""The values that most customers have in a column, for inputs that offer them."""

from typing import Any

from django.core.cache import cache
from django.db import connection

from backoffice.customers.models import Customer

OFFERED = 40
KEPT_SECONDS = 300
# Enough for what is frequent where the table has never been analysed.
FIRST_ROWS = 2_000

# What PostgreSQL itself has noted of a column: 2 ms at 1.9 million customers, on a busy machine, where SELECT DISTINCT
# reads the whole table (1.4 s for each of a dozen inputs) and TABLESAMPLE (1 %) takes 16 ms and misses what stands together
# elsewhere. It is as old as the last ANALYZE, which autovacuum runs whenever a tenth of the rows has changed. What an array
# has most often are its elements.
_STATISTICS = """
    SELECT common.value
    FROM pg_stats, unnest(
        coalesce(most_common_elems::text, most_common_vals::text)::text[],
        coalesce(most_common_elem_freqs, most_common_freqs)
    ) AS common (value, share)
    WHERE schemaname = ANY (current_schemas(false)) AND tablename = %s AND attname = %s AND common.value <> ''
    ORDER BY common.share DESC, common.value LIMIT %s
"""


def frequent_values(column: str) -> list[str]:
    """The most frequent values of a text column of customers, or elements of an array of texts; most frequent first.

    At most OFFERED, without the empty one; up to KEPT_SECONDS and the last ANALYZE old.
    """
    key = f"frequent-values:{column}"
    values: list[str] | None = cache.get(key)
    if values is None:
        values = _from_statistics(column) or _from_first_rows(column)
        cache.set(key, values, KEPT_SECONDS)
    return values


def _from_statistics(column: str) -> list[str]:
    return _column_of(_STATISTICS, [Customer._meta.db_table, column, OFFERED])


def _from_first_rows(column: str) -> list[str]:
    is_array = Customer._meta.get_field(column).get_internal_type() == "ArrayField"
    quoted = connection.ops.quote_name(column)
    value = f"unnest({quoted})" if is_array else quoted
    return _column_of(
        f"""
        SELECT value FROM (SELECT {value} AS value FROM customers_customer LIMIT %s) AS first
        WHERE value <> '' GROUP BY value ORDER BY count(*) DESC, value LIMIT %s
        """,
        [FIRST_ROWS, OFFERED],
    )


def _column_of(statement: str, parameters: list[Any]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [value for (value,) in cursor.fetchall()]
