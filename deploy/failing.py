"""Operators that fail for good in the middle of a mailing: one whose system is gone, one that takes all and delivers nothing."""

import time

from deploy import tuning
from deploy.demo import say
from deploy.link import control_port
from deploy.stack import Stack, StackError
from kannel.simulator import control

DIES, LIES = "operator-dies", "operator-lies"
DRILLS = (DIES, LIES)
# The operator that fails, and the process that plays it.
KIND = "smpp"
PROCESS = f"operator-{KIND}"
# A lie shows when receipts stay away, so the mailing has to last longer than they usually take to come.
PER_SECOND = {DIES: 500, LIES: 80}
ONLINE_WITHIN_SECONDS = 60
# A lie is told from a slow operator by how fast receipts came before, which is known from 100 of them (mailings.signs).
RECEIPTS_BEFORE = 110
RECEIPTS_WITHIN_SECONDS = 120
# The watch looks every three seconds.
LOOKS_IN_A_ROW = 10


def fail(stack: Stack, name: str) -> None:
    """From here on the operator is dead, or lies, until `restore`."""
    if name == DIES:
        stack.halt(PROCESS)
        say(f"The {KIND} operator is gone for good.")
    else:
        _wait_until_known(stack)
        control.set_behaviour(control_port(stack.var, KIND), no_receipt=1.0)
        say(f"The {KIND} operator takes everything from now on and delivers nothing.")


def _wait_until_known(stack: Stack) -> None:
    deadline = time.monotonic() + RECEIPTS_WITHIN_SECONDS
    while tuning.delivered_over(stack, KIND) < RECEIPTS_BEFORE:
        if time.monotonic() > deadline:
            raise StackError("Too few receipts came before the operator was to lie. Take more messages.")
        time.sleep(0.2)


def at_rate(stack: Stack, per_second: int) -> None:
    """So many parts a second over every connection from now on: bearerbox is started with that."""
    tuning.set_throughput(stack, per_second)
    stack.render_kannel()
    stack.kill("bearerbox")
    tuning.trust_all(stack)
    wait_until_online(stack)


def restore(stack: Stack, name: str) -> None:
    """The operator is well, and somebody has said so."""
    if name == DIES:
        stack.start(only=[PROCESS])
    else:
        control.set_behaviour(control_port(stack.var, KIND), no_receipt=0.0)
    wait_until_online(stack)
    tuning.trust_all(stack)


def wait_until_online(stack: Stack) -> None:
    """Until the watch has seen every line up, for some looks in a row.

    :raises StackError: when one does not come up.
    """
    deadline, seen = time.monotonic() + ONLINE_WITHIN_SECONDS, 0
    while seen < LOOKS_IN_A_ROW:
        seen = seen + 1 if tuning.all_online(stack) else 0
        if time.monotonic() > deadline:
            raise StackError("The operator's line did not come back.")
        time.sleep(0.5)
