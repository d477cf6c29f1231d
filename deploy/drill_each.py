"""A drill: one mailing is paused and resumed, then one thing after the other dies in it, nobody helps, and it has to go on.

What `deploy/drill pause`, `worker`, `listener` and so on do in a large mailing each, small and counted once.
"""

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg2

from deploy import drill, drill_stopped, late_receipts, programs, sample, stopping, tuning
from deploy.console import say
from deploy.failing import KIND, wait_until
from deploy.late_receipts import taken
from deploy.stack import Stack

# First that which makes Kannel repeat nothing: until then not one part may have come twice.
ORDER = ("dlr-endpoint", "worker", "listener", "postgresql", "redis", "bearerbox", "link")
LINK = "link"
# Between two deaths it is quick, so that each of them meets messages everywhere on their way.
FAST_PER_SECOND = 60
DELIVERED_BEFORE = 30
# While something is down little is sent, so that enough of a small mailing is left for the others.
SLOWLY_PER_SECOND = 10
DELIVERED_AFTER = 10
WITHIN_SECONDS = 60.0
# Nothing has come for so long: then it is paused.
QUIET_SECONDS = 2.5


@dataclass(frozen=True)
class Death:
    """How the mailing went on after something had died."""

    gone_on_after_seconds: float
    """Until messages were delivered that had left after it was back."""
    doubled: int
    """Parts that the operators have taken twice, of the mailing so far."""
    may_repeat: int
    """How many of them Kannel may have repeated, for all that has died so far."""


@dataclass(frozen=True)
class Outcome:
    """The pause, the deaths by name, and how the mailing ended."""

    paused: stopping.Click
    deaths: dict[str, Death]
    pulse: drill_stopped.Stopped
    """While the link was cut the pulse stood still, too."""
    outcome: drill.Outcome


def break_each(stack: Stack, deadline_seconds: float) -> Outcome:
    """Kills one after the other in a mailing on a running stack, and follows it to its end.

    :raises StackError: when something does not come back, or the mailing does not go on.
    """
    before, made_before = taken(stack), tuning.newest_mailing(stack)
    words = drill.mailing_words(stack, "each", deadline_seconds)
    words += ["--per-second", str(FAST_PER_SECOND)]
    person, broken = stopping.Person(stack), drill.BrokenLinks(stack)
    broken.start()
    deaths: dict[str, Death] = {}
    pulse: list[drill_stopped.Stopped] = []

    def stop_pulse() -> None:
        pulse.append(drill_stopped.stop(stack, drill_stopped.VICTIMS["pulse"]))

    with subprocess.Popen(programs.python(*words), cwd=programs.ROOT, env=stack.env) as mailing:
        _wait_until_delivered(stack, made_before, DELIVERED_BEFORE, "Nothing was sent before the pause.")
        paused = stopping.click(stack, person, stopping.PAUSE, made_before, QUIET_SECONDS)
        person.step(tuning.newest_mailing(stack), "resume")
        for name in ORDER:
            seconds = _break(stack, name, made_before, stop_pulse)
            doubled = taken(stack).since(before).doubled
            deaths[name] = Death(seconds, doubled, drill.allowed(stack, name, broken.restarts))
            say(f"{name}: the mailing went on after {seconds:.1f} s.")
        tuning.full_speed(stack, tuning.newest_mailing(stack))
        late_receipts.follow(mailing, deadline_seconds + 60, late_receipts.Clock(stack, made_before, before))
    result = sample.read_result(sample.result_file(stack))
    count = drill.compare(tuning.recipients(stack, result.mailing_id), taken(stack).since(before))
    return Outcome(
        paused, deaths, pulse[0], drill.Outcome(result, count, drill.allowed(stack, LINK, broken.stop()))
    )


def _break(stack: Stack, name: str, made_after: int, while_cut: Callable[[], None]) -> float:
    """Kills it while messages are on their way. Returns how long it took until the mailing went on."""
    drill.choose_way_back(stack, name)
    mailing_id = tuning.newest_mailing(stack)
    tuning.slow_down(stack, mailing_id, FAST_PER_SECOND)
    _wait_until_delivered(stack, made_after, DELIVERED_BEFORE, f"Nothing was sent before {name} died.")
    tuning.slow_down(stack, mailing_id, SLOWLY_PER_SECOND)
    victims, died_at = _pids(stack, name), time.monotonic()
    drill.break_something(stack, name, while_cut)
    wait_until(
        lambda: name == LINK or bool(_pids(stack, name) - victims),
        WITHIN_SECONDS,
        f"{name} did not come back.",
    )
    kind = KIND if name == LINK else ""
    _wait_until_delivered(stack, made_after, DELIVERED_AFTER, f"The mailing stands still after {name}.", kind)
    return time.monotonic() - died_at


def _wait_until_delivered(stack: Stack, made_after: int, count: int, otherwise: str, kind: str = "") -> None:
    """Until so many more messages that leave from now on are delivered, over connections of a kind if one is named."""
    now = datetime.now(UTC)

    def delivered() -> int:
        try:
            return tuning.delivered_of(stack, now, made_after=made_after, kind=kind)
        except psycopg2.OperationalError:
            return 0

    wait_until(lambda: delivered() >= count, WITHIN_SECONDS, otherwise)


def _pids(stack: Stack, name: str) -> set[int]:
    """The main process that dies; none for a link."""
    return set() if name == LINK else set(stack.pids(drill.VICTIMS[name]))
