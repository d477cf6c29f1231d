"""Operators that fail in the middle of a mailing: one whose system is gone, one that takes all and delivers nothing."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from deploy import programs, tuning
from deploy.console import say
from deploy.link import control_port
from deploy.stack import Stack, StackError
from kannel.simulator import control, record

DIES, LIES, GONE = "operator-dies", "operator-lies", "operator-gone"
DRILLS = (DIES, LIES, GONE)
# Those whose links break.
BREAKS_OFF = (DIES, GONE)
# The operator that fails, and the process that plays it.
KIND = "smpp"
PROCESS = f"operator-{KIND}"
ONLINE_WITHIN_SECONDS = 60
# A lie is told from a slow operator by how fast receipts came before, which is known from 100 of them (mailings.signs).
RECEIPTS_BEFORE = 110
RECEIPTS_WITHIN_SECONDS = 120
# It shows when receipts have stayed away longer than usual: the mailing goes slowly, so that something is left by then.
SLOWLY_SECONDS = 45
# Messages are judged by the ten seconds of the clock in which they were taken, a hundred of them at least. Those count here
# that were taken when the ten seconds in which the lie began were over; they come within the next ten. Then the mailing
# stands still.
LYING_SECONDS, SLICE_SECONDS, LIES_TAKEN = 60, 10, 110
WATCHING_PER_SECOND = 0
LEFT_WITHIN_SECONDS = 150
GONE_ELSEWHERE_WITHIN_SECONDS = 300


def speed_words(stack: Stack, name: str) -> list[str]:
    """What the mailing of a drill is told about its speed: one that shows a lie begins slowly."""
    per_second = tuning.customers(stack) // SLOWLY_SECONDS
    return ["--per-second", str(per_second)] if name == LIES else []


def text_words(name: str) -> list[str]:
    """One part for each, except where parts are what is tried: texts of several wait otherwise inside Kannel."""
    return [] if name == GONE else ["--plain"]


def fail(stack: Stack, name: str, meanwhile: Callable[[], object] = lambda: None) -> None:
    """From here on the operator is dead, or lies, until `restore`. What is done `meanwhile` finds it gone, not yet left."""
    if name == DIES:
        stack.halt(PROCESS)
        say(f"The {KIND} operator is gone for good.")
    elif name == GONE:
        _stay_away(stack, meanwhile)
    else:
        _lie(stack)


def _stay_away(stack: Stack, meanwhile: Callable[[], object]) -> None:
    """Killed with whatever Kannel holds for it. Nothing waits for it any more then, here or in Kannel."""
    mailing_id = tuning.newest_mailing(stack)
    stack.kill_for_good(PROCESS)
    say(f"The {KIND} operator is gone. Kannel holds {tuning.held_for(stack, KIND)} messages for it.")
    meanwhile()
    wait_until(lambda: tuning.is_left(stack, KIND), LEFT_WITHIN_SECONDS, "Nobody noticed that it is gone.")
    wait_until(
        lambda: (
            not tuning.held_for(stack, KIND)
            and not tuning.counts(stack, made_after=mailing_id - 1).get("waiting", 0)
        ),
        GONE_ELSEWHERE_WITHIN_SECONDS,
        "Not everything has left another way.",
    )
    say("All of it has left another way.")


def _lie(stack: Stack) -> None:
    """The mailing goes on slowly until the operator was left, however long the receipts of a busy machine take."""
    mailing_id = tuning.newest_mailing(stack)
    _wait_until_known(stack)
    tuning.slow_down(stack, mailing_id, tuning.customers(stack) // LYING_SECONDS)
    control.set_behaviour(control_port(stack.var, KIND), no_receipt=1.0)
    say(f"The {KIND} operator takes everything from now on and delivers nothing.")
    time.sleep(SLICE_SECONDS - time.time() % SLICE_SECONDS + 1)
    before = _taken(stack)
    wait_until(
        lambda: _taken(stack) >= before + LIES_TAKEN,
        LEFT_WITHIN_SECONDS,
        "The operator was not handed enough to lie about. Take more messages.",
    )
    tuning.slow_down(stack, mailing_id, WATCHING_PER_SECOND)
    wait_until(
        lambda: tuning.is_left(stack, KIND),
        LEFT_WITHIN_SECONDS,
        "Nobody noticed that the operator lies.",
    )
    # A sender sees it within seconds, in which it would send all that is left of a small mailing.
    wait_until(
        lambda: tuning.went_elsewhere(stack, mailing_id) > 0,
        LEFT_WITHIN_SECONDS,
        "What waits for the operator that was left goes over no other one.",
    )
    say(f"The {KIND} operator was left. The mailing goes on at full speed.")
    tuning.full_speed(stack, mailing_id)


def _taken(stack: Stack) -> int:
    return record.counts(programs.record_path(stack.var, KIND)).parts.total()


def _wait_until_known(stack: Stack) -> None:
    wait_until(
        lambda: tuning.delivered_over(stack, KIND) >= RECEIPTS_BEFORE,
        RECEIPTS_WITHIN_SECONDS,
        "Too few receipts came before the operator was to lie. Take more messages.",
    )


def wait_until(holds: Callable[[], bool], seconds: float, otherwise: str) -> None:
    """Looks five times a second.

    :raises StackError: with that sentence when it does not hold in time.
    """
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise StackError(otherwise)
        time.sleep(0.2)


def restore(stack: Stack, name: str) -> None:
    """The operator is well, and somebody has said so."""
    if name in BREAKS_OFF:
        stack.start(only=[PROCESS])
    else:
        control.set_behaviour(control_port(stack.var, KIND), no_receipt=0.0)
    wait_until_online(stack)
    tuning.trust_all(stack)


def wait_until_online(stack: Stack) -> None:
    """Until the watch, which looks every three seconds, has seen every line up after now.

    :raises StackError: when one does not come up.
    """
    now = datetime.now(UTC)
    wait_until(
        lambda: tuning.all_online(stack, now), ONLINE_WITHIN_SECONDS, "The operator's line did not come back."
    )
