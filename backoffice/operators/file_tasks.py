"""Files of prices and of ported numbers, taken in in the background. See backoffice.lib.runs for the rest."""

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.files import File
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from huey import crontab
from huey.contrib.djhuey import db_periodic_task, db_task

from backoffice.accounts.roles import OPERATOR_STAFF
from backoffice.alerts.feed import raise_alert
from backoffice.alerts.models import Alert
from backoffice.alerts.run_steps import step_of_runs
from backoffice.alerts.steps import Step, tried
from backoffice.lib.files.confirmed import of_run
from backoffice.lib.files.sentences import since_the_look
from backoffice.lib.runs import Run, Runner, Tell
from backoffice.lib.spreadsheets import UnreadableTable
from backoffice.operators.models import PortingRun, TariffRun
from backoffice.operators.porting import bad_rows_heading, port
from backoffice.operators.tariff_import import read, take_over
from backoffice.operators.tariff_resource import tariff_columns

State = Run.State


PORT = step_of_runs(
    "porting.file", gettext_lazy("Taking ported numbers over"), lambda: porting, OPERATOR_STAFF
)
TAKE_PRICES = step_of_runs(
    "tariffs.file", gettext_lazy("Taking prices over"), lambda: tariffs, OPERATOR_STAFF
)
SWEEP = Step("operators.files", gettext_lazy("Going on with files of operators"))


@db_task(priority=10)
@tried(PORT)
def port_numbers(run_id: int) -> None:
    """Wakes up for one file of ported numbers."""
    porting.run(run_id)


@db_task(priority=10)
@tried(TAKE_PRICES)
def take_prices(run_id: int) -> None:
    """Wakes up for one file of prices."""
    tariffs.run(run_id)


@db_periodic_task(crontab(minute="*"))
@tried(SWEEP)
def sweep_operator_files() -> None:
    """Goes on with what is waiting, and with what a dead worker left behind."""
    for run_id in porting.unfinished_ids():
        port_numbers.call_local(run_id)
    for run_id in tariffs.unfinished_ids():
        take_prices.call_local(run_id)


def _port(run: PortingRun, progress: Tell) -> None:
    with TemporaryDirectory() as folder, (Path(folder) / "bad.csv").open("w+", newline="") as bad_rows:
        bad_rows.write(bad_rows_heading())
        result = port(run, bad_rows, progress)
        bad_rows.flush()
        if result.bad:
            with Path(bad_rows.name).open("rb") as file:
                run.bad_rows.save(f"porting-{run.pk}-bad-rows.csv", File(file), save=False)
    run.rows_read, run.bad, run.added, run.changed = result.read, result.bad, result.added, result.changed
    run.unchanged, run.removed = result.unchanged, result.removed


def _take(run: TariffRun, progress: Tell) -> None:
    sheet = read(Path(run.file.path), run.operator, of_run(run, tariff_columns()))
    if sheet.bad:
        # Somebody has changed prices since the file was looked at.
        first = sheet.bad[0]
        raise UnreadableTable(partial(since_the_look, first.row, first.sentence))
    progress(sheet.read)
    taken = take_over(sheet)
    run.rows_read = sheet.read
    run.added, run.changed, run.unchanged = taken.added, taken.changed, taken.unchanged


def _in_words(run: Run) -> str:
    """What became of a run that did not go well."""
    sentence = _("“%(file)s” was not taken over. %(problem)s")
    if run.state == State.DONE:
        sentence = ngettext(
            "“%(file)s” was taken over, but %(bad)d row was left out. Look why, mend it and upload it again.",
            "“%(file)s” was taken over, but %(bad)d rows were left out. Look why, mend them and upload them again.",
            run.bad,
        )
    words = {"file": run.name, "problem": run.problem, "bad": run.bad}
    return sentence % words


def _tell(run: Run) -> None:
    """Bad rows and failures wait in the feed of the operator staff."""
    if run.state == State.FAILED:
        level = Alert.Level.WARNING
    elif run.state == State.DONE and run.bad:
        level = Alert.Level.INFORMATION
    else:
        return
    kind = "porting" if isinstance(run, PortingRun) else "tariff_files"
    link = reverse(f"{kind}:run", args=[run.pk])
    raise_alert(f"{kind}:{run.pk}", level, lambda: _in_words(run), link=link, groups=[OPERATOR_STAFF])


FAILED = gettext_lazy("That failed and nothing was changed. Tell the administrator its number: %(number)d.")
porting: Runner[PortingRun] = Runner(
    name="porting", model=PortingRun, work=_port, wake=port_numbers, tell=_tell, failed=FAILED
)
tariffs: Runner[TariffRun] = Runner(
    name="tariffs", model=TariffRun, work=_take, wake=take_prices, tell=_tell, failed=FAILED
)
