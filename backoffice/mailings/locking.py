"""The one order in which messages are locked: by id. Whoever changes several of them takes them in it, or skips locked ones.

Two who lock the same rows in different orders wait for each other in a ring until PostgreSQL stops one of them.
"""

from typing import Any


def lock_messages(cursor: Any, ids: str) -> None:
    """Waits for these messages (an array, see lib.arrays), the smallest id first. In a transaction; what is read after it stays as it is until its end."""
    cursor.execute(
        "SELECT FROM mailings_message WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE", [ids]
    )
