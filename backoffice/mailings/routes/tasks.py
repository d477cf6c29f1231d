"""Questions about the past, answered in the background. See backoffice.lib.runs for the rest."""

from django.utils.translation import gettext_lazy
from huey import crontab
from huey.contrib.djhuey import db_periodic_task, db_task

from backoffice.lib.runs import Runner
from backoffice.mailings.models import WhatIf
from backoffice.mailings.routes.whatif import work


@db_task(priority=10)
def answer_question(run_id: int) -> None:
    """Wakes up for one question."""
    runner.run(run_id)


@db_periodic_task(crontab(minute="*"))
def sweep_questions() -> None:
    """Goes on with what is waiting, and with what a dead worker left behind."""
    runner.sweep()


def _tell(question: WhatIf) -> None:
    """Whoever asked looks at the page; nobody else has to know."""


runner = Runner(
    name="whatif",
    model=WhatIf,
    work=work,
    wake=answer_question,
    tell=_tell,
    failed=gettext_lazy("That could not be computed. Tell the administrator its number: %(number)d."),
)
