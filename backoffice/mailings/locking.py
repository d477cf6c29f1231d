"""The one order in which messages are locked: by id. Whoever changes several of them takes them in it, or skips locked ones.

Two who lock the same rows in different orders wait for each other in a ring until PostgreSQL stops one of them.
"""

from typing import Any


def lock_messages(cursor: Any, ids: str) -> list[tuple[int, str]]:
    """Waits for these messages (an array, see lib.arrays), the smallest id first; id and state of each that exists.

    In a transaction; what is read after it stays as it is until its end.
    """
    cursor.execute(
        "SELECT id, state FROM mailings_message WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE",
        [ids],
    )
    found: list[tuple[int, str]] = cursor.fetchall()
    return found
