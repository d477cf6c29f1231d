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


def fail(stack: Stack, name: str) -> None:
    """From here on the operator is dead, or lies, until `restore`."""
    if name == DIES:
        stack.halt(PROCESS)
        say(f"The {KIND} operator is gone for good.")
    else:
        control.set_behaviour(control_port(stack.var, KIND), no_receipt=1.0)
        say(f"The {KIND} operator takes everything from now on and delivers nothing.")


def restore(stack: Stack, name: str) -> None:
    """The operator is well, and somebody has said so."""
    if name == DIES:
        stack.start(only=[PROCESS])
    else:
        control.set_behaviour(control_port(stack.var, KIND), no_receipt=0.0)
    deadline = time.monotonic() + ONLINE_WITHIN_SECONDS
    while not tuning.all_online(stack):
        if time.monotonic() > deadline:
            raise StackError("The operator's line did not come back.")
        time.sleep(0.5)
    tuning.trust_all(stack)
