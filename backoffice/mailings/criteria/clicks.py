"""Whether customers followed a link."""

from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import blocks

from backoffice.audiences.criteria.base import MESSAGES, Criterion, days_words
from backoffice.mailings.criteria.shapes import (
    MailingBlock,
    days_back,
    mailing_words,
    moment_words,
    past_days_errors,
    whether_block,
)
from backoffice.mailings.models import Click


class Clicked(Criterion):
    criterion = "clicked"
    whether = whether_block(gettext_lazy("they followed a link"), gettext_lazy("they followed none"))
    mailing = MailingBlock(
        label=gettext_lazy("mailing"), required=False, help_text=gettext_lazy("Empty: of any mailing.")
    )
    days = blocks.IntegerBlock(
        label=gettext_lazy("within the last days"),
        required=False,
        help_text=gettext_lazy("Empty: at any time."),
    )

    class Meta:
        label = gettext_lazy("Followed a link")
        label_format = "{label}: {whether}, {mailing}"
        icon = "link"
        group = MESSAGES

    def errors(self, value: Any) -> dict[str, str]:
        return past_days_errors(value["days"]) if value["days"] is not None else {}

    def to_q(self, value: Any) -> Q:
        q = Q(Exists(_clicks(value).filter(customer=OuterRef("pk"))))
        return ~q if value["whether"] == "no" else q

    def sentence(self, value: Any) -> str:
        if value["whether"] == "no":
            words = {
                (False, False): _("they have never followed a link"),
                (False, True): _("they have followed no link within the last %(days)s"),
                (True, False): _("they have followed no link of “%(mailing)s”"),
                (True, True): _("they have followed no link of “%(mailing)s” within the last %(days)s"),
            }
        else:
            words = {
                (False, False): _("they have followed a link"),
                (False, True): _("they followed a link within the last %(days)s"),
                (True, False): _("they followed a link of “%(mailing)s”"),
                (True, True): _("they followed a link of “%(mailing)s” within the last %(days)s"),
            }
        return words[bool(value["mailing"]), bool(value["days"])] % {
            "mailing": mailing_words(value["mailing"]) if value["mailing"] else "",
            "days": days_words(value["days"]) if value["days"] else "",
        }

    def answer(self, value: Any, customer: Any) -> str:
        last = _clicks(value).filter(customer=customer).order_by("-last_at").first()
        return moment_words(last.last_at if last else None)


def _clicks(value: Any) -> Any:
    """What people followed, robots left out."""
    found = Click.objects.filter(is_robot=False)
    if value["mailing"]:
        found = found.filter(link__mailing=int(value["mailing"]))
    return found.filter(last_at__gte=days_back(value["days"])) if value["days"] else found
