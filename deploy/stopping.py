"""A drill: somebody clicks Pause or Cancel at full speed. The operators' own records say when the last message came.

The click goes through the web, as a person's does; the time counts from the moment it is sent.
"""

import argparse
import subprocess
import time
from dataclasses import dataclass

import requests

from backoffice.accounts.roles import EDITOR
from deploy import drill, late_receipts, programs, sample, tuning
from deploy.console import end_with, say
from deploy.result import MailingResult, stop_line
from deploy.stack import Stack, StackError
from kannel.simulator import record

PAUSE, CANCEL = "pause", "cancel"
NAMES = (PAUSE, CANCEL)
WITHIN_SECONDS = 3.0
# Nothing has come for so long: then nothing comes any more.
QUIET_SECONDS = 6.0
CLOSED_WITHIN_SECONDS = 120.0
TIMEOUT_SECONDS = 30.0


class Person:
    """Somebody at a browser who has logged in and may steer mailings."""

    def __init__(self, stack: Stack) -> None:
        self.address = stack.settings["BASE_URL"]
        self.session = requests.Session()
        self.session.trust_env = False
        login = next(one for one in sample.logins(stack) if one["role"] == EDITOR)
        self.post("/login/", username=login["username"], password=login["password"])

    def post(self, path: str, **values: str) -> float:
        """Opens a page, fills in its form and sends it. Returns when it was sent, in seconds since 1970.

        :raises StackError: when the page refuses it.
        """
        url = f"{self.address}{path}"
        self.session.get(url, timeout=TIMEOUT_SECONDS).raise_for_status()
        form = {"csrfmiddlewaretoken": self.session.cookies["csrftoken"], **values}
        sent_at = time.time()
        answer = self.session.post(url, data=form, timeout=TIMEOUT_SECONDS, allow_redirects=False)
        if answer.status_code != requests.codes.found:
            raise StackError(f"{path} answered {answer.status_code}.")
        return sent_at

    def step(self, mailing_id: int, name: str, recipients: int = 0) -> float:
        """Takes a step with a mailing; types the number of its recipients, which a large one asks for."""
        return self.post(f"/mailings/step/{mailing_id}/{name}/", typed=str(recipients))


@dataclass(frozen=True)
class Stopped:
    """What came of a click."""

    name: str
    last_after_seconds: float
    """From the click to the last message that an operator took; 0 if none came after it."""
    kept: int
    """Messages that had not left when it was quiet."""
    result: MailingResult
    balanced: bool
    closed: bool
    lost: int
    doubled: int
    sent_though_cancelled: int

    def line(self) -> str:
        return stop_line(self.name, self.last_after_seconds, self.balanced)

    @property
    def is_whole(self) -> bool:
        """The books close, and every message is where they say."""
        wrong = self.lost + self.doubled + self.sent_though_cancelled
        return self.balanced and self.closed and self.kept > 0 and wrong == 0

    @property
    def is_good(self) -> bool:
        return self.is_whole and self.last_after_seconds <= WITHIN_SECONDS


def last_message_at(stack: Stack, quiet_seconds: float) -> float:
    """When an operator took the last message, in seconds since 1970; waits until none has come for a while."""
    last, changed_at = -1.0, time.monotonic()
    while time.monotonic() - changed_at < quiet_seconds:
        time.sleep(0.2)
        if (now := _newest(stack)) != last:
            last, changed_at = now, time.monotonic()
    return last


def _newest(stack: Stack) -> float:
    paths = [programs.record_path(stack.var, kind) for kind in programs.OPERATORS]
    return max((part.time for path in paths if path.exists() for part in record.read(path)), default=0.0)


@dataclass(frozen=True)
class Click:
    """What a click did at once."""

    last_after_seconds: float
    """From the click to the last message that an operator took; 0 if none came after it."""
    kept: int
    """Messages that had not left when it was quiet."""


def click(stack: Stack, person: Person, name: str, made_after: int, quiet_seconds: float) -> Click:
    """Clicks on the mailing made after that one, and waits until nothing comes any more."""
    mailing_id = tuning.newest_mailing(stack)
    clicked_at = person.step(mailing_id, name, len(tuning.recipients(stack, mailing_id)))
    say(f"Clicked {name}.")
    last_at = last_message_at(stack, quiet_seconds)
    counts = tuning.counts(stack, made_after=made_after)
    return Click(max(0.0, last_at - clicked_at), counts.get("waiting", 0) + counts.get("cancelled", 0))


def stop(stack: Stack, name: str, deadline_seconds: float, quiet_seconds: float = QUIET_SECONDS) -> Stopped:
    """Clicks in the middle of a mailing on a running stack, and follows it to its end. A paused one is resumed."""
    before, made_before = late_receipts.taken(stack), tuning.newest_mailing(stack)
    file = sample.result_file(stack)
    words = [*sample.mailing_words(file, f"Drill {name}"), "--plain"]
    words += ["--deadline", str(deadline_seconds), "--within", str(deadline_seconds / 2)]
    person = Person(stack)
    with subprocess.Popen(programs.python(*words), cwd=programs.ROOT, env=stack.env) as mailing:
        drill.wait_for_middle(stack, mailing, made_before)
        clicked = click(stack, person, name, made_before, quiet_seconds)
        mailing_id = tuning.newest_mailing(stack)
        if name == PAUSE:
            person.step(mailing_id, "resume")
        mailing.wait(deadline_seconds + 60)
    is_closed = _wait_until_closed(stack, mailing_id)
    people, taken = tuning.recipients(stack, mailing_id), late_receipts.taken(stack).since(before)
    count = drill.compare([one for one in people if one[1] != "cancelled"], taken)
    cancelled = drill.compare([one for one in people if one[1] == "cancelled"], taken)
    return Stopped(
        name=name,
        last_after_seconds=clicked.last_after_seconds,
        kept=clicked.kept,
        result=sample.read_result(file),
        balanced=tuning.is_balanced(stack, mailing_id),
        closed=is_closed,
        lost=count.lost,
        doubled=count.doubled,
        sent_though_cancelled=cancelled.reached,
    )


def _wait_until_closed(stack: Stack, mailing_id: int) -> bool:
    deadline = time.monotonic() + CLOSED_WITHIN_SECONDS
    while any(state not in drill.FINAL for _, state in tuning.recipients(stack, mailing_id)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.5)
    return True


def run(name: str, messages: int, deadline_seconds: float) -> int:
    """Exit status: 0 when it stopped in time and the books are right."""
    with Stack(
        drill.drill_var(name),
        simulators=dict.fromkeys(programs.OPERATORS, drill.QUICK_RECEIPTS),
        say=lambda text: say(f"  {text}"),
    ) as stack:
        drill.bring_up(stack, name, messages, tuning.UNLIMITED_PER_SECOND)
        tuning.trust_all(stack)
        stopped = stop(stack, name, deadline_seconds)
    say(stopped.result.line())
    say(
        f"kept={stopped.kept} lost={stopped.lost} doubled={stopped.doubled}"
        f" sent_though_cancelled={stopped.sent_though_cancelled} closed={'yes' if stopped.closed else 'no'}"
    )
    say(stopped.line())
    return 0 if stopped.is_good else 1


def main() -> None:
    parser = argparse.ArgumentParser(prog="deploy/drill", description=__doc__)
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--messages", type=int, default=30_000, help="recipients of the mailing (30000)")
    parser.add_argument(
        "--deadline", type=float, default=600, help="seconds in which the ledger has to close"
    )
    options = parser.parse_args()
    end_with(lambda: run(options.name, options.messages, options.deadline))


if __name__ == "__main__":
    main()
