"""The process of rehearsals, seen from outside: it is started, and somebody tells when it dies.

It holds an advisory lock of its database session for as long as it lives. Whoever gets the lock and finds a rehearsal that
is "running" knows that its process died; nothing goes on by itself then, for somebody has to know.
"""

import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.lib.said import kept
from backoffice.mailings.rehearsal_models import Rehearsal

logger = structlog.get_logger(__name__)

State = Rehearsal.State
FOLDER = "parley-rehearsal-"
COMMAND = "rehearse_mailings"
_LOCK = "SELECT pg_try_advisory_lock(hashtext('rehearsal'))"
_UNLOCK = "SELECT pg_advisory_unlock(hashtext('rehearsal'))"


@contextmanager
def alone() -> Iterator[bool]:
    """Whether this session alone rehearses."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute(_UNLOCK)


def waiting() -> QuerySet[Rehearsal]:
    """Those that nobody has begun, the oldest first."""
    return Rehearsal.objects.filter(state=State.WAITING).order_by("pk")


def end(rehearsal: Rehearsal, state: State, problem: str) -> None:
    """Writes down what became of one, unless somebody has."""
    Rehearsal.objects.filter(pk=rehearsal.pk, state=State.RUNNING).update(
        state=state, problem=problem, folder="", finished_at=timezone.now()
    )


def ended_words() -> str:
    """Of one whose process was ended from outside."""
    return kept(
        lambda: _("Its process was ended before it was through. No customer got anything. Rehearse it again.")
    )


def tell_left_behind() -> None:
    """Called by whoever holds the lock: what is running has no process any more."""
    for rehearsal in Rehearsal.objects.filter(state=State.RUNNING):
        end(rehearsal, State.FAILED, ended_words())
        if Path(rehearsal.folder).name.startswith(FOLDER):
            shutil.rmtree(rehearsal.folder, ignore_errors=True)
        logger.warning("rehearsal_left_behind", rehearsal=rehearsal.pk)


def sweep() -> None:
    """Tells what a dead process left behind, and begins what waits."""
    with alone() as mine:
        if not mine:
            return
        tell_left_behind()
    if waiting().exists():
        start_process()


def start_process() -> threading.Thread:
    """A process of its own for what waits; if another one is at it, it ends soon. Returns who waits for its end.

    It outlives the worker that started it, and it takes no worker's time.
    """
    process = subprocess.Popen(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), COMMAND],
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    thread = threading.Thread(target=_after, args=(process,), daemon=True)
    thread.start()
    return thread


def _after(process: "subprocess.Popen[bytes]") -> None:
    """Once it has ended: a process that was killed has left a row that has to say so."""
    if process.wait() != 0:
        try:
            with alone() as mine:
                if mine:
                    tell_left_behind()
        finally:
            connection.close()
