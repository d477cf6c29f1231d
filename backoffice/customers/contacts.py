"""Keeping Contact: what our messages came to with each customer, told in sets by the rooms that know.

Whoever tells gives facts: rows of customer_id, sent_at, delivered_at, failed_at, failure and reply_at, NULL where there
is nothing to tell. Of each kind the latest moment stays, so facts may come in any order and any number of times.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

# The latest failure is the greatest text that begins with its moment; 20 digits, then the words. Among failures of the
# same microsecond the greatest words win, so that the result does not hang on the order either.
_LATEST_FAILURE = "max(to_char(failed_at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS') || failure)"
_DIGITS = 20


def tell_sql(facts: str) -> str:
    """The one statement that tells ``facts``, a relation or a SELECT in parentheses. It may stand behind a WITH.

    Customers who are no longer there are passed over. Rows are locked in the order of their ids: two who tell at the
    same time wait for each other and never in a ring.
    """
    return f"""
    INSERT INTO customers_contact AS kept
        (customer_id, last_sent_at, last_delivered_at, last_failed_at, last_failure, last_reply_at)
    SELECT customer_id, sent_at, delivered_at, failed_at, coalesce(substr(latest_failure, {_DIGITS + 1}), ''), reply_at
    FROM (
        SELECT customer_id, max(sent_at) AS sent_at, max(delivered_at) AS delivered_at, max(failed_at) AS failed_at,
            {_LATEST_FAILURE} AS latest_failure, max(reply_at) AS reply_at
        FROM {facts} AS facts GROUP BY customer_id
    ) AS told
    WHERE EXISTS (SELECT FROM customers_customer c WHERE c.id = told.customer_id)
    ORDER BY customer_id
    ON CONFLICT (customer_id) DO UPDATE SET
        last_sent_at = greatest(kept.last_sent_at, excluded.last_sent_at),
        last_delivered_at = greatest(kept.last_delivered_at, excluded.last_delivered_at),
        last_failure = CASE
            WHEN (excluded.last_failed_at, excluded.last_failure)
                > (coalesce(kept.last_failed_at, '-infinity'), kept.last_failure) THEN excluded.last_failure
            ELSE kept.last_failure END,
        last_failed_at = greatest(kept.last_failed_at, excluded.last_failed_at),
        last_reply_at = greatest(kept.last_reply_at, excluded.last_reply_at)
    """


def forget_messages(cursor: Any, customer_ids: Sequence[int], since: datetime) -> None:
    """Takes back what was told about messages of some customers since a moment, before the truth is told anew."""
    cursor.execute(
        """
        UPDATE customers_contact SET
            last_sent_at = CASE WHEN last_sent_at < %(since)s THEN last_sent_at END,
            last_delivered_at = CASE WHEN last_delivered_at < %(since)s THEN last_delivered_at END,
            last_failed_at = CASE WHEN last_failed_at < %(since)s THEN last_failed_at END,
            last_failure = CASE WHEN last_failed_at < %(since)s THEN last_failure ELSE '' END
        WHERE customer_id = ANY(%(customer_ids)s::bigint[])
        """,
        {"customer_ids": list(customer_ids), "since": since},
    )


def forget_all_messages(cursor: Any) -> None:
    """The same for everybody and for all times."""
    cursor.execute(
        """
        UPDATE customers_contact
        SET last_sent_at = NULL, last_delivered_at = NULL, last_failed_at = NULL, last_failure = ''
        """
    )
