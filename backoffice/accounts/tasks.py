"""Huey tasks about people: wake-ups, never the work."""

from django.utils import translation
from huey import crontab
from huey.contrib.djhuey import db_periodic_task, db_task

from backoffice.accounts import access_log, password_reset
from backoffice.lib.runs import forget_files


@db_task(priority=30)
def send_password_resets(email: str, host: str, language: str, is_secure: bool) -> None:
    """If this wake-up is lost the person asks again."""
    with translation.override(language):
        password_reset.send(email, host, language, is_secure=is_secure)


@db_periodic_task(crontab(minute="41", hour="3"))
def prune_access_records() -> None:
    access_log.prune()


@db_periodic_task(crontab(minute="47", hour="3"))
def prune_files() -> None:
    """Uploads that nobody started, and bad rows that nobody needs any more."""
    forget_files()
