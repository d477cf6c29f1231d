"""How every program of this folder speaks and ends: lines on the screen, Ctrl-C, problems in a sentence, an exit status."""

import signal
import sys
from collections.abc import Callable
from typing import NoReturn

from deploy.clock import NoClockError
from deploy.ports import NoFreePortError
from deploy.postgresql import MissingPostgresError
from deploy.stack import StackError
from deploy.supervisor import SupervisorError

INTERRUPTED = 130
# What is wrong with the machine or the stack, in sentences that say what to do; anything else is a fault of ours.
PROBLEMS: tuple[type[Exception], ...] = (
    NoClockError,
    StackError,
    SupervisorError,
    NoFreePortError,
    MissingPostgresError,
)


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def stop_on_signals() -> None:
    """SIGTERM and a closed terminal end a program like Ctrl-C, so that the stack is stopped.

    Ctrl-C itself is said, too: a shell starts what it puts into the background of a script with SIGINT ignored.
    """

    def stop(number: int, frame: object) -> NoReturn:
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


def end_with(work: Callable[[], int], *problems: type[Exception]) -> NoReturn:
    """Does the work of a program and ends it with its status; after Ctrl-C with 130, after a known problem with 1.

    :param problems: more kinds of exceptions whose text is for people.
    """
    stop_on_signals()
    try:
        status = work()
    except KeyboardInterrupt:
        status = INTERRUPTED
    except (*PROBLEMS, *problems) as problem:
        say(str(problem))
        status = 1
    sys.exit(status)
