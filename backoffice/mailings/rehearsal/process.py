"""What the process of rehearsals does: one after the other of those that wait, each to an outcome in its row.

It alone knows Kannel and the simulated operators; who asks, looks and stops does not load them.
"""

import shutil
import tempfile
import threading
from pathlib import Path
from typing import Any

import structlog
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.lib.said import kept
from backoffice.mailings.models import Rehearsal
from backoffice.mailings.rehearsal.playing import CannotRehearse, play
from backoffice.mailings.rehearsal.running import FOLDER, alone, end, ended_words, tell_left_behind, waiting

logger = structlog.get_logger(__name__)

State = Rehearsal.State
# Whoever only looks holds the lock for a moment.
TRIES, AGAIN_AFTER_SECONDS = 5, 0.3


class Stopped(Exception):
    """Somebody pressed Stop."""


class Ended(Exception):
    """The process is to end, or was taken for dead."""


def rehearse_waiting(stopping: threading.Event) -> int:
    """Rehearses what waits, the oldest first, until nothing does. How many; none if another process is at it."""
    done = tries = 0
    while not stopping.is_set() and tries < TRIES and waiting().exists():
        with alone() as mine:
            if mine:
                tell_left_behind()
            while mine and not stopping.is_set() and (rehearsal := _claimed()) is not None:
                _do(rehearsal, stopping)
                done += 1
        if not mine:
            tries += 1
            stopping.wait(AGAIN_AFTER_SECONDS)
    return done


def _claimed() -> Rehearsal | None:
    for rehearsal_id in waiting().values_list("pk", flat=True):
        now = timezone.now()
        claimed = Rehearsal.objects.filter(pk=rehearsal_id, state=State.WAITING)
        if claimed.update(state=State.RUNNING, started_at=now, heard_at=now):
            return Rehearsal.objects.select_related("mailing").get(pk=rehearsal_id)
    return None


def _do(rehearsal: Rehearsal, stopping: threading.Event) -> None:
    """Leaves the outcome in the row, whatever it is, and nothing in the folder."""

    def tell(values: dict[str, Any]) -> None:
        mine = Rehearsal.objects.filter(pk=rehearsal.pk, state=State.RUNNING)
        if stopping.is_set() or not mine.update(heard_at=timezone.now(), **values):
            raise Ended
        if mine.filter(wants_stop=True).exists():
            raise Stopped

    folder = Path(tempfile.mkdtemp(prefix=FOLDER))
    try:
        tell({"folder": str(folder)})
        state, problem = _outcome(rehearsal, folder, tell)
    except Ended:
        state, problem = State.FAILED, ended_words()
    except Stopped:
        state, problem = State.STOPPED, ""
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    end(rehearsal, state, problem)
    logger.info("rehearsal_ended", rehearsal=rehearsal.pk, state=state.value)


def _failed_words(rehearsal: Rehearsal) -> str:
    sentence = _("It could not be rehearsed. Tell the administrators its number: %(number)d.")
    return sentence % {"number": rehearsal.pk}


def _outcome(rehearsal: Rehearsal, folder: Path, tell: Any) -> tuple[State, str]:
    """State and problem of one that was played. Raises Ended or Stopped."""
    try:
        play(rehearsal, folder, tell)
    except (Ended, Stopped):
        raise
    except CannotRehearse as reason:
        return State.FAILED, reason.sentence
    except Exception:
        # Whatever it was must not leave a row that looks as if it went on for ever.
        logger.exception("rehearsal_failed", rehearsal=rehearsal.pk)
        return State.FAILED, kept(lambda: _failed_words(rehearsal))
    return State.DONE, ""
