"""Who did what: Wagtail's report of its audit log, for whoever is to look after it."""

from typing import Any

from django.utils.translation import gettext_lazy
from wagtail.models.audit_log import BaseLogEntryManager, LogEntryQuerySet

from backoffice.accounts.revealing import RIGHT
from backoffice.lib.said import in_readers_language
from backoffice.lib.spreadsheets import safe_cell


def open_to_who_reads_it() -> None:
    """Lets the privacy officer see entries about everything.

    Wagtail shows entries about things that the reader may change: exports of mailings, which the privacy officer never
    changes, would be hidden from the one who is to find them. The addresses themselves are open to nobody else.
    """
    of_own_things = BaseLogEntryManager.viewable_by_user

    def viewable_by_user(manager: Any, user: Any) -> LogEntryQuerySet:
        return manager.all() if user.has_perm(RIGHT) else of_own_things(manager, user)

    BaseLogEntryManager.viewable_by_user = viewable_by_user


def export_reasons() -> None:
    """Writes into the file of the report what its page shows: the reason somebody gave, and how many it was about."""
    from wagtail.admin.views.reports.audit_logging import LogEntriesView  # Wagtail's views need the apps

    written = {LogEntriesView.FORMAT_CSV: words_of, LogEntriesView.FORMAT_XLSX: words_of}
    LogEntriesView.custom_field_preprocess = {**LogEntriesView.custom_field_preprocess, "data": written}
    LogEntriesView.list_export = [*LogEntriesView.list_export, "data"]
    LogEntriesView.export_headings = {
        **LogEntriesView.export_headings,
        "data": gettext_lazy("Reason or comment, how many"),
    }


def words_of(data: dict[str, Any] | None) -> str:
    """The reason or comment of an entry and its number of people, for example “Asked. (12)”."""
    data = data or {}
    reason = in_readers_language(str(data.get("reason") or data.get("comment") or ""))
    count = data.get("count")
    # What is said of a column is asked before the guard of all columns, so it has to do that itself.
    return str(safe_cell(f"{reason} ({count})".strip() if count is not None else reason))
