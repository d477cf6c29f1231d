"""Huey tasks: wake-ups, never the work. A wake-up that was lost is made up for within a minute."""

from django.utils.translation import gettext_lazy as _
from huey import crontab
from huey.contrib.djhuey import db_periodic_task, db_task

from backoffice.alerts.steps import Step, tried
from backoffice.mailings.tasks import RECEIPTS_FIRST, once_a_minute, started, wake
from backoffice.replies import receiving
from kannel.forgetting import forget_texts

APPLY = Step("replies.apply", _("Taking in what customers write"))
FORGET = Step("replies.forget", _("Forgetting raw texts of what customers wrote"))


def wake_replies() -> None:
    """Called by the listener and the DLR endpoint after inbound messages were committed."""
    wake(apply_replies)


@db_task(priority=RECEIPTS_FIRST)
@tried(APPLY)
def apply_replies() -> None:
    started("apply_replies")
    receiving.drain()


@db_periodic_task(crontab(minute="*"))
@tried(APPLY)
def sweep_replies() -> None:
    once_a_minute(_sweep_replies)


def _sweep_replies() -> None:
    receiving.drain()


@db_periodic_task(crontab(minute="53", hour="3"))
@tried(FORGET)
def forget_raw_texts() -> None:
    """What customers wrote stays with their replies and goes from Kannel's raw events."""
    forget_texts()
