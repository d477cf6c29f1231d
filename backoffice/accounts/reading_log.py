"""Who looked at what: every reveal of a person's data leaves an entry in the audit log."""

from typing import TYPE_CHECKING

from django.db.models import Model
from wagtail.log_actions import log

if TYPE_CHECKING:
    from backoffice.accounts.models import User

REVEAL = "parley.reveal"


def record_reveal(user: "User", instance: Model, reason: str = "") -> None:
    """Call it in the transaction that reads the data in full, before showing it. ``reason`` is what the user gave."""
    log(instance=instance, action=REVEAL, user=user, data={"reason": reason[:400]} if reason else {})
