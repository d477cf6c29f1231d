"""Long work that somebody starts on a screen and that goes on in the background, with progress and a way to stop it.

The work is a row; a task only wakes somebody who claims it. The worker at work holds an advisory lock of its database
session for as long as it lives. Whoever gets the lock of a run that is "running" knows that its worker died, and does it
again from the start: a run changes all or nothing.
"""

import csv
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any, Generic, TypeVar

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db import connection, models
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from backoffice.lib.files.quoting import plain_cell
from backoffice.lib.said import SentenceField, in_readers_language, kept
from backoffice.lib.spreadsheets import UnreadableTable

logger = structlog.get_logger(__name__)

# How long rows read and the wish to stop are remembered.
KEPT_SECONDS = 24 * 3600
# A worker may be killed for other reasons than its work; twice is no accident.
ATTEMPTS_AT_MOST = 2
KILLED = gettext_noop(
    "This has ended the process that did it %(times)d times. Nothing was changed. Cut the file in pieces, or save it as CSV."
)
# Files hold numbers and names: an upload goes with its run, or after a week if nobody starts it; bad rows after a month.
UPLOAD_DAYS, BAD_ROWS_DAYS = 7, 30


class RunStopped(Exception):
    """Somebody pressed Stop. Nothing was changed."""


class RunQuerySet(models.QuerySet[Any]):
    """Sets of runs."""

    def unfinished(self) -> "RunQuerySet":
        """Started, and not at their end."""
        return self.filter(state__in=("waiting", "running"))


class Run(models.Model):
    """One piece of long work, from the file or the wish it begins with to its result."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("looked at")
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        STOPPED = "stopped", _("stopped")
        FAILED = "failed", _("failed")

    name = models.CharField(_("file"), max_length=200)
    file = models.FileField(upload_to="imports/")
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.UPLOADED)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("uploaded by")
    )
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    rows_read = models.PositiveIntegerField(_("rows"), default=0)
    bad = models.PositiveIntegerField(_("bad rows"), default=0)
    problem = SentenceField(max_length=400, blank=True)
    bad_rows = models.FileField(upload_to="imports/")
    # How the file is read, as it was shown and confirmed; see backoffice.lib.files.confirmed.
    reading = models.JSONField(default=dict)
    headings_digest = models.CharField(max_length=64, blank=True, db_index=True)
    # How many workers have begun it. One that dies leaves no other trace.
    attempts = models.PositiveSmallIntegerField(default=0)

    objects = RunQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        abstract = True
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_live(self) -> bool:
        """Whether somebody works on it, or will."""
        return self.state in (self.State.WAITING, self.State.RUNNING)

    def first_bad_rows(self, limit: int) -> list[list[str]]:
        """Number, reason and cells of the first bad rows."""
        if not is_there(self.bad_rows):
            return []
        return first_rows_of(self.bad_rows, limit)


def first_rows_of(file: Any, limit: int) -> list[list[str]]:
    """The first rows of a list that we wrote, without its heading."""
    rows = rows_of(file)
    next(rows, None)
    return list(islice(rows, limit))


def rows_of(file: Any) -> Iterator[list[str]]:
    """The rows of a list that we wrote, heading and all, with what is said of each in the reader's language.

    Whatever stands in the rows themselves is somebody else's, so that only their first two cells are ours, and the heading.
    """
    with file.open("rb") as binary:
        rows = csv.reader(line.decode("utf-8-sig") for line in binary)
        for number, row in enumerate(rows):
            ours = len(row) if number == 0 else 2
            yield [in_readers_language(plain_cell(cell)) for cell in row[:ours]] + [
                plain_cell(cell) for cell in row[ours:]
            ]


AnyRun = TypeVar("AnyRun", bound=Run)
# Is told the rows done so far; raises RunStopped when somebody has pressed Stop.
Tell = Callable[[int], None]


@dataclass(frozen=True)
class Progress:
    """How far a run is: rows, and seconds since it began."""

    rows: int
    seconds: float

    @property
    def rows_per_second(self) -> int:
        return round(self.rows / self.seconds) if self.seconds > 0 else 0


def what_happened(error: Exception) -> str:
    """An error nobody foresaw, named for the administrator; the values it speaks of are people's and stay out."""
    column = re.search(r"column (\w+)", str(error).partition("CONTEXT:")[2])
    return f"{type(error).__name__}, {column[1]}" if column else type(error).__name__


@dataclass(frozen=True)
class Runner(Generic[AnyRun]):
    """How runs of one kind are started, watched, stopped and done.

    ``work`` does all of it in one transaction and leaves the outcome in the run; ``wake`` puts a wake-up in the queue;
    ``tell`` is called with a run that has ended; ``failed`` is the sentence for what nobody foresaw, with %(number)d.
    """

    name: str
    model: type[AnyRun]
    work: Callable[[AnyRun, Tell], None]
    wake: Callable[[int], Any]
    tell: Callable[[AnyRun], None]
    failed: str | Promise

    def start(self, run: AnyRun) -> bool:
        """Puts what was looked at in the queue. False if somebody has done so already."""
        states = self.model.State
        looked_at = self.model.objects.filter(pk=run.pk, state=states.UPLOADED)
        if not looked_at.update(state=states.WAITING):
            return False
        self.wake(run.pk)
        return True

    def ask_to_stop(self, run: AnyRun) -> None:
        """A run that has not begun stops at once, one at work within moments. Nothing is changed then."""
        states = self.model.State
        cache.set(self._key(run.pk, "stop"), True, KEPT_SECONDS)
        self.model.objects.filter(pk=run.pk, state__in=(states.UPLOADED, states.WAITING)).update(
            state=states.STOPPED, finished_at=timezone.now()
        )

    def progress_of(self, run: AnyRun) -> Progress:
        """How far it is, as the worker last said."""
        rows = cache.get(self._key(run.pk, "rows"), 0)
        seconds = (timezone.now() - run.started_at).total_seconds() if run.started_at else 0.0
        return Progress(rows, seconds)

    def unfinished_ids(self) -> list[int]:
        """What is waiting, and what a dead worker left behind, the oldest first."""
        return list(self.model.objects.unfinished().order_by("pk").values_list("pk", flat=True))

    def sweep(self) -> None:
        """Goes on with what is unfinished."""
        for run_id in self.unfinished_ids():
            self.run(run_id)

    def give_up(self, run_id: int) -> None:
        """Ends a run that could not even be begun or ended, whatever stands in its way."""
        states = self.model.State
        values = {
            "state": states.FAILED,
            "finished_at": timezone.now(),
            "problem": kept(lambda: str(self.failed) % {"number": run_id}),
        }
        self.model.objects.unfinished().filter(pk=run_id).update(**values)

    def run(self, run_id: int) -> None:
        """Does the work of a run, unless another worker is at it or it has ended."""
        states = self.model.State
        with self.locked(run_id) as mine:
            if not mine:
                return
            claimed = self.model.objects.unfinished().filter(pk=run_id)
            begun = {"started_at": timezone.now(), "attempts": models.F("attempts") + 1}
            if not claimed.update(state=states.RUNNING, **begun):
                return
            run: Any = self.model.objects.get(pk=run_id)
            if run.attempts > ATTEMPTS_AT_MOST:
                run.state = states.FAILED
                run.problem = kept(lambda: gettext(KILLED) % {"times": ATTEMPTS_AT_MOST})
            else:
                self._do(run)
            run.finished_at = timezone.now()
            run.save()
            _forget(run.file)
            logger.info(f"{self.name}_ended", run=run.pk, state=run.state, rows=run.rows_read, bad=run.bad)
            self.tell(run)

    def _do(self, run: AnyRun) -> None:
        """Leaves the outcome in the run, whatever it is."""

        def progress(rows: int) -> None:
            cache.set(self._key(run.pk, "rows"), rows, KEPT_SECONDS)
            if cache.get(self._key(run.pk, "stop")):
                raise RunStopped

        states = self.model.State
        try:
            progress(0)
            self.work(run, progress)
            run.state = states.DONE
        except RunStopped:
            run.state = states.STOPPED
        except UnreadableTable as error:
            run.state, run.problem = states.FAILED, error.sentence
        except OSError:
            run.state = states.FAILED
            run.problem = kept(lambda: gettext("The file is not there any more. Upload it again."))
        except Exception as error:
            # Whatever it was must not leave a run that looks as if it went on for ever.
            logger.exception(f"{self.name}_failed", run=run.pk)
            run.state = states.FAILED
            what = what_happened(error)
            run.problem = kept(lambda: f"{str(self.failed) % {'number': run.pk}} ({what})")

    @contextmanager
    def locked(self, run_id: int) -> Iterator[bool]:
        """Whether this session alone works on the run."""
        lock: list[str | int] = [self.model._meta.db_table, run_id]
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s), %s)", lock)
            mine = bool(cursor.fetchone()[0])
            try:
                yield mine
            finally:
                if mine:
                    cursor.execute("SELECT pg_advisory_unlock(hashtext(%s), %s)", lock)

    def _key(self, run_id: int, what: str) -> str:
        return f"parley:{self.name}:{run_id}:{what}"


def forget_files() -> int:
    """Deletes the files of runs that nobody started or that ended long ago, of every kind of run; how many files."""
    now = timezone.now()
    began = now - timedelta(days=UPLOAD_DAYS)
    ended = now - timedelta(days=BAD_ROWS_DAYS)
    gone = 0
    for model in Run.__subclasses__():
        runs = model.objects.exclude(state__in=("waiting", "running"))
        gone += sum(_forget(run.file) for run in runs.filter(created_at__lt=began).exclude(file=""))
        gone += sum(_forget(run.bad_rows) for run in runs.filter(created_at__lt=ended).exclude(bad_rows=""))
    return gone


def is_there(file: Any) -> bool:
    """Whether a run has such a file, and it has not been deleted meanwhile."""
    return bool(file) and file.storage.exists(file.name)


def _forget(file: Any) -> bool:
    """Deletes a file of a run. The row keeps its name; whether it was there."""
    if not is_there(file):
        return False
    file.storage.delete(file.name)
    return True
