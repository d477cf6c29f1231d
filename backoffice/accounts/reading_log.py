"""Who looked at what: every showing of a person's data leaves an entry in the audit log."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.utils import timezone
from django.utils.text import capfirst
from wagtail.log_actions import log
from wagtail.models import ModelLogEntry

if TYPE_CHECKING:
    from backoffice.accounts.models import User

REVEAL = "parley.reveal"
SEARCH = "parley.search"
DOWNLOAD = "parley.download"
REASON_LENGTH = 400
# Stands for the table as a whole: ids begin with 1.
_WHOLE_TABLE = "0"


def record_reveal(
    user: "User",
    whose: Model | type[Model],
    reason: str = "",
    *,
    customers: Iterable[int] = (),
    count: int | None = None,
) -> None:
    """Call it in the transaction that reads the data in full, before showing it.

    :param whose: the row that is shown, or that names the set; a model for the table as a whole.
    :param reason: what the user gave.
    :param customers: ids of those who are shown, where they are few enough to be named.
    :param count: how many rows are shown, where nobody is named.
    """
    ids = list(customers)
    said = {
        "reason": reason[:REASON_LENGTH],
        "customers": ids,
        "count": len(ids) if count is None and ids else count,
    }
    record(user, whose, REVEAL, {name: value for name, value in said.items() if value not in ("", [], None)})


def record(user: "User", whose: Model | type[Model], action: str, data: dict[str, Any]) -> None:
    """One entry about a row, or about a table as a whole."""
    if isinstance(whose, Model):
        log(instance=whose, action=action, user=user, data=data)
        return
    ModelLogEntry.objects.create(
        content_type=ContentType.objects.get_for_model(whose),
        object_id=_WHOLE_TABLE,
        label=capfirst(str(whose._meta.verbose_name_plural)),
        action=action,
        user=user,
        timestamp=timezone.now(),
        data=data,
    )
