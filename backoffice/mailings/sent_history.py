"""Keeping SentHistory: when messages were sent to each customer, with parts and cost added up, in the order of time.

Whoever tells gives facts: rows of customer_id, sent_at, parts and cost, each message once, in any order. All who tell hold the
lock "receipts", so nobody else changes the rows between reading and writing them.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from backoffice.lib.amounts import PRICE_PLACES

# Moments are whole seconds since then, as 4 bytes: from 1986 to 2088.
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
EARLIEST = -(2**30)
# cost has six decimals. A running sum of whole numbers takes 8 bytes, and no arithmetic of decimals.
COST_UNITS: int = 10**PRICE_PLACES

_COLUMNS = "customer_id, sent_seconds, parts_so_far, cost_so_far"
_FACT = f"""customer_id, (floor(date_part('epoch', sent_at)) - {int(EPOCH.timestamp())})::int AS second,
    parts::int AS parts, (cost * {COST_UNITS})::bigint AS cost"""


def second_of(moment: datetime) -> int:
    """A moment as the history keeps it; what is too long ago becomes the earliest one there is."""
    return max(EARLIEST, int((moment - EPOCH).total_seconds() // 1))


def facts_of(messages: str) -> str:
    """The facts of some messages: ``messages`` is a relation with the columns of mailings_message."""
    return f"(SELECT customer_id, sent_at, parts, cost FROM {messages} AS m WHERE sent_at IS NOT NULL)"


def tell_sql(facts: str) -> str:
    """The one statement that adds ``facts``, a relation or a SELECT in parentheses. It may stand behind a WITH.

    Nearly always a customer gets one message, later than all before: it is put at the end. Otherwise all of theirs are
    sorted and added up anew. Customers who are no longer there are passed over.
    """
    all_facts = """
        SELECT customer_id, own.second, own.parts, own.cost
        FROM told, unnest(seconds, parts, costs) AS own (second, parts, cost) WHERE NOT is_next
        UNION ALL
        SELECT customer_id, sent_seconds[n], parts_so_far[n] - coalesce(parts_so_far[n - 1], 0),
            cost_so_far[n] - coalesce(cost_so_far[n - 1], 0)
        FROM told, generate_subscripts(sent_seconds, 1) AS n WHERE NOT is_next
    """
    return f"""
    INSERT INTO mailings_senthistory ({_COLUMNS})
    WITH told AS MATERIALIZED (
        SELECT own.*, kept.*, cardinality(seconds) = 1
            AND coalesce(seconds[1] > sent_seconds[cardinality(sent_seconds)], true) AS is_next
        FROM (
            SELECT customer_id, array_agg(second) AS seconds, array_agg(parts) AS parts, array_agg(cost) AS costs
            FROM (SELECT {_FACT} FROM {facts} AS told_facts) AS fact GROUP BY customer_id
        ) AS own
        LEFT JOIN LATERAL (
            SELECT sent_seconds, parts_so_far, cost_so_far FROM mailings_senthistory
            WHERE mailings_senthistory.customer_id = own.customer_id
            OFFSET 0  -- looked up one by one: read whole it takes ten times as long as all the rest
        ) AS kept ON true
        WHERE EXISTS (SELECT FROM customers_customer c WHERE c.id = own.customer_id)
    )
    SELECT customer_id, sent_seconds || seconds[1],
        parts_so_far || coalesce(parts_so_far[cardinality(parts_so_far)], 0) + parts[1],
        cost_so_far || coalesce(cost_so_far[cardinality(cost_so_far)], 0) + costs[1]
    FROM told WHERE is_next
    UNION ALL
    {_summed(f"({all_facts})")}
    ON CONFLICT (customer_id) DO UPDATE SET sent_seconds = excluded.sent_seconds,
        parts_so_far = excluded.parts_so_far, cost_so_far = excluded.cost_so_far
    """


def _summed(facts: str) -> str:
    """The whole history of customers, from all facts of theirs."""
    return f"""
    SELECT customer_id, array_agg(second ORDER BY number), array_agg(parts::int ORDER BY number),
        array_agg(cost::bigint ORDER BY number)
    FROM (
        SELECT customer_id, second, sum(parts) OVER so_far AS parts, sum(cost) OVER so_far AS cost,
            row_number() OVER so_far AS number
        FROM {facts} AS all_facts
        WINDOW so_far AS (PARTITION BY customer_id ORDER BY second, parts, cost ROWS UNBOUNDED PRECEDING)
    ) AS summed
    GROUP BY customer_id
    """


def correct(cursor: Any, customer_ids: Sequence[int], since: datetime) -> None:
    """Tells anew about customers one of whose messages was sent at another moment than was told.

    ``since``: the earliest such moment. What is older stays, also where its message has been deleted.
    """
    params = {"customer_ids": list(customer_ids), "second": second_of(since), "since": since}
    cursor.execute(
        """
        UPDATE mailings_senthistory SET sent_seconds = sent_seconds[:n], parts_so_far = parts_so_far[:n],
            cost_so_far = cost_so_far[:n]
        FROM (
            SELECT customer_id AS id, width_bucket(%(second)s - 1, sent_seconds) AS n FROM mailings_senthistory
            WHERE customer_id = ANY(%(customer_ids)s::bigint[])
        ) AS cut
        WHERE customer_id = id
        """,
        params,
    )
    theirs = """(SELECT * FROM mailings_message WHERE customer_id = ANY(%(customer_ids)s::bigint[])
        AND sent_at >= date_trunc('second', %(since)s::timestamptz))"""
    cursor.execute(tell_sql(facts_of(theirs)), params)


def rebuild(cursor: Any) -> None:
    """Tells about every customer anew, from the messages there are."""
    cursor.execute("DELETE FROM mailings_senthistory")
    of_customers = "(SELECT m.* FROM mailings_message m JOIN customers_customer c ON c.id = m.customer_id)"
    facts = f"(SELECT {_FACT} FROM {facts_of(of_customers)} AS facts)"
    cursor.execute(f"INSERT INTO mailings_senthistory ({_COLUMNS}) {_summed(facts)}")
