"""What a second gateway adds: the same mailing over gateway one alone, then over both. Each line carries 100 a second.

The limit stands in the contract (Kannel's throughput), and the SMPP operator enforces it on each bind as well.
"""

import argparse

from deploy import programs, sample, second_gateway, tuning
from deploy.console import say
from deploy.result import MailingResult, gateways_line
from deploy.stack import Stack, StackError
from kannel.simulator import record
from kannel.simulator.behaviour import Outcome

VAR = programs.ROOT / "var" / "bench-gateways"
PER_SECOND = 100
OPERATORS = {"smpp": ["--bind-max-per-second", str(PER_SECOND)]}
BOTH = (programs.GATEWAY, second_gateway.NAME)


def over(stack: Stack, *gateways: str) -> MailingResult:
    """The mailing over these gateways, and how many of its messages each line carried.

    :raises StackError: when it did not end well.
    """
    tuning.use_gateways(stack, gateways)
    tuning.wait_until_online(stack)
    result = sample.run_mailing(stack, "--plain", name=f"Bench over {' and '.join(gateways)}")
    if not result.is_good:
        raise StackError(f"The mailing did not end well: {result.line()}")
    for name, count in tuning.by_line(stack, result.mailing_id).items():
        say(f"  {name:<20}{count:>8,} messages{count / result.seconds:>8,.1f} a second")
    return result


def run(messages: int) -> None:
    """Prints the line last."""
    for kind in programs.OPERATORS:
        programs.record_path(VAR, kind).unlink(missing_ok=True)
    second = second_gateway.Place()
    with Stack(VAR, second=second, simulators=OPERATORS, say=lambda text: say(f"  {text}")) as stack:
        sample.bring_up(
            stack, customers=messages, before_kannel=lambda of: tuning.set_throughput(of, PER_SECOND)
        )
        one = over(stack, programs.GATEWAY)
        two = over(stack, *BOTH)
    taken = record.counts(*(programs.record_path(VAR, kind) for kind in programs.OPERATORS))
    say(f"The operators refused {taken.outcomes[Outcome.THROTTLED]:,} submits as too fast.")
    say(gateways_line(one.messages_per_second, two.messages_per_second))


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="deploy/bench gateways", description=__doc__)
    parser.add_argument("--messages", type=int, default=24_000, help="recipients of each mailing (24000)")
    run(parser.parse_args(arguments).messages)
