"""A drill: in the middle of a mailing something dies, and nobody helps. Then the operators' own records are counted."""

import argparse
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from deploy import drill_gateway, failing, late_receipts, programs, sample, tuning
from deploy.console import end_with, say
from deploy.drill_gateway import GATEWAY
from deploy.late_receipts import taken
from deploy.link import control_port
from deploy.result import MailingResult, drill_line
from deploy.stack import Stack, StackError
from kannel.simulator import control, record

# Which process dies. A link is cut at the operator instead.
VICTIMS = {
    "worker": "worker-1",
    "listener": "listener",
    "dlr-endpoint": "dlr-endpoint",
    "bearerbox": "bearerbox",
    "redis": "redis",
    "postgresql": "postgresql",
    "link": "",
}
SMSBOX = "main-http"
PER_SECOND = 500
LEFT_AT_FAULT = 0.7
CUT_SECONDS = 10
FINAL = frozenset({"delivered", "undelivered", "rejected", "expired", "failed", "cancelled"})
# bearerbox forgets the key of a receipt before it keeps the report: one that dies in between has lost it (it does when
# its Redis dies, dbpool_increase). Such a message ends by the clock, which has to happen while the drill still looks.
RECEIPT_MARGIN_SECONDS = 15
QUICK_RECEIPTS = ["--receipt-delay-min-seconds", "0.1", "--receipt-delay-max-seconds", "0.5"]


@dataclass(frozen=True)
class Count:
    """What was meant to be sent, compared with what the operators took."""

    planned: int
    reached: int
    lost: int
    doubled: int


def compare(recipients: Iterable[tuple[str, str]], tally: record.Tally) -> Count:
    """Lost is who never reached an operator, or whose message has not ended. `recipients`: (digits, state)."""
    reached = {destination.lstrip("+") for destination in tally.messages}
    people = list(recipients)
    return Count(
        planned=len(people),
        reached=sum(phone in reached for phone, _ in people),
        lost=sum(phone not in reached or state not in FINAL for phone, state in people),
        doubled=tally.doubled,
    )


class BrokenLinks(threading.Thread):
    """Counts how often bearerbox was another process than before: each time all its links broke."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(daemon=True)
        self.stack, self.stopping, self.restarts = stack, threading.Event(), 0

    def run(self) -> None:
        known = self.stack.pids("bearerbox")
        while not self.stopping.wait(0.5):
            now = self.stack.pids("bearerbox")
            if now and now != known:
                self.restarts += bool(known)
                known = now

    def stop(self) -> int:
        self.stopping.set()
        self.join()
        return self.restarts


def wait_for_middle(stack: Stack, mailing: "subprocess.Popen[bytes]", made_after: int) -> None:
    """Until so many messages have left that the rest is 70 %: of this mailing, not of one that an earlier drill made."""
    while mailing.poll() is None:
        try:
            counts = tuning.counts(stack, made_after=made_after)
        except psycopg2.OperationalError:
            counts = {}
        to_send = sum(counts.values()) - counts.get("excluded", 0) - counts.get("held_out", 0)
        gone = to_send - counts.get("waiting", 0)
        if to_send and gone and counts.get("waiting", 0) <= LEFT_AT_FAULT * to_send:
            return
        time.sleep(0.1)
    raise StackError("The mailing ended before anything could be broken. Take more messages.")


def break_something(stack: Stack, name: str, meanwhile: Callable[[], object] = lambda: None) -> None:
    if name in failing.DRILLS:
        failing.fail(stack, name, meanwhile)
        return
    if name == "link":
        port = control_port(stack.var, "smpp")
        control.cut(port)
        restored_at = time.monotonic() + CUT_SECONDS
        say(f"Cut the link of the smpp operator for {CUT_SECONDS} s.")
        meanwhile()
        time.sleep(max(0.0, restored_at - time.monotonic()))
        control.restore(port)
        return
    victims = stack.tree(VICTIMS[name])
    stack.kill(VICTIMS[name])
    say(f"Killed {VICTIMS[name]} ({len(victims)} processes).")


def allowed(stack: Stack, name: str, restarts: int) -> int:
    """Submits without an answer when a link breaks are repeated by Kannel: one window for each broken link."""
    if name == GATEWAY:
        return drill_gateway.windows(stack)
    windows = tuning.windows(stack)
    has_broken = name in ("link", *failing.BREAKS_OFF)
    return restarts * sum(windows.values()) + (windows.get("smpp", 0) if has_broken else 0)


def bring_up(stack: Stack, name: str, messages: int, per_second: int = PER_SECOND) -> None:
    """A stack whose operators carry so many messages a second together at most, with records that begin now."""
    for kind in programs.OPERATORS:
        programs.record_path(stack.var, kind).unlink(missing_ok=True)

    def tune(of: Stack) -> None:
        tuning.set_throughput(of, per_second)
        tuning.set_receipt_margin(of, RECEIPT_MARGIN_SECONDS)
        choose_way_back(of, name)

    sample.bring_up(stack, customers=messages, before_kannel=tune)


def choose_way_back(stack: Stack, name: str) -> None:
    """Reports come through a real smsbox where its endpoint is to die, and otherwise over our own link."""
    tuning.report_through_smsbox(stack, SMSBOX if name == "dlr-endpoint" else "")


@dataclass(frozen=True)
class Outcome:
    """How a drill went: by our ledger, by the operators' records, and how many may have been repeated."""

    result: MailingResult
    count: Count
    may_repeat: int
    went_elsewhere: int = 0
    """Messages that another connection carried than planned."""

    @property
    def is_good(self) -> bool:
        """Nothing lost, no more doubled than Kannel may repeat, and the ledger closed and balances."""
        return self.result.is_good and self.count.lost == 0 and self.count.doubled <= self.may_repeat


def mailing_words(stack: Stack, name: str, deadline_seconds: float) -> list[str]:
    """How the mailing of a drill is made. After half the deadline nothing of it is sent, and what has no receipt ends."""
    words = [*sample.mailing_words(sample.result_file(stack), f"Drill {name}"), *failing.text_words(name)]
    words += ["--deadline", str(deadline_seconds), "--within", str(deadline_seconds / 2)]
    return words + failing.speed_words(stack, name)


def drill(
    stack: Stack,
    name: str,
    deadline_seconds: float,
    *,
    is_small: bool = False,
    meanwhile: Callable[[], object] = lambda: None,
) -> Outcome:
    """Breaks one thing in the middle of a mailing on a running stack, then waits for the end without a hand.

    :param is_small: do not wait until the time of messages is over whose receipts died with a process: end it.
    :param meanwhile: what else is tried while an operator is gone and not yet left, or its link is cut.
    """
    before, made_before = taken(stack), tuning.newest_mailing(stack)
    words = mailing_words(stack, name, deadline_seconds)
    broken = BrokenLinks(stack)
    broken.start()
    with subprocess.Popen(programs.python(*words), cwd=programs.ROOT, env=stack.env) as mailing:
        wait_for_middle(stack, mailing, made_before)
        if name == GATEWAY:
            drill_gateway.fail(stack, mailing, made_before)
        else:
            break_something(stack, name, meanwhile)
        clock = late_receipts.Clock(stack, made_before, before) if is_small else None
        late_receipts.follow(mailing, deadline_seconds + 60, clock)
    result = sample.read_result(sample.result_file(stack))
    if name == failing.GONE:
        failing.restore(stack, name)  # nothing may be sent again that has left another way
    restarts = broken.stop()
    if restarts and name == failing.GONE:
        raise StackError("bearerbox died of an operator that was gone. Its log is in var/drill/log.")
    people = tuning.recipients(stack, result.mailing_id)
    count = compare(people, taken(stack).since(before))
    elsewhere = tuning.went_elsewhere(stack, result.mailing_id)
    return Outcome(result, count, allowed(stack, name, restarts), elsewhere)


def run(name: str, messages: int, deadline_seconds: float) -> int:
    """Exit status: 0 when the drill went well."""
    receipts = drill_gateway.RECEIPTS if name == GATEWAY else QUICK_RECEIPTS
    with Stack(
        drill_var(name),
        smsbox=name == "dlr-endpoint",
        second=drill_gateway.place() if name == GATEWAY else None,
        simulators=dict.fromkeys(programs.OPERATORS, receipts),
        say=lambda text: say(f"  {text}"),
    ) as stack:
        bring_up(stack, name, messages)
        if name in failing.DRILLS:
            tuning.trust_all(stack)  # an earlier drill may have taught us better
        elif name == GATEWAY:
            drill_gateway.restore(stack)
        outcome = drill(stack, name, deadline_seconds)
    return report(name, outcome)


def drill_var(name: str) -> Path:
    """A folder of its own, so that a drill disturbs no demo; with two gateways another one."""
    return programs.ROOT / "var" / ("drill-gateway" if name == GATEWAY else "drill")


def report(name: str, outcome: Outcome) -> int:
    """Says how it went; the exit status."""
    say(outcome.result.line())
    if outcome.went_elsewhere:
        say(f"{outcome.went_elsewhere:,} messages went over another connection than planned.")
    say(
        drill_line(
            name,
            planned=outcome.count.planned,
            reached=outcome.count.reached,
            lost=outcome.count.lost,
            doubled=outcome.count.doubled,
            allowed=outcome.may_repeat,
        )
    )
    return 0 if outcome.is_good else 1


def main() -> None:
    parser = argparse.ArgumentParser(prog="deploy/drill", description=__doc__)
    parser.add_argument("name", choices=[*VICTIMS, *failing.DRILLS, GATEWAY])
    parser.add_argument("--messages", type=int, default=20_000, help="recipients of the mailing (20000)")
    parser.add_argument(
        "--deadline", type=float, default=600, help="seconds in which the ledger has to close"
    )
    options = parser.parse_args()
    end_with(lambda: run(options.name, options.messages, options.deadline))


if __name__ == "__main__":
    main()
