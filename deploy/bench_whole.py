"""The size of the mission: customers imported, planned, approved, sent over a simulated SMSC to the last receipt applied.

The same path is taken with a hundred thousand customers first, in the same run and on the same machine.
"""

import argparse
import time
from dataclasses import dataclass

from deploy import bench_sending, programs, sample, tuning
from deploy.console import say
from deploy.meter import Meter
from deploy.result import MailingResult, whole_line
from deploy.stack import Stack, StackError

VAR = programs.ROOT / "var"
COMPARED_WITH = 100_000
WORKERS = ("worker-1", "worker-2")
# The mission is 22 minutes on two cores; a busy machine may take longer and shall still say how long.
DEADLINE_SECONDS = 7200


@dataclass(frozen=True)
class Measured:
    """One mailing to so many customers."""

    result: MailingResult
    deadlocks: int
    worker_peak_mib: float


def measure(customers: int, *, statements: int = 0) -> Measured:
    """Imports, plans, approves and sends in a stack of its own, which keeps its customers for the next run.

    :param statements: show so many of the statements that took the database longest.
    :raises StackError: when not every message has reached its end, or the ledger does not balance.
    """
    with Stack(VAR / f"bench-whole-{customers}", say=lambda text: say(f"  {text}")) as stack:

        def tune(of: Stack) -> None:
            tuning.use_only(of, "smpp")
            tuning.set_throughput(of, tuning.UNLIMITED_PER_SECOND)

        began = time.monotonic()
        sample.bring_up(stack, customers=customers, before_kannel=tune)
        say(f"{customers:,} customers are there after {time.monotonic() - began:.0f} s")
        before = tuning.deadlocks(stack)
        if statements:
            tuning.forget_statements(stack)
        with Meter(lambda: bench_sending.found(stack, stack.names())) as meter:
            words = ("--plain", "--deadline", str(DEADLINE_SECONDS))
            result = sample.run_mailing(stack, *words, name=f"Whole {customers}")
        if not result.is_good:
            raise StackError(f"The mailing did not end well: {result.line()}")
        bench_sending.show(f"{customers:,} customers", result.to_send, result.seconds, meter)
        for line in tuning.slowest_statements(stack, statements) if statements else ():
            say(line)
        deadlocks = tuning.deadlocks(stack) - before
    uses = meter.uses()
    return Measured(result, deadlocks, max(uses[name].peak_mib for name in WORKERS))


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="deploy/bench whole", description=__doc__)
    parser.add_argument("--customers", type=int, default=1_900_000, help="how many customers (1900000)")
    parser.add_argument(
        "--compared-with", type=int, default=COMPARED_WITH, help=f"the small mailing ({COMPARED_WITH})"
    )
    parser.add_argument(
        "--statements", type=int, default=0, help="show so many of the statements that took longest"
    )
    options = parser.parse_args(arguments)
    small = measure(options.compared_with, statements=options.statements)
    large = measure(options.customers, statements=options.statements)
    say(
        whole_line(
            large.result, small.result, deadlocks=large.deadlocks, worker_peak_mib=large.worker_peak_mib
        )
    )
