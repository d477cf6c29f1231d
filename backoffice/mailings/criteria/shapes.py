"""What conditions on messages are made of; the replies room uses it, too."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.models import Q
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import blocks

from backoffice.audiences.criteria.base import MAX_DAYS
from backoffice.mailings.models import Mailing

MAILINGS_OFFERED = 200
_NAMED_BY_AUDIENCES = """
id IN (
    SELECT (named #>> '{}')::bigint
    FROM audiences_audience, jsonb_path_query(rules, '$.**.mailing ? (@ like_regex "^[0-9]{1,18}$")') AS named
)
"""


class MailingField(forms.ChoiceField):
    """Takes every mailing, also one that is too old to be offered: an audience must not spoil with time."""

    default_error_messages = {
        "invalid_choice": gettext_lazy("This mailing is no longer there. Choose another one.")
    }

    def valid_value(self, value: Any) -> bool:
        digits = str(value)
        return digits.isdecimal() and len(digits) <= 18 and Mailing.objects.filter(pk=digits).exists()


class MailingBlock(blocks.ChoiceBlock):
    """One of the latest mailings. Its value is the mailing's id as text."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.pop("choices", None)
        super().__init__(choices=mailings_offered, **kwargs)

    def get_field(self, **kwargs: Any) -> forms.Field:
        return MailingField(**kwargs)


def mailings_offered() -> list[tuple[str, str]]:
    """The latest mailings that have a plan, and those that some audience names already."""
    latest = Mailing.objects.frozen().order_by("-pk").values("pk")[:MAILINGS_OFFERED]
    found = Mailing.objects.filter(Q(pk__in=latest)) | Mailing.objects.extra(where=[_NAMED_BY_AUDIENCES])
    rows = found.order_by("-pk").values_list("pk", "name", "started_at", "created_at")
    return [
        (str(pk), f"{name}, {_day(started_at or created_at)}") for pk, name, started_at, created_at in rows
    ]


def mailing_errors(mailing: str | None) -> dict[str, str]:
    """The complaint about a mailing that was not chosen."""
    return {} if mailing else {"mailing": _("Choose a mailing.")}


def mailing_words(mailing: str) -> str:
    """The name of a mailing."""
    name = Mailing.objects.filter(pk=mailing).values_list("name", flat=True).first()
    return name or _("a mailing that is no longer there")


def past_days_errors(days: int | None) -> dict[str, str]:
    """The complaint about the number of days that a condition looks back."""
    if days is None or not 1 <= days <= MAX_DAYS:
        return {"days": _("Give a number of days from 1 to 36,500.")}
    return {}


def days_back(days: int) -> datetime:
    """The moment so many times 24 hours ago, as the cap of messages counts them, too."""
    return timezone.now() - timedelta(days=days)


def moment_words(moment: datetime | None) -> str:
    """A moment on the company's own clock, or "never"."""
    return formats.date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT") if moment else _("never")


def _day(moment: datetime) -> str:
    return formats.date_format(timezone.localtime(moment), "SHORT_DATE_FORMAT")


def whether_block(yes: Any, no: Any) -> blocks.ChoiceBlock:
    """A choice between a condition ("yes") and its opposite ("no")."""
    return blocks.ChoiceBlock(
        choices=[("yes", yes), ("no", no)], default="yes", label=gettext_lazy("whether")
    )
