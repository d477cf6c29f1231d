"""COPY from an iterator of lines into a table, with the reason when what feeds it stops."""

from collections.abc import Iterator
from typing import Any

import psycopg2

BUFFER_BYTES = 1 << 16
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": ""})


def text_cell(value: str) -> str:
    """A text as COPY's text format wants it. NUL, which PostgreSQL cannot keep, is dropped."""
    if value.isprintable() and "\\" not in value:
        return value
    return value.translate(_ESCAPES)


def copy_lines(cursor: Any, table: str, columns: list[str], lines: Iterator[str]) -> None:
    """Feeds lines of COPY's text format to a table, as they come: memory stays flat.

    :param cursor: Django's, inside a transaction.
    :raises Exception: whatever stops ``lines``, as it was raised there.
    """
    source = _Source(lines)
    try:
        cursor.cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN", source, BUFFER_BYTES)
    except psycopg2.Error:
        # What stops the lines reaches us as a cancelled COPY; the caller needs the reason itself.
        if source.failure is not None:
            raise source.failure from None
        raise


class _Source:
    """What COPY reads from."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines = lines
        self.failure: Exception | None = None

    def read(self, size: int) -> str:
        """At least one line, about ``size`` characters; empty at the end. What stops it stays in ``failure``."""
        lines, length = [], 0
        try:
            for line in self.lines:
                lines.append(line)
                length += len(line)
                if length >= size // 2:
                    break
        except Exception as error:
            self.failure = error
            raise
        return "".join(lines)
