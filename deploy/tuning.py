"""What a measurement sets otherwise than the demo does, and what it counts, straight in the stack's database."""

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg2

from deploy.stack import Stack, StackError

UNLIMITED_PER_SECOND = 10_000  # the most that a connection may have


@contextmanager
def cursor(stack: Stack) -> Iterator[Any]:
    """A cursor whose statements are committed at the end. The database may be away: psycopg2.OperationalError."""
    connection = psycopg2.connect(stack.settings["DATABASE_URL"], connect_timeout=5)
    try:
        with connection, connection.cursor() as result:
            yield result
    finally:
        connection.close()


def set_throughput(stack: Stack, per_second: int) -> None:
    """Of every connection, in parts a second."""
    with cursor(stack) as query:
        query.execute("UPDATE kannel_connection SET throughput_per_second = %s", [per_second])


def allow_repeats(stack: Stack) -> None:
    """The same people may get any number of mailings: each start of a demo or a measurement writes to all of them."""
    with cursor(stack) as query:
        query.execute("UPDATE mailings_contactrules SET one_mailing_a_day = false, cap_messages = 0")


def set_receipt_margin(stack: Stack, seconds: float) -> None:
    """How long after the end of a mailing every operator's receipts are waited for."""
    with cursor(stack) as query:
        query.execute("UPDATE operators_operator SET receipt_margin = make_interval(secs => %s)", [seconds])


def use_only(stack: Stack, kind: str) -> str:
    """Leaves connections of one kind in use; returns the name of one of them."""
    with cursor(stack) as query:
        query.execute("UPDATE kannel_connection SET is_enabled = (kind = %s)", [kind])
        query.execute("SELECT name FROM kannel_connection WHERE kind = %s ORDER BY id LIMIT 1", [kind])
        return str(query.fetchone()[0])


def report_through_smsbox(stack: Stack, name: str) -> None:
    """Delivery reports come to this smsbox, which calls our endpoint; with an empty name to our listener."""
    with cursor(stack) as query:
        query.execute("UPDATE kannel_gateway SET smsbox_id = %s", [name])


def windows(stack: Stack) -> dict[str, int]:
    """Submits under way at a time, added up by kind of connection."""
    with cursor(stack) as query:
        query.execute('SELECT kind, sum("window") FROM kannel_connection WHERE is_enabled GROUP BY kind')
        return {kind: int(total) for kind, total in query.fetchall()}


def use_gateways(stack: Stack, names: Collection[str]) -> None:
    """Leaves these gateways in use, and no other."""
    with cursor(stack) as query:
        query.execute("UPDATE kannel_gateway SET is_enabled = (name = ANY(%s))", [list(names)])


def wait_until_online(stack: Stack, seconds: float = 60) -> None:
    """Until our watch has seen every line in use online.

    :raises StackError: when it has not by then.
    """
    deadline = time.monotonic() + seconds
    while lines := _down(stack):
        if time.monotonic() > deadline:
            raise StackError(f"These lines do not come up: {'; '.join(lines)}. See {stack.var}/log.")
        time.sleep(0.5)


def _down(stack: Stack) -> list[str]:
    with cursor(stack) as query:
        query.execute(
            "SELECT format('%s %s, last seen %s, over gateway %s %s', via.name, via.status,"
            " coalesce(via.seen_at::text, 'never'), gateway.name, gateway.status) FROM kannel_connection via"
            " JOIN kannel_gateway gateway ON gateway.id = via.gateway_id"
            " WHERE via.is_enabled AND gateway.is_enabled AND NOT ("
            " via.status = 'online' AND gateway.status = 'running'"
            " AND coalesce(via.seen_at > now() - interval '10 seconds', false))"
        )
        return [row[0] for row in query.fetchall()]


def by_line(stack: Stack, mailing_id: int) -> dict[str, int]:
    """Messages of a mailing that left, by connection."""
    with cursor(stack) as query:
        query.execute(
            "SELECT via.name, count(*) FROM mailings_message message"
            " JOIN kannel_connection via ON via.id = message.connection_id"
            " WHERE message.mailing_id = %s AND message.submitted_at IS NOT NULL GROUP BY 1 ORDER BY 1",
            [mailing_id],
        )
        return dict(query.fetchall())


def delivered_by_line(stack: Stack, *, made_after: int) -> dict[str, int]:
    """Delivered messages of the mailing made after that one, for every connection in use."""
    with cursor(stack) as query:
        query.execute(
            "SELECT via.name, count(message.id) FROM kannel_connection via"
            " LEFT JOIN mailings_message message ON message.connection_id = via.id"
            " AND message.mailing_id > %s AND message.state = 'delivered'"
            " WHERE via.is_enabled GROUP BY via.name",
            [made_after],
        )
        return dict(query.fetchall())


def newest_mailing(stack: Stack) -> int:
    """The id of the mailing made last, 0 if there is none."""
    with cursor(stack) as query:
        query.execute("SELECT coalesce(max(id), 0) FROM mailings_mailing")
        return int(query.fetchone()[0])


def customers(stack: Stack) -> int:
    with cursor(stack) as query:
        query.execute("SELECT count(*) FROM customers_customer")
        return int(query.fetchone()[0])


def slow_down(stack: Stack, mailing_id: int, per_second: int) -> None:
    """Of a mailing that has a limit already."""
    with cursor(stack) as query:
        query.execute(
            "UPDATE mailings_speedlimit SET per_second = %s, room = 0, counted_at = now() WHERE mailing_id = %s",
            [per_second, mailing_id],
        )


def full_speed(stack: Stack, mailing_id: int) -> None:
    """The mailing goes as fast as its operators take it."""
    with cursor(stack) as query:
        query.execute("DELETE FROM mailings_speedlimit WHERE mailing_id = %s", [mailing_id])


def is_left(stack: Stack, kind: str) -> bool:
    """Whether Parley has stopped using a connection of a kind."""
    with cursor(stack) as query:
        query.execute(
            "SELECT EXISTS (SELECT FROM operators_standing standing"
            " JOIN kannel_connection via ON via.id = standing.connection_id"
            " WHERE via.kind = %s AND standing.state = 'left')",
            [kind],
        )
        return bool(query.fetchone()[0])


def held_for(stack: Stack, kind: str) -> int:
    """Messages that Kannel has taken for connections of a kind, and no operator."""
    with cursor(stack) as query:
        query.execute(
            "SELECT count(*) FROM mailings_message message JOIN kannel_connection via ON via.id = message.connection_id"
            " WHERE via.kind = %s AND message.state IN ('submitting', 'uncertain', 'accepted')",
            [kind],
        )
        return int(query.fetchone()[0])


def counts(stack: Stack, *, made_after: int) -> dict[str, int]:
    """Messages by state of the mailing that was made after that one; empty until there is one."""
    with cursor(stack) as query:
        query.execute(
            "SELECT state, count(*) FROM mailings_message WHERE mailing_id > %s GROUP BY state", [made_after]
        )
        return dict(query.fetchall())


def end_given_away(stack: Stack, *, made_after: int) -> None:
    """The time of what Kannel or an operator has of the mailing made after that one is over, receipts included."""
    with cursor(stack) as query:
        query.execute(
            "UPDATE mailings_message message SET latest_at = now() - operator.receipt_margin - interval '1 second'"
            " FROM kannel_connection via JOIN operators_operator operator ON operator.id = via.operator_id"
            " WHERE message.connection_id = via.id AND message.mailing_id > %s"
            " AND message.state IN ('accepted', 'sent')",
            [made_after],
        )


def recipients(stack: Stack, mailing_id: int) -> list[tuple[str, str]]:
    """(digits of the number, state) of all who were meant to get a mailing."""
    with cursor(stack) as query:
        query.execute(
            "SELECT ltrim(customer.phone, '+'), message.state FROM mailings_message message"
            " JOIN customers_customer customer ON customer.id = message.customer_id"
            " WHERE message.mailing_id = %s AND message.state NOT IN ('excluded', 'held_out')",
            [mailing_id],
        )
        return query.fetchall()  # type: ignore[no-any-return]


def is_balanced(stack: Stack, mailing_id: int) -> bool:
    """Whether the ledger of a mailing adds up."""
    with cursor(stack) as query:
        query.execute("SELECT balanced FROM mailings_ledger WHERE mailing_id = %s", [mailing_id])
        return bool(query.fetchone()[0])


def all_online(stack: Stack, since: datetime) -> bool:
    """Whether every connection in use was seen up after that."""
    with cursor(stack) as query:
        query.execute(
            "SELECT bool_and(status = 'online' AND coalesce(seen_at > %s, false))"
            " FROM kannel_connection WHERE is_enabled",
            [since],
        )
        return bool(query.fetchone()[0])


def trust_all(stack: Stack) -> None:
    """Every connection is used without limits again, and what was counted of its messages is forgotten."""
    with cursor(stack) as query:
        query.execute("DELETE FROM operators_standing")
        query.execute("UPDATE mailings_pausedpart SET ended_at = now() WHERE ended_at IS NULL")
        query.execute("DELETE FROM mailings_cohort")


def delivered_over(stack: Stack, kind: str) -> int:
    """Delivered messages that Parley has counted for connections of a kind, since trust_all()."""
    with cursor(stack) as query:
        query.execute(
            "SELECT coalesce(sum(messages), 0) FROM mailings_cohort cohort"
            " JOIN kannel_connection via ON via.id = cohort.connection_id"
            " WHERE via.kind = %s AND cohort.outcome = 'delivered'",
            [kind],
        )
        return int(query.fetchone()[0])


def delivered_of(stack: Stack, since: datetime, *, made_after: int, kind: str = "") -> int:
    """Delivered messages of the mailing made after that one that left since then, over connections of a kind if one is named."""
    with cursor(stack) as query:
        query.execute(
            "SELECT count(*) FROM mailings_message message JOIN kannel_connection via ON via.id = message.connection_id"
            " WHERE message.mailing_id > %s AND message.state = 'delivered' AND message.submitted_at > %s"
            " AND %s IN ('', via.kind)",
            [made_after, since, kind],
        )
        return int(query.fetchone()[0])


def went_elsewhere(stack: Stack, mailing_id: int) -> int:
    """Messages of a mailing that another connection carried than the one they were planned for."""
    with cursor(stack) as query:
        query.execute(
            "SELECT coalesce(sum(messages), 0) FROM mailings_move WHERE mailing_id = %s AND source_id <> target_id",
            [mailing_id],
        )
        return int(query.fetchone()[0])


def deadlocks(stack: Stack) -> int:
    """How many deadlocks PostgreSQL has ended since its statistics began."""
    with cursor(stack) as query:
        query.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(query.fetchone()[0])


def forget_statements(stack: Stack) -> None:
    """What pg_stat_statements counted begins anew."""
    with cursor(stack) as query:
        query.execute("SELECT pg_stat_statements_reset()")


def slowest_statements(stack: Stack, count: int) -> list[str]:
    """Lines for people: seconds in all, calls, milliseconds a call, and how the statement begins."""
    with cursor(stack) as query:
        query.execute(
            "SELECT total_exec_time / 1000, calls, mean_exec_time, rows,"
            " left(regexp_replace(query, '\\s+', ' ', 'g'), 160)"
            " FROM pg_stat_statements ORDER BY total_exec_time DESC LIMIT %s",
            [count],
        )
        return [
            f"  {seconds:>8.1f} s {calls:>8} calls {mean:>9.1f} ms {rows:>10} rows  {text}"
            for seconds, calls, mean, rows, text in query.fetchall()
        ]
