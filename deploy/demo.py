"""The demo: a private Parley with sample customers and two simulated operators, and one mailing to all of them.

Two more mailings stand beside it: one waits for approval, one starts tomorrow.
"""

import argparse
import signal
import time
from contextlib import suppress

from deploy import sample
from deploy.console import end_with, say
from deploy.stack import Stack


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
            with suppress(KeyboardInterrupt):
                signal.pause()
    say(result.line())
    return 0 if result.is_good else 1


def main() -> None:
    parser = argparse.ArgumentParser(prog="deploy/demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="stop after the ledger has closed")
    parser.add_argument("--customers", type=int, default=5_000, help="how many sample customers (5000)")
    options = parser.parse_args()
    end_with(lambda: run(once=options.once, customers=options.customers))


if __name__ == "__main__":
    main()
