"""Arrays for PostgreSQL, written as one value."""

from collections.abc import Iterable


def bigints(numbers: Iterable[int]) -> str:
    """Whole numbers for `%s::bigint[]`: '{1,2,3}'.

    psycopg2 writes a list as ARRAY[1,2,3], whose every element PostgreSQL parses as an expression of its own, and the
    statistics of statements know as another statement for each length.
    """
    return "{" + ",".join(map(str, numbers)) + "}"
