"""A drill: in the middle of a mailing each of our processes stands still in turn, as one that hangs does, and goes on again.

Another process has to say so in the feed and in /health/ within 30 s, and to take it back when it goes on.
"""

import argparse
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil
import psycopg2
import requests

from deploy import drill, late_receipts, programs, sample, tuning
from deploy.console import end_with, say
from deploy.failing import wait_until
from deploy.result import MailingResult, stopped_line
from deploy.stack import Stack, StackError

WITHIN_SECONDS = 30.0
# Of a machine that does much else at the same time more cannot be said than that it comes.
PATIENCE_SECONDS = 120.0
TIMEOUT_SECONDS = 10.0
STARTED_WITHIN_SECONDS = 60.0
# Slow enough that the mailing is under way all the time.
SECONDS_FOR_ALL = 240


@dataclass(frozen=True)
class Victim:
    """Processes of the stack that stand still together, and what the alert about them is called."""

    name: str
    programs: tuple[str, ...]
    cause: str


VICTIMS = {
    one.name: one
    for one in (
        Victim("listener", ("listener",), f"process:listener:{programs.GATEWAY}"),
        Victim("worker", ("worker-2",), "process:worker:"),
        Victim("all-workers", ("worker-1", "worker-2"), "process:worker:"),
        Victim("pulse", ("pulse",), "process:pulse:"),
        Victim("dlr-endpoint", ("dlr-endpoint",), "process:dlr_endpoint:"),
    )
}


@dataclass(frozen=True)
class Stopped:
    """How long it took until the others had said it, and until they had taken it back."""

    told_after_seconds: float
    closed_after_seconds: float


def stop(stack: Stack, victim: Victim) -> Stopped:
    """Stops these processes on a running stack until it is told, and lets them go on until that is closed.

    :raises StackError: when it is not told, or not closed, at all.
    """
    wait_until(lambda: _is_well(stack, victim), STARTED_WITHIN_SECONDS, _health_says(stack))
    processes = [one for name in victim.programs for one in stack.tree(name)]
    _send(processes, signal.SIGSTOP)
    try:
        told = _seconds_until(
            lambda: _is_told(stack, victim), f"Nobody said that {victim.name} stands still."
        )
    finally:
        _send(processes, signal.SIGCONT)
    closed = _seconds_until(lambda: _is_well(stack, victim), f"{victim.name} goes on, and nobody said so.")
    say(f"{victim.name}: told after {told:.1f} s, closed after {closed:.1f} s.")
    return Stopped(told, closed)


def _seconds_until(holds: Callable[[], bool], otherwise: str) -> float:
    began = time.monotonic()
    wait_until(holds, PATIENCE_SECONDS, otherwise)
    return time.monotonic() - began


def _send(processes: list[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        process.send_signal(number)


def _is_told(stack: Stack, victim: Victim) -> bool:
    """In the feed and in /health/."""
    return _is_open(stack, victim) and not _health(stack).get("processes", {}).get("ok", True)


def _is_well(stack: Stack, victim: Victim) -> bool:
    return not _is_open(stack, victim) and bool(_health(stack).get("processes", {}).get("ok"))


def _is_open(stack: Stack, victim: Victim) -> bool:
    with tuning.cursor(stack) as query:
        query.execute(
            "SELECT EXISTS (SELECT FROM alerts_alert WHERE cause = %s AND closed_at IS NULL)", [victim.cause]
        )
        return bool(query.fetchone()[0])


def _health(stack: Stack) -> dict[str, dict[str, object]]:
    """What /health/ says; nothing if it does not answer."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.get(f"{stack.settings['BASE_URL']}/health/", timeout=TIMEOUT_SECONDS)
            found: dict[str, dict[str, object]] = answer.json()
        except (requests.RequestException, ValueError):
            return {}
    return found


def _health_says(stack: Stack) -> str:
    return f"Not all processes were heard before the drill: {_health(stack).get('processes')}."


@dataclass(frozen=True)
class Outcome:
    """All that stood still in turn, and what became of the mailing."""

    stopped: list[Stopped]
    result: MailingResult
    count: drill.Count

    @property
    def told(self) -> float:
        return max(one.told_after_seconds for one in self.stopped)

    @property
    def closed(self) -> float:
        return max(one.closed_after_seconds for one in self.stopped)

    @property
    def is_good(self) -> bool:
        is_in_time = self.told <= WITHIN_SECONDS and self.closed <= WITHIN_SECONDS
        return is_in_time and self.result.is_good and self.count.lost == self.count.doubled == 0


def stop_each(stack: Stack, deadline_seconds: float) -> Outcome:
    """One after the other during a mailing, which then goes on as fast as it can to its end."""
    before, made_before = late_receipts.taken(stack), tuning.newest_mailing(stack)
    file = sample.result_file(stack)
    words = [*sample.mailing_words(file, "Drill stopped"), "--plain"]
    words += ["--deadline", str(deadline_seconds), "--within", str(deadline_seconds / 2)]
    words += ["--per-second", str(max(1, tuning.customers(stack) // SECONDS_FOR_ALL))]
    with subprocess.Popen(programs.python(*words), cwd=programs.ROOT, env=stack.env) as mailing:
        wait_until(
            lambda: _has_begun(stack, mailing, made_before), deadline_seconds, "The mailing did not begin."
        )
        stopped = [stop(stack, victim) for victim in VICTIMS.values()]
        tuning.full_speed(stack, tuning.newest_mailing(stack))
        mailing.wait(deadline_seconds + 60)
    result = sample.read_result(file)
    people = tuning.recipients(stack, result.mailing_id)
    return Outcome(stopped, result, drill.compare(people, late_receipts.taken(stack).since(before)))


def _has_begun(stack: Stack, mailing: "subprocess.Popen[bytes]", made_after: int) -> bool:
    if mailing.poll() is not None:
        raise StackError("The mailing ended before anything could be stopped.")
    try:
        counts = tuning.counts(stack, made_after=made_after)
    except psycopg2.OperationalError:
        return False
    return bool(counts.get("sent", 0) + counts.get("delivered", 0))


def run(messages: int, deadline_seconds: float) -> int:
    """Exit status: 0 when all was told and closed in time and the books are right."""
    with Stack(
        drill.drill_var("stopped"),
        smsbox=True,
        simulators=dict.fromkeys(programs.OPERATORS, drill.QUICK_RECEIPTS),
        say=lambda text: say(f"  {text}"),
    ) as stack:
        drill.bring_up(stack, "stopped", messages)
        tuning.trust_all(stack)
        outcome = stop_each(stack, deadline_seconds)
    say(outcome.result.line())
    say(f"lost={outcome.count.lost} doubled={outcome.count.doubled}")
    say(stopped_line(outcome.told, outcome.closed, outcome.result.balanced))
    return 0 if outcome.is_good else 1


def main() -> None:
    parser = argparse.ArgumentParser(prog="deploy/drill stopped", description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000, help="recipients of the mailing (20000)")
    parser.add_argument(
        "--deadline", type=float, default=900, help="seconds in which the ledger has to close"
    )
    options = parser.parse_args()
    end_with(lambda: run(options.messages, options.deadline))


if __name__ == "__main__":
    main()
