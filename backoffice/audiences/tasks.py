"""Changes of lists in the background: what a run does, and who hears of its end. See backoffice.lib.runs for the rest."""

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.files import File
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from huey import crontab
from huey.contrib.djhuey import db_periodic_task, db_task
from wagtail.log_actions import log

from backoffice.accounts.roles import EDITOR, PRIVACY_OFFICER
from backoffice.alerts.closing import closes
from backoffice.alerts.feed import raise_alert
from backoffice.alerts.models import Alert
from backoffice.alerts.run_steps import step_of_runs
from backoffice.alerts.steps import Step, tried
from backoffice.audiences.list_filling import bad_rows_heading, fill
from backoffice.audiences.list_models import ListRun
from backoffice.audiences.list_sets import make
from backoffice.audiences.models import CustomerList
from backoffice.lib.runs import Runner, Tell

State = ListRun.State
CHANGED = "audiences.list_changed"


CHANGE_LIST = step_of_runs("lists.change", gettext_lazy("Changing a list"), lambda: runner, EDITOR)
closes("list", after=timedelta(days=14))
SWEEP = Step("lists.changes", gettext_lazy("Going on with changes of lists"))


@db_task(priority=10)
@tried(CHANGE_LIST)
def change_list(run_id: int) -> None:
    """Wakes up for one run."""
    runner.run(run_id)


@db_periodic_task(crontab(minute="*"))
@tried(SWEEP)
def sweep_lists() -> None:
    """Goes on with what is waiting, and with what a dead worker left behind."""
    for run_id in runner.unfinished_ids():
        change_list.call_local(run_id)


def _work(run: ListRun, progress: Tell) -> None:
    if not run.is_of_file:
        make(run, progress)
        return
    with TemporaryDirectory() as folder, (Path(folder) / "bad.csv").open("w+", newline="") as bad_rows:
        bad_rows.write(bad_rows_heading(run))
        result = fill(run, bad_rows, progress)
        bad_rows.flush()
        if result.bad:
            with Path(bad_rows.name).open("rb") as file:
                run.bad_rows.save(f"list-{run.pk}-bad-rows.csv", File(file), save=False)
    run.rows_read, run.bad, run.repeated, run.created = (
        result.read,
        result.bad,
        result.repeated,
        result.created,
    )
    run.added, run.removed, run.unchanged = result.added, result.removed, result.unchanged


def _in_words(run: ListRun) -> str:
    """What became of a run that did not go well."""
    sentence = _("The list “%(list)s” was not changed. %(problem)s")
    if run.state == State.DONE:
        sentence = ngettext(
            "The list “%(list)s” was changed, but %(bad)d row of “%(file)s” names nobody. Look which.",
            "The list “%(list)s” was changed, but %(bad)d rows of “%(file)s” name nobody. Look which.",
            run.bad,
        )
    words = {"list": run.customer_list, "file": run.name, "problem": run.problem, "bad": run.bad}
    return sentence % words


def _tell(run: ListRun) -> None:
    """What was changed is in the history of the list; bad rows and failures wait in the feed."""
    if run.state == State.DONE:
        data = {"verb": run.verb, "added": run.added, "removed": run.removed}
        log(run.customer_list, CHANGED, user=run.created_by, data=data)
    if run.state == State.FAILED:
        level = Alert.Level.WARNING
    elif run.state == State.DONE and run.bad:
        level = Alert.Level.INFORMATION
    else:
        return
    link = reverse("lists:run", args=[run.pk])
    is_private = run.customer_list.kind == CustomerList.Kind.EXCLUSION
    groups = [EDITOR, PRIVACY_OFFICER] if is_private else [EDITOR]
    raise_alert(f"list:{run.pk}", level, lambda: _in_words(run), link=link, groups=groups)


runner: Runner[ListRun] = Runner(
    name="list",
    model=ListRun,
    work=_work,
    wake=change_list,
    tell=_tell,
    failed=gettext_lazy(
        "This failed and the list was not changed. Tell the administrator its number: %(number)d."
    ),
)
