"""How messages leave over one line that several mailings share: computed in groups, in quarters of an hour.

Nothing here asks the database. Within a quarter each mailing that has something due gets its share of the line by its
weight, and what one does not need goes to the others; so the connection's sender does it, too (claiming.shares).
Within a mailing what is due first leaves first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

Window = tuple[datetime, datetime]

STEP = timedelta(minutes=15)
# Beyond so long a time, by the hour is exact enough.
LONG = timedelta(days=4)
LONG_STEP = timedelta(hours=1)
# Of a part: less than this is an error of adding up fractions.
NOTHING = 1e-6


@dataclass(frozen=True)
class Group:
    """Messages that may leave within the same windows, which are in order and do not overlap."""

    windows: tuple[Window, ...]
    messages: int
    parts: int


@dataclass(frozen=True)
class Job:
    """What one mailing has for one line. ``parts_per_second``: its own limit of speed, if it has one."""

    groups: tuple[Group, ...]
    weight: int = 1
    parts_per_second: float | None = None


@dataclass(frozen=True)
class Departure:
    """Messages of one group (its place in the job) that leave between two moments, in a window that closes then."""

    group: int
    begins_at: datetime
    ends_at: datetime
    messages: int
    closes_at: datetime


def departures(own: Job, others: Sequence[Job], parts_per_second: float, now: datetime) -> list[Departure]:
    """When the messages of a job leave, in the order of time; what is missing does not fit into its windows.

    :param others: the jobs of other mailings for the same line.
    :param parts_per_second: what the line carries.
    """
    mine = _Queue(own)
    queues = [mine, *map(_Queue, others)]
    found: list[Departure] = []
    for begins, ends in pairwise(_edges(own, others, now)):
        if mine.is_over(begins):
            break
        seconds = (ends - begins).total_seconds()
        capacity = parts_per_second * seconds
        wanted = [queue.wanted(begins, seconds) for queue in queues]
        given = shares(capacity, wanted, [queue.job.weight for queue in queues])
        for queue, parts in zip(queues[1:], given[1:], strict=True):
            queue.take(parts)
        if given[0] > 0:
            busy = _busy(own, given, wanted, others, capacity)
            if own.parts_per_second:
                busy = max(busy, given[0] / (own.parts_per_second * seconds))
            until = begins + (ends - begins) * min(1.0, busy)
            found += (
                Departure(group, begins, until, messages, closes)
                for group, messages, closes in mine.take(given[0])
            )
    return found


def shares(capacity: float, wanted: Sequence[float], weights: Sequence[int]) -> list[float]:
    """How a capacity is divided by weights among those who want so much; nobody gets more than wanted, nothing is wasted."""
    given = [0.0] * len(wanted)
    hungry = {place for place, want in enumerate(wanted) if want > 0}
    while hungry and capacity > NOTHING:
        level = capacity / sum(weights[place] for place in hungry)
        sated = {place for place in hungry if wanted[place] <= level * weights[place]}
        for place in sated or hungry:
            given[place] = wanted[place] if sated else level * weights[place]
            capacity -= given[place]
        hungry = hungry - sated if sated else set()
    return given


def _busy(
    own: Job, given: Sequence[float], wanted: Sequence[float], others: Sequence[Job], line: float
) -> float:
    """The share of a time after which the job has all that it was given; ``line``: what the line carries in that time."""
    rivals = sum(job.weight for job, want in zip(others, wanted[1:], strict=True) if want > 0)
    at_its_share = given[0] * (own.weight + rivals) / own.weight
    return min(1.0, sum(given) / line, at_its_share / line)


def _edges(own: Job, others: Sequence[Job], now: datetime) -> list[datetime]:
    """The moments between which every window is open all the time, or closed."""
    last = max((group.windows[-1][1] for group in own.groups if group.windows), default=now)
    if last <= now:
        return []
    step = STEP if last - now <= LONG else LONG_STEP
    edges = {now, last}
    for job in (own, *others):
        for group in job.groups:
            edges.update(edge for window in group.windows for edge in window if now < edge < last)
    # Whole quarters by the clock, so that none lies in two hours of anybody's day.
    moment = now - timedelta(seconds=now.timestamp() % step.total_seconds()) + step
    while moment < last:
        edges.add(moment)
        moment += step
    return sorted(edges)


class _Queue:
    """What is left of a job as time goes by."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._left = [float(group.parts) for group in job.groups]
        self._told = [0] * len(job.groups)
        self._place = [0] * len(job.groups)
        known = [number for number, group in enumerate(job.groups) if group.windows and group.parts]
        self._waiting = sorted(known, key=lambda number: (job.groups[number].windows[0][0], number))
        self._due: list[int] = []

    def is_over(self, at: datetime) -> bool:
        """Whether nothing will leave any more from a moment on."""
        self._look(at)
        return not self._waiting

    def wanted(self, at: datetime, seconds: float) -> float:
        """How many parts are due at a moment, and may leave within so many seconds."""
        self._look(at)
        due = sum(self._left[number] for number in self._due)
        limit = self.job.parts_per_second
        return due if limit is None else min(due, limit * seconds)

    def take(self, parts: float) -> list[tuple[int, int, datetime]]:
        """Lets so many of the due parts leave: group, whole messages, and when its window closes."""
        found = []
        for number in self._due:
            taken = min(parts, self._left[number])
            parts -= taken
            self._left[number] -= taken
            if messages := self._tell(number):
                closes = self.job.groups[number].windows[self._place[number]][1]
                found.append((number, messages, closes))
            if parts <= NOTHING:
                break
        return found

    def _tell(self, number: int) -> int:
        """Messages that have left whole since they were last told."""
        group = self.job.groups[number]
        if self._left[number] <= NOTHING:
            self._left[number] = 0.0
        left = int(group.messages * (1 - self._left[number] / group.parts) + NOTHING)
        messages = left - self._told[number]
        self._told[number] = left
        return messages

    def _look(self, at: datetime) -> None:
        """Forgets what has left and what is too late, and finds what is due."""
        self._waiting = list(self._still_waiting(at))
        self._due = [number for number in self._waiting if self._window(number)[0] <= at]

    def _still_waiting(self, at: datetime) -> Iterator[int]:
        for number in self._waiting:
            windows = self.job.groups[number].windows
            while self._place[number] < len(windows) and windows[self._place[number]][1] <= at:
                self._place[number] += 1
            if self._place[number] < len(windows) and self._left[number] > 0:
                yield number

    def _window(self, number: int) -> Window:
        return self.job.groups[number].windows[self._place[number]]
