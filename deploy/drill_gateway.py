"""The host of one of two gateways is gone in the middle of a mailing, which ends over the other one.

What the dead bearerbox had taken stays open, for nobody can know what became of it. When all the rest has left, its host
comes back with the store on its disk, and the ledger closes.
"""

import subprocess
import time

import psycopg2

from deploy import programs, second_gateway, tuning
from deploy.console import say
from deploy.failing import wait_until
from deploy.stack import Stack

GATEWAY = "gateway"
# Both have the same lines; the first one has always been there.
VICTIM, VICTIM_ROW = "bearerbox", programs.GATEWAY
LOOK_SECONDS = 0.5
# Of each line, so that all of them have been in use.
DELIVERED_BEFORE, WITHIN_SECONDS = 20, 60.0
# The operator gives receipts to either gateway. One that comes to the other before the first has kept its key is lost to
# Kannel, and its message ends by the clock; real receipts take seconds.
RECEIPTS = ["--receipt-delay-min-seconds", "1", "--receipt-delay-max-seconds", "2"]


def place() -> second_gateway.Place:
    """Where the second gateway of the drill runs."""
    return second_gateway.Place()


def fail(stack: Stack, mailing: "subprocess.Popen[bytes]", made_after: int) -> None:
    """When every line has carried messages the bearerbox dies. It is back when nothing of the mailing waits any more.

    :param mailing: the process that follows the mailing; when it has ended, nothing is waited for.
    """
    wait_until(
        lambda: min(tuning.delivered_by_line(stack, made_after=made_after).values()) >= DELIVERED_BEFORE,
        WITHIN_SECONDS,
        "Not every line carries messages and brings receipts.",
    )
    stack.kill_for_good(VICTIM)
    say(f"Gateway {VICTIM_ROW} is gone. Kannel had {_held(stack)} messages there.")
    while mailing.poll() is None and tuning.counts(stack, made_after=made_after).get("waiting", 0):
        time.sleep(LOOK_SECONDS)
    say(f"All the rest has left over the other gateway. {_held(stack)} messages are still there.")
    stack.start(only=[VICTIM])


def restore(stack: Stack) -> None:
    """Both gateways are up, and their lines are used without limits."""
    stack.start(only=[VICTIM])
    tuning.wait_until_online(stack)
    tuning.trust_all(stack)


def carried_by(stack: Stack, mailing_id: int) -> dict[str, int]:
    """Messages of a mailing by the gateway over which they went."""
    with tuning.cursor(stack) as query:
        query.execute(
            "SELECT gateway.name, count(*) FROM mailings_message message"
            " JOIN kannel_connection via ON via.id = message.connection_id"
            " JOIN kannel_gateway gateway ON gateway.id = via.gateway_id"
            " WHERE message.mailing_id = %s AND message.submitted_at IS NOT NULL GROUP BY 1",
            [mailing_id],
        )
        return dict(query.fetchall())


def windows(stack: Stack) -> int:
    """Submits that the dead gateway may have had under way: one window for each of its lines, which broke once."""
    with tuning.cursor(stack) as query:
        query.execute(
            'SELECT sum(via."window" * via.binds) FROM kannel_connection via'
            " JOIN kannel_gateway gateway ON gateway.id = via.gateway_id"
            " WHERE via.is_enabled AND gateway.name = %s",
            [VICTIM_ROW],
        )
        return int(query.fetchone()[0])


def _held(stack: Stack) -> int:
    try:
        with tuning.cursor(stack) as query:
            query.execute(
                "SELECT count(*) FROM mailings_message message"
                " JOIN kannel_connection via ON via.id = message.connection_id"
                " JOIN kannel_gateway gateway ON gateway.id = via.gateway_id"
                " WHERE message.state IN ('submitting', 'uncertain', 'accepted') AND gateway.name = %s",
                [VICTIM_ROW],
            )
            return int(query.fetchone()[0])
    except psycopg2.OperationalError:
        return 0
