"""What messages tell about their customers, for customers.Contact and for SentHistory."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from backoffice.customers import contacts
from backoffice.mailings import sent_history

# A message whose time was over before it left says nothing about the customer: it is no failure.
_FAILED = "(m.state IN ('undelivered', 'rejected') OR m.state = 'expired' AND m.reason <> 'window_closed')"


def facts_of(messages: str) -> str:
    """The facts of some messages: ``messages`` is a relation with the columns of mailings_message."""
    return f"""(
        SELECT m.customer_id, m.sent_at,
            CASE WHEN m.state = 'delivered' THEN m.final_at END AS delivered_at,
            CASE WHEN {_FAILED} THEN m.final_at END AS failed_at,
            CASE WHEN {_FAILED} THEN coalesce(nullif(m.error, ''), m.reason) END AS failure,
            NULL::timestamptz AS reply_at
        FROM {messages} AS m
        WHERE m.sent_at IS NOT NULL OR {_FAILED}
    )"""


def correct(cursor: Any, customer_ids: Sequence[int], since: datetime) -> None:
    """Tells anew about customers of whom something was told that a later report has proved wrong.

    ``since``: the earliest moment that was wrong. What is older stays, also where its message has been deleted.
    """
    contacts.forget_messages(cursor, customer_ids, since)
    theirs = "(SELECT * FROM mailings_message WHERE customer_id = ANY(%s::bigint[]))"
    cursor.execute(contacts.tell_sql(facts_of(theirs)), [list(customer_ids)])


def rebuild() -> int:
    """Tells about every customer anew, from the messages there are. Returns the number of customers.

    Reads all messages once; receipts wait as long.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('receipts'))")
        cursor.execute("SET LOCAL work_mem = '256MB'")
        sent_history.rebuild(cursor)
        contacts.forget_all_messages(cursor)
        cursor.execute(contacts.tell_sql(facts_of("mailings_message")))
        return int(cursor.rowcount)
