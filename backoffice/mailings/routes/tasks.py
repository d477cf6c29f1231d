"""Questions about the past, answered in the background. See backoffice.lib.runs for the rest."""

from django.utils.translation import gettext_lazy
from huey import crontab
from huey.contrib.djhuey import db_periodic_task, db_task

from backoffice.accounts.roles import ANALYST
from backoffice.alerts.run_steps import step_of_runs
from backoffice.alerts.steps import tried
from backoffice.lib.runs import Runner
from backoffice.mailings import background
from backoffice.mailings.models import WhatIf
from backoffice.mailings.routes.whatif import work

ANSWER = step_of_runs(
    "routes.question", gettext_lazy("Answering a question about ways and prices"), lambda: runner, ANALYST
)


@db_task(priority=10)
@tried(ANSWER)
def answer_question(run_id: int) -> None:
    """Wakes up for one question."""
    runner.run(run_id)


@db_periodic_task(crontab(minute="*"))
@tried(background.SWEEP_QUESTIONS)
def sweep_questions() -> None:
    """Goes on with what is waiting, and with what a dead worker left behind."""
    for run_id in runner.unfinished_ids():
        answer_question.call_local(run_id)


def _tell(question: WhatIf) -> None:
    """Whoever asked looks at the page; nobody else has to know."""


runner: Runner[WhatIf] = Runner(
    name="whatif",
    model=WhatIf,
    work=work,
    wake=answer_question,
    tell=_tell,
    failed=gettext_lazy("That could not be computed. Tell the administrator its number: %(number)d."),
)
