"""Huey tasks about what was tried out."""

from huey import crontab
from huey.contrib.djhuey import db_periodic_task

from backoffice.mailings import trying


@db_periodic_task(crontab(hour="4", minute="27"))
def forget_trials() -> None:
    trying.forget_old()
