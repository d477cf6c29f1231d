"""The database after a test that commits: again as the migrations left it, in some hundredths of a second.

Django's own way empties every table and tells all apps that they were just migrated (1.0 to 2.4 s), and what migrations
wrote (groups, the first page) is gone for the tests after it.
"""

from dataclasses import dataclass
from typing import Any, Self

from django.db import connection, transaction
from django.test import TransactionTestCase

SCHEMA = "as_migrated"
# Partitions belong to their parents, which are long. What was approved refuses a DELETE.
_TABLES = """
SELECT relname, relkind = 'p' OR EXISTS (
    SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname LIKE '%_is_immutable'
), (
    SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
)
FROM pg_class c
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
ORDER BY relname
"""
_CONTENTS = "(SELECT md5(string_agg(r::text, ',' ORDER BY r::text COLLATE \"C\")) FROM public.{0} r)"


@dataclass(frozen=True)
class Table:
    """A table, whether it can only be truncated, and a hash of what migrations wrote into it; None for nothing."""

    name: str
    is_truncated: bool
    columns: str
    contents: str | None


@dataclass(frozen=True)
class Migrated:
    """What the tables hold after the migrations."""

    tables: tuple[Table, ...]

    @classmethod
    def kept(cls) -> Self:
        """Copies it into a schema of its own, from which it comes back."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_TABLES)
            found = cursor.fetchall()
            cursor.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
            cursor.execute(f"CREATE SCHEMA {SCHEMA}")
            contents = _contents(cursor, [name for name, *_rest in found])
            for name, hashed in contents.items():
                if hashed is not None:
                    cursor.execute(f"CREATE TABLE {SCHEMA}.{name} AS TABLE public.{name}")
        return cls(tuple(Table(*row, contents[row[0]]) for row in found))

    def restore(self) -> None:
        """Takes away what a test left behind, and brings back what it took."""
        with transaction.atomic(), connection.cursor() as cursor:
            now = _contents(cursor, [table.name for table in self.tables])
            changed = [table for table in self.tables if now[table.name] != table.contents]
            if truncated := [f"public.{table.name}" for table in changed if table.is_truncated]:
                cursor.execute(f"TRUNCATE {', '.join(truncated)}")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            for table in changed:
                if not table.is_truncated:
                    cursor.execute(f"DELETE FROM public.{table.name}")
            for table in changed:
                if table.contents is not None:
                    cursor.execute(
                        f"INSERT INTO public.{table.name} ({table.columns})"
                        f" SELECT {table.columns} FROM {SCHEMA}.{table.name}"
                    )


def _contents(cursor: Any, names: list[str]) -> dict[str, str | None]:
    """A hash of each table's rows, None where there are none."""
    cursor.execute(" UNION ALL ".join(f"SELECT '{name}', {_CONTENTS.format(name)}" for name in names))
    return dict(cursor.fetchall())


def restore_after_tests(migrated: Migrated) -> None:
    """From now on a test that commits ends like this."""

    def restore(self: TransactionTestCase) -> None:
        migrated.restore()

    TransactionTestCase._fixture_teardown = restore  # type: ignore[method-assign]
