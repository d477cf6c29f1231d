"""Importing in the background: what a run does, and who hears of its end. See backoffice.lib.runs for the rest."""

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.files import File
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from huey import crontab
from huey.contrib.djhuey import db_periodic_task, db_task

from backoffice.accounts.roles import EDITOR, PRIVACY_OFFICER
from backoffice.alerts.closing import closes
from backoffice.alerts.feed import raise_alert
from backoffice.alerts.models import Alert
from backoffice.alerts.run_steps import step_of_runs
from backoffice.alerts.steps import Step, tried
from backoffice.customers.columns import customer_columns
from backoffice.customers.importing import import_file
from backoffice.customers.models import ImportRun
from backoffice.customers.reading import Result, bad_rows_heading
from backoffice.lib.files.confirmed import of_run
from backoffice.lib.runs import Runner, Tell

State = ImportRun.State


IMPORT = step_of_runs(
    "customers.import", gettext_lazy("Importing customers"), lambda: runner, EDITOR, PRIVACY_OFFICER
)
closes("import", after=timedelta(days=14))
SWEEP = Step("customers.imports", gettext_lazy("Going on with imports of customers"))


@db_task(priority=10)
@tried(IMPORT)
def import_customers(run_id: int) -> None:
    """Wakes up for one run."""
    runner.run(run_id)


@db_periodic_task(crontab(minute="*"))
@tried(SWEEP)
def sweep_imports() -> None:
    """Goes on with what is waiting, and with what a dead worker left behind."""
    for run_id in runner.unfinished_ids():
        import_customers.call_local(run_id)


def _import(run: ImportRun, progress: Tell) -> None:
    path, reading = Path(run.file.path), of_run(run, customer_columns())
    with TemporaryDirectory() as folder, (Path(folder) / "bad.csv").open("w+", newline="") as bad_rows:
        bad_rows.write(bad_rows_heading(reading.heading(path)))
        result: Result = import_file(
            path, reading=reading, source=run.source, bad_rows=bad_rows, progress=progress
        )
        bad_rows.flush()
        if result.bad:
            with Path(bad_rows.name).open("rb") as file:
                run.bad_rows.save(f"{run.pk}-bad-rows.csv", File(file), save=False)
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
