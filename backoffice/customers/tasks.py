"""Importing in the background: what a run does, and who hears of its end. See backoffice.lib.runs for the rest."""

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import structlog
from django.core.files import File
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from huey import crontab
from huey.contrib.djhuey import db_periodic_task, db_task

from backoffice.accounts.roles import EDITOR, PRIVACY_OFFICER
from backoffice.alerts.closing import closes
from backoffice.alerts.feed import raise_alert
from backoffice.alerts.models import Alert
from backoffice.alerts.run_steps import step_of_runs
from backoffice.alerts.steps import Step, is_away, tried
from backoffice.customers.columns import customer_columns
from backoffice.customers.importing import Order, import_file, look_at_file, remarks_heading
from backoffice.customers.models import ImportRun
from backoffice.customers.reading import bad_rows_heading
from backoffice.lib.files.confirmed import of_run
from backoffice.lib.runs import Runner, Tell
from backoffice.lib.said import stored
from backoffice.lib.spreadsheets import UnreadableTable

logger = structlog.get_logger(__name__)

State = ImportRun.State
# A file that nobody has started for so long is not counted again.
LOOKED_AT_DAYS = 1


IMPORT = step_of_runs(
    "customers.import", gettext_lazy("Importing customers"), lambda: runner, EDITOR, PRIVACY_OFFICER
)
closes("import", after=timedelta(days=14))
LOOK = Step("customers.look", gettext_lazy("Counting what a file of customers would change"))
SWEEP = Step("customers.imports", gettext_lazy("Going on with imports of customers"))


@db_task(priority=10)
@tried(IMPORT)
def import_customers(run_id: int) -> None:
    """Wakes up for one run."""
    runner.run(run_id)


@db_task(priority=20)
@tried(LOOK)
def look_at_import(run_id: int) -> None:
    """Counts what a file would do, unless that has been done or another worker is at it."""
    with runner.locked(run_id) as mine:
        run = ImportRun.objects.filter(pk=run_id, state=State.UPLOADED, outlook__isnull=True).first()
        if mine and run:
            # Unless somebody has it read in another way by now, which is counted anew.
            same = ImportRun.objects.filter(pk=run_id, outlook__isnull=True, reading=run.reading)
            same.update(outlook=_outlook(run))


def _outlook(run: ImportRun) -> dict[str, Any]:
    """The counts of an Outlook, or under ``problem`` the sentence why there are none."""
    try:
        reading = of_run(run, customer_columns())
        found = asdict(look_at_file(Path(run.file.path), _order(run), reading=reading))
        result: dict[str, Any] = found.pop("result")
        return result | found
    except UnreadableTable as error:
        return {"problem": stored(error.sentence)}
    except OSError:
        return {"problem": stored(lambda: _("The file is not there any more. Upload it again."))}
    except Exception as error:
        if is_away(error):
            raise
        logger.exception("look_failed", run=run.pk)
        return {"problem": stored(lambda: str(runner.failed) % {"number": run.pk})}


@db_periodic_task(crontab(minute="*"))
@tried(SWEEP)
def sweep_imports() -> None:
    """Goes on with what is waiting, and with what a dead worker left behind."""
    for run_id in runner.unfinished_ids():
        import_customers.call_local(run_id)
    since = timezone.now() - timedelta(days=LOOKED_AT_DAYS)
    forgotten = ImportRun.objects.filter(state=State.UPLOADED, outlook__isnull=True, created_at__gte=since)
    for run_id in forgotten.values_list("pk", flat=True):
        look_at_import(run_id)


def _order(run: ImportRun) -> Order:
    return Order(run.source, run.empties == ImportRun.Empties.EMPTY, run.created_by_id, run.pk)


def _import(run: ImportRun, progress: Tell) -> None:
    path, reading = Path(run.file.path), of_run(run, customer_columns())
    with (
        TemporaryDirectory() as folder,
        (Path(folder) / "bad.csv").open("w+", newline="", encoding="utf-8-sig") as bad_rows,
        (Path(folder) / "remarks.csv").open("w+", newline="", encoding="utf-8-sig") as remarks,
    ):
        bad_rows.write(bad_rows_heading(reading.heading(path), stored))
        remarks.write(remarks_heading(reading.heading(path), stored))
        result = import_file(
            path,
            _order(run),
            reading=reading,
            bad_rows=bad_rows,
            remarks=remarks,
            progress=progress,
            say=stored,
        )
        bad_rows.flush()
        remarks.flush()
        if result.bad:
            with Path(bad_rows.name).open("rb") as file:
                run.bad_rows.save(f"{run.pk}-bad-rows.csv", File(file), save=False)
        if result.doubled or result.conflicts:
            with Path(remarks.name).open("rb") as file:
                run.remarks.save(f"{run.pk}-remarks.csv", File(file), save=False)
    run.rows_read = result.read
    for name in ("added", "changed", "unchanged", "bad", "doubled", "emptied", "conflicts", "not_mobile"):
        setattr(run, name, getattr(result, name))


def _in_words(run: ImportRun) -> str:
    """What became of a run that did not go well."""
    sentence = _("“%(file)s” was not imported. %(problem)s")
    if run.state == State.DONE:
        sentence = ngettext(
            "“%(file)s” was imported, but %(bad)d row was left out. Look why, mend it and import it again.",
            "“%(file)s” was imported, but %(bad)d rows were left out. Look why, mend them and import them again.",
            run.bad,
        )
    words = {"file": run.name, "problem": run.problem, "bad": run.bad}
    return sentence % words


def _tell(run: ImportRun) -> None:
    """Bad rows and failures wait in the feed of those who import."""
    if run.state == State.FAILED:
        level = Alert.Level.WARNING
    elif run.state == State.DONE and run.bad:
        level = Alert.Level.INFORMATION
    else:
        return
    link = reverse("imports:run", args=[run.pk])
    raise_alert(
        f"import:{run.pk}", level, lambda: _in_words(run), link=link, groups=[EDITOR, PRIVACY_OFFICER]
    )


runner: Runner[ImportRun] = Runner(
    name="import",
    model=ImportRun,
    work=_import,
    wake=import_customers,
    tell=_tell,
    failed=gettext_lazy(
        "The import failed and nothing was changed. Tell the administrator its number: %(number)d."
    ),
)
