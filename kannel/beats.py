"""Each of our processes says every two seconds that it lives, in one row of the database. Others look at it.

A thread says so, so that a process that works long on one thing is not taken for dead; a stopped process says nothing.
One UPDATE by its key in two seconds costs a tenth of a millisecond of the database.
"""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from kannel.models import Process

logger = structlog.get_logger(__name__)

BEAT_SECONDS = 2.0


def nothing() -> None:
    """Nobody is looked at."""


class Heart(threading.Thread):
    """Says that this process lives until it is told to stop.

    :param about: the name of the gateway that it serves, where it serves one.
    :param look: called after each beat; who looks at others does it here.
    """

    def __init__(self, kind: Process.Kind, about: str = "", look: Callable[[], object] = nothing) -> None:
        super().__init__(name=f"heart of {kind}", daemon=True)
        self.kind, self.about, self.look = kind, about, look
        self.stopping = threading.Event()
        self.place: int | None = None

    def run(self) -> None:
        while not self.stopping.is_set():
            self._guarded(self._beat)
            self._guarded(self.look)
            self.stopping.wait(BEAT_SECONDS)
        self._guarded(self._end)
        connection.close()

    def stop(self) -> None:
        """The process ends in order. Returns when that is written."""
        self.stopping.set()
        self.join(BEAT_SECONDS * 2)

    def _beat(self) -> None:
        is_mine = self.place is not None and Process.objects.filter(
            pk=self.place, pid=os.getpid(), ended_at=None
        ).update(seen_at=Now())
        if not is_mine:
            self.place = take_place(self.kind, self.about)

    def _end(self) -> None:
        if self.place is not None:
            Process.objects.filter(pk=self.place, pid=os.getpid()).update(ended_at=Now(), seen_at=Now())

    def _guarded(self, work: Callable[[], object]) -> None:
        """What the database cannot take now is said at the next beat; no other failure may end the beating either."""
        try:
            work()
        except (DatabaseError, InterfaceError) as error:
            logger.warning("beat_not_written", kind=self.kind, error=type(error).__name__)
            connection.close()
        except Exception:
            logger.exception("beat_failed", kind=self.kind)


@contextmanager
def beating(kind: Process.Kind, about: str = "", look: Callable[[], object] = nothing) -> Iterator[Heart]:
    """Beats for as long as the block runs. However it ends without killing the process counts as an end in order."""
    heart = Heart(kind, about, look)
    heart.start()
    try:
        yield heart
    finally:
        heart.stop()


def take_place(kind: Process.Kind, about: str = "") -> int:
    """The row of this process: that of a predecessor on this host which is gone, or a new one. Returns its key."""
    host = socket.gethostname()
    mine = Process.objects.filter(kind=kind, about=about, host=host)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('places of processes'))")
        places = list(mine.order_by("number"))
        free = next((one for one in places if not _lives(one)), None)
        now = {
            "pid": os.getpid(),
            "born": born(os.getpid()),
            "seen_at": Now(),
            "started_at": Now(),
            "ended_at": None,
        }
        if free is None:
            number = max((one.number for one in places), default=0) + 1
            row = Process.objects.create(
                kind=kind, about=about, host=host, number=number, pid=os.getpid(), born=born(os.getpid())
            )
            return row.pk
        died = int(free.ended_at is None)
        mine.filter(pk=free.pk).update(restarts=F("restarts") + 1, deaths=F("deaths") + died, **now)
        if died:
            logger.warning("predecessor_died", kind=kind, number=free.number)
        return free.pk


def _lives(row: Process) -> bool:
    """Whether another process than this one still has the place, stopped or not."""
    if row.ended_at is not None or row.pid == os.getpid():
        return False
    return born(row.pid) == row.born


def born(pid: int) -> int:
    """When the kernel started this process, in its ticks since the machine started; -1 if there is none of this pid."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return -1
    # The name in parentheses may have blanks (proc(5): starttime is field 22).
    state, *fields = text.rpartition(")")[2].split()
    return -1 if state == "Z" else int(fields[18])
