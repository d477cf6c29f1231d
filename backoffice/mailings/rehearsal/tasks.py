"""Wake-ups of rehearsals; each is done by a process of its own, see running.py."""

from huey import crontab
from huey.contrib.djhuey import db_periodic_task, db_task

from backoffice.alerts.steps import tried
from backoffice.mailings import background
from backoffice.mailings.rehearsal import running


@db_task(priority=10)
@tried(background.BEGIN_REHEARSALS)
def begin_rehearsals() -> None:
    """Begins what waits, unless that is being done."""
    running.sweep()


@db_periodic_task(crontab(minute="*"))
@tried(background.BEGIN_REHEARSALS)
def sweep_rehearsals() -> None:
    """Goes on with what is waiting, and tells what a dead process left behind."""
    running.sweep()
