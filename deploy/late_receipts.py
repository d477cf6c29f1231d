"""Follows a mailing to its end, and puts its clock forward where it waits for nothing but receipts that are lost.

A receipt that died with a process leaves its message open until its time is over. Small drills need not wait for that.
"""

import subprocess
import time
from dataclasses import dataclass, field

import psycopg2

from deploy import programs, tuning
from deploy.stack import Stack
from kannel.simulator import record

LOOK_SECONDS = 0.5
# The operators of drills send receipts within half a second, and we apply them within a second.
SETTLED_SECONDS = 4.0
# Kannel has such a message, or an operator. All others that are open are still ours to send.
GIVEN_AWAY = frozenset({"accepted", "sent"})
OURS = frozenset({"waiting", "submitting", "uncertain"})


def taken(stack: Stack) -> record.Tally:
    """What the operators say they were handed. They note it before they answer, so this holds all that we were told."""
    return record.counts(*(programs.record_path(stack.var, kind) for kind in programs.OPERATORS))


@dataclass
class Clock:
    """The clock of the mailing made after `made_after`; `before` is what the operators had taken by then."""

    stack: Stack
    made_after: int
    before: record.Tally
    counts: dict[str, int] = field(default_factory=dict)
    moved_at: float = field(default_factory=time.monotonic)

    def look(self) -> None:
        """Puts it forward if nothing has moved for a while and the operators have taken all that is open."""
        try:
            counts = tuning.counts(self.stack, made_after=self.made_after)
            has_settled = time.monotonic() - self.moved_at > SETTLED_SECONDS
            if counts == self.counts and not has_settled:
                return
            if counts == self.counts and not OURS & counts.keys() and self._was_taken():
                tuning.end_given_away(self.stack, made_after=self.made_after)
            self.counts, self.moved_at = counts, time.monotonic()
        except psycopg2.OperationalError:
            self.moved_at = time.monotonic()

    def _was_taken(self) -> bool:
        people = tuning.recipients(self.stack, tuning.newest_mailing(self.stack))
        still_open = {phone for phone, state in people if state in GIVEN_AWAY}
        reached = {phone.lstrip("+") for phone in taken(self.stack).since(self.before).messages}
        return still_open <= reached


def follow(mailing: "subprocess.Popen[bytes]", seconds: float, clock: Clock | None = None) -> None:
    """Waits until the process that watches the mailing has ended. Without a clock its time takes its course.

    :raises subprocess.TimeoutExpired: when it has not ended after so many seconds.
    """
    deadline = time.monotonic() + seconds
    while clock is not None and mailing.poll() is None and time.monotonic() < deadline:
        clock.look()
        time.sleep(LOOK_SECONDS)
    mailing.wait(max(0.0, deadline - time.monotonic()))
