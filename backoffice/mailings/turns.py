"""How long one sender keeps its worker: with more lines than workers, each has to let the others in."""

import time
from collections.abc import Callable

SECONDS = 15.0
# A wake-up that waits so long found no free worker.
WAITS_FOR_A_WORKER_SECONDS = 0.5
LOOK_EACH_SECONDS = 0.25


class Turn:
    """A turn of at most ``seconds``, which ends earlier when somebody waits for a worker.

    :param somebody_waits: whether there is a wake-up in the queue now.
    """

    def __init__(
        self,
        somebody_waits: Callable[[], bool],
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._somebody_waits = somebody_waits
        self._clock = clock
        self._looked_at = clock()
        self._ends = self._looked_at + seconds
        self._waits_since: float | None = None
        self.is_wanted = False

    def is_over(self) -> bool:
        """Whether to take no more messages. ``is_wanted`` says afterwards whether that was for others."""
        now = self._clock()
        if now - self._looked_at >= LOOK_EACH_SECONDS:
            self._looked_at = now
            self._look(now)
        return self.is_wanted or now >= self._ends

    def _look(self, now: float) -> None:
        if not self._somebody_waits():
            self._waits_since = None
        elif self._waits_since is None:
            self._waits_since = now
        else:
            self.is_wanted = now - self._waits_since >= WAITS_FOR_A_WORKER_SECONDS


def whole(seconds: float) -> Turn:
    """A turn that nobody can shorten."""
    return Turn(lambda: False, seconds)
