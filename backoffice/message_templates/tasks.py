"""Files of texts, taken over in the background. See backoffice.lib.runs for the rest."""

from datetime import timedelta
from functools import partial
from pathlib import Path

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from huey import crontab
from huey.contrib.djhuey import db_periodic_task, db_task

from backoffice.accounts.roles import EDITOR
from backoffice.alerts.closing import closes
from backoffice.alerts.feed import raise_alert
from backoffice.alerts.models import Alert
from backoffice.alerts.run_steps import step_of_runs
from backoffice.alerts.steps import Step, tried
from backoffice.lib.files.sentences import since_the_look
from backoffice.lib.runs import Runner, Tell
from backoffice.lib.spreadsheets import UnreadableTable
from backoffice.message_templates.models import TextRun
from backoffice.message_templates.text_import import read, take_over

TAKE_TEXTS = step_of_runs("texts.file", gettext_lazy("Taking a file of texts over"), lambda: texts, EDITOR)
closes("text_files", after=timedelta(days=14))
SWEEP = Step("texts.files", gettext_lazy("Going on with files of texts"))


@db_task(priority=10)
@tried(TAKE_TEXTS)
def take_texts(run_id: int) -> None:
    """Wakes up for one file of texts."""
    texts.run(run_id)


@db_periodic_task(crontab(minute="*"))
@tried(SWEEP)
def sweep_text_files() -> None:
    """Goes on with what is waiting, and with what a dead worker left behind."""
    for run_id in texts.unfinished_ids():
        take_texts.call_local(run_id)


def _take(run: TextRun, progress: Tell) -> None:
    sheet = read(Path(run.file.path))
    if sheet.bad:
        # Somebody has changed texts since the file was looked at.
        first = sheet.bad[0]
        raise UnreadableTable(partial(since_the_look, first.row, first.sentence))
    progress(sheet.read)
    taken = take_over(sheet, run.created_by, publishes=run.publishes)
    run.rows_read = sheet.read
    run.added, run.changed, run.unchanged = taken.added, taken.changed, taken.unchanged


def _tell(run: TextRun) -> None:
    """Failures wait in the feed of those who write texts."""
    if run.state == TextRun.State.FAILED:
        raise_alert(
            f"text_files:{run.pk}",
            Alert.Level.WARNING,
            lambda: (
                _("“%(file)s” was not taken over. %(problem)s") % {"file": run.name, "problem": run.problem}
            ),
            link=reverse("text_files:run", args=[run.pk]),
            groups=[EDITOR],
        )


texts: Runner[TextRun] = Runner(
    name="texts",
    model=TextRun,
    work=_take,
    wake=take_texts,
    tell=_tell,
    failed=gettext_lazy(
        "That failed and nothing was changed. Tell the administrator its number: %(number)d."
    ),
)
