"""Huey tasks about what was tried out."""

from huey import crontab
from huey.contrib.djhuey import db_periodic_task

from backoffice.alerts.steps import tried
from backoffice.mailings import background, trying


@db_periodic_task(crontab(hour="4", minute="27"))
@tried(background.FORGET_TRIALS)
def forget_trials() -> None:
    trying.forget_old()
