"""Who did what: Wagtail's report of its audit log, for whoever is to look after it."""

from typing import Any

from wagtail.models.audit_log import BaseLogEntryManager, LogEntryQuerySet

from backoffice.accounts.revealing import RIGHT


def open_to_who_reads_it() -> None:
    """Lets the privacy officer see entries about everything.

    Wagtail shows entries about things that the reader may change: exports of mailings, which the privacy officer never
    changes, would be hidden from the one who is to find them. The addresses themselves are open to nobody else.
    """
    of_own_things = BaseLogEntryManager.viewable_by_user

    def viewable_by_user(manager: Any, user: Any) -> LogEntryQuerySet:
        return manager.all() if user.has_perm(RIGHT) else of_own_things(manager, user)

    BaseLogEntryManager.viewable_by_user = viewable_by_user
