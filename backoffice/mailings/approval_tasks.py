"""Huey tasks that send e-mails about approvals: wake-ups, the work is rows."""

from huey import crontab
from huey.contrib.djhuey import db_periodic_task, db_task

from backoffice.alerts.steps import tried
from backoffice.mailings import approval_mail, background


@db_task(priority=5)
@tried(background.SEND_MAILS)
def send_mails() -> None:
    """Wakes up after a step was committed."""
    approval_mail.send_due()


@db_periodic_task(crontab(minute="*"))
@tried(background.SEND_MAILS)
def send_mails_again() -> None:
    """Goes on with what could not be sent, and with what a dead worker left behind."""
    approval_mail.send_due()


@db_periodic_task(crontab(hour="4", minute="17"))
@tried(background.FORGET_MAILS)
def forget_mails() -> None:
    approval_mail.forget_old()
