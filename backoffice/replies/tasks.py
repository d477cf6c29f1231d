"""Huey tasks: wake-ups, never the work. A wake-up that was lost is made up for within a minute."""

from huey import crontab
from huey.contrib.djhuey import db_periodic_task, db_task

from backoffice.mailings.tasks import RECEIPTS_FIRST, once_a_minute, started, wake
from backoffice.replies import receiving


def wake_replies() -> None:
    """Called by the listener and the DLR endpoint after inbound messages were committed."""
    wake(apply_replies)


@db_task(priority=RECEIPTS_FIRST)
def apply_replies() -> None:
    started("apply_replies")
    receiving.drain()


@db_periodic_task(crontab(minute="*"))
def sweep_replies() -> None:
    once_a_minute(_sweep_replies)


def _sweep_replies() -> None:
    receiving.drain()
