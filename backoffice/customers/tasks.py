"""Importing in the background. The work is an ImportRun row; a task only wakes somebody who claims it.

The worker at work holds an advisory lock of its database session for as long as it lives. Whoever gets the lock of a run
that is "running" knows that its worker died, and does it again from the start: an import changes all or nothing.
"""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog
from django.core.cache import cache
from django.core.files import File
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from huey import crontab
from huey.contrib.djhuey import db_periodic_task, db_task

from backoffice.accounts.roles import EDITOR, PRIVACY_OFFICER
from backoffice.alerts.feed import raise_alert
from backoffice.alerts.models import Alert
from backoffice.customers.importing import ImportStopped, Result, bad_rows_heading, import_file
from backoffice.customers.models import ImportRun
from backoffice.lib.spreadsheets import UnreadableTable

logger = structlog.get_logger(__name__)

State = ImportRun.State
# How long rows read and the wish to stop are remembered.
KEPT_SECONDS = 24 * 3600
LOCK = "customers_importrun"


@dataclass(frozen=True)
class Progress:
    """How far a run is: rows, and seconds since it began."""

    rows: int
    seconds: float

    @property
    def rows_per_second(self) -> int:
        return round(self.rows / self.seconds) if self.seconds > 0 else 0


def start(run: ImportRun) -> bool:
    """Puts an uploaded file in the queue. False if somebody has done so already."""
    if not ImportRun.objects.filter(pk=run.pk, state=State.UPLOADED).update(state=State.WAITING):
        return False
    import_customers(run.pk)
    return True


def ask_to_stop(run: ImportRun) -> None:
    """A run that has not begun stops at once, one at work within moments. Nothing is changed then."""
    cache.set(_key(run.pk, "stop"), True, KEPT_SECONDS)
    ImportRun.objects.filter(pk=run.pk, state__in=(State.UPLOADED, State.WAITING)).update(
        state=State.STOPPED, finished_at=timezone.now()
    )


def progress_of(run: ImportRun) -> Progress:
    rows = cache.get(_key(run.pk, "rows"), 0)
    seconds = (timezone.now() - run.started_at).total_seconds() if run.started_at else 0.0
    return Progress(rows, seconds)


def _key(run_id: int, what: str) -> str:
    return f"parley:import:{run_id}:{what}"


@db_task(priority=10)
def import_customers(run_id: int) -> None:
    """Wakes up for one run."""
    run_import(run_id)


@db_periodic_task(crontab(minute="*"))
def sweep_imports() -> None:
    """Goes on with what is waiting, and with what a dead worker left behind."""
    for run_id in ImportRun.objects.unfinished().order_by("pk").values_list("pk", flat=True):
        run_import(run_id)


@contextmanager
def _locked(run_id: int) -> Iterator[bool]:
    """Whether this session alone works on the run."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s), %s)", [LOCK, run_id])
        mine = bool(cursor.fetchone()[0])
        try:
            yield mine
        finally:
            if mine:
                cursor.execute("SELECT pg_advisory_unlock(hashtext(%s), %s)", [LOCK, run_id])


def run_import(run_id: int) -> None:
    """Does the work of a run, unless another worker is at it or it has ended."""
    with _locked(run_id) as mine:
        if not mine:
            return
        claimed = ImportRun.objects.unfinished().filter(pk=run_id)
        if not claimed.update(state=State.RUNNING, started_at=timezone.now()):
            return
        run = ImportRun.objects.get(pk=run_id)
        _work(run)
        run.finished_at = timezone.now()
        run.save()
        logger.info("import_ended", run=run.pk, state=run.state, rows=run.rows_read, bad=run.bad)
        _tell(run)


def _work(run: ImportRun) -> None:
    """Leaves the outcome in the run."""

    def progress(rows: int) -> None:
        cache.set(_key(run.pk, "rows"), rows, KEPT_SECONDS)
        if cache.get(_key(run.pk, "stop")):
            raise ImportStopped

    try:
        progress(0)
        _import(run, progress)
    except ImportStopped:
        run.state = State.STOPPED
    except UnreadableTable as error:
        run.state, run.problem = State.FAILED, str(error)[:400]
    except OSError:
        run.state, run.problem = State.FAILED, _("The file is not there any more. Upload it again.")
    except Exception:
        # Whatever it was must not leave a run that looks as if it went on for ever.
        logger.exception("import_failed", run=run.pk)
        run.state = State.FAILED
        run.problem = _(
            "The import failed and nothing was changed. Tell the administrator its number: %(number)d."
        ) % {"number": run.pk}


def _import(run: ImportRun, progress: Callable[[int], None]) -> None:
    path = Path(run.file.path)
    with TemporaryDirectory() as folder, (Path(folder) / "bad.csv").open("w+", newline="") as bad_rows:
        bad_rows.write(bad_rows_heading(path))
        result: Result = import_file(path, source=run.source, bad_rows=bad_rows, progress=progress)
        bad_rows.flush()
        if result.bad:
            with Path(bad_rows.name).open("rb") as file:
                run.bad_rows.save(f"{run.pk}-bad-rows.csv", File(file), save=False)
    run.state = State.DONE
    run.rows_read, run.added, run.changed = result.read, result.added, result.changed
    run.unchanged, run.bad = result.unchanged, result.bad


def _tell(run: ImportRun) -> None:
    """Bad rows and failures wait in the feed of those who import."""
    if run.state == State.FAILED:
        level, sentence = Alert.Level.WARNING, _("“%(file)s” was not imported. %(problem)s")
    elif run.state == State.DONE and run.bad:
        level = Alert.Level.INFORMATION
        sentence = ngettext(
            "“%(file)s” was imported, but %(bad)d row was left out. Look why, mend it and import it again.",
            "“%(file)s” was imported, but %(bad)d rows were left out. Look why, mend them and import them again.",
            run.bad,
        )
    else:
        return
    words = {"file": run.name, "problem": run.problem, "bad": run.bad}
    link = reverse("imports:run", args=[run.pk])
    raise_alert(f"import:{run.pk}", level, sentence % words, link=link, groups=[EDITOR, PRIVACY_OFFICER])


def first_bad_rows(run: ImportRun, limit: int) -> list[list[str]]:
    """Number, reason and cells of the first bad rows."""
    if not run.bad_rows:
        return []
    with run.bad_rows.open("rb") as binary:
        rows = csv.reader(line.decode() for line in binary)
        next(rows, None)
        return [row for row, _index in zip(rows, range(limit), strict=False)]
