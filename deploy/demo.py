"""The demo: a private Parley with sample customers and two simulated operators, and one mailing to all of them.

Two more mailings stand beside it: one waits for approval, one starts tomorrow.
"""

import argparse
import signal
import sys
import time
from typing import NoReturn

from deploy import sample
from deploy.ports import NoFreePortError
from deploy.postgresql import MissingPostgresError
from deploy.stack import Stack, StackError
from deploy.supervisor import SupervisorError

PROBLEMS = (StackError, SupervisorError, NoFreePortError, MissingPostgresError)


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


def show_addresses(stack: Stack) -> None:
    say(f"The back office is at {stack.settings['BASE_URL']}/")
    for login in sample.logins(stack):
        say(f"  {login['role']:<18}{login['username']:<18}{login['password']}")


def run(*, once: bool, customers: int) -> int:
    """Returns the exit status: 0 when the ledger balances and every message reached its end."""
    began = time.monotonic()
    with Stack(simulators=sample.DEMO_OPERATORS, say=lambda text: say(f"  {text}")) as stack:
        say(f"Starting Parley in {stack.var}")
        sample.bring_up(stack, customers=customers)
        say(f"Up after {time.monotonic() - began:.1f} s.")
        result = sample.run_mailing(stack)
        if once:
            say("Stopping …")
        else:
            say(result.line())
            sample.make_more_mailings(stack)
            show_addresses(stack)
            say("Press Ctrl-C to stop.")
            signal.pause()
    say(result.line())
    return 0 if result.is_good else 1


def main() -> None:
    parser = argparse.ArgumentParser(prog="deploy/demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="stop after the ledger has closed")
    parser.add_argument("--customers", type=int, default=5_000, help="how many sample customers (5000)")
    options = parser.parse_args()
    stop_on_signals()
    try:
        status = run(once=options.once, customers=options.customers)
    except KeyboardInterrupt:
        say("\nStopped.")
        status = 130 if options.once else 0
    except PROBLEMS as problem:
        say(str(problem))
        status = 1
    sys.exit(status)


if __name__ == "__main__":
    main()
