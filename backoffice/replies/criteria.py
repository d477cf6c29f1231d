"""Conditions on what customers answered. Imported when the house starts (apps.py)."""

from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import blocks

from backoffice.audiences.criteria.base import MESSAGES, Criterion, days_words, split_names
from backoffice.mailings.criteria.contact import contact_of, has_contact
from backoffice.mailings.criteria.mailing import WRITTEN, messages_of
from backoffice.mailings.criteria.shapes import (
    MailingBlock,
    days_back,
    mailing_errors,
    mailing_words,
    moment_words,
    past_days_errors,
    whether_block,
)
from backoffice.replies.models import Reply


def has_reply(**lookups: Any) -> Q:
    """Customers with such a reply."""
    return Q(Exists(Reply.objects.filter(customer=OuterRef("pk"), **lookups)))


class Replied(Criterion):
    criterion = "replied"
    when = blocks.ChoiceBlock(
        choices=[
            ("within", gettext_lazy("within the last … days")),
            ("ever", gettext_lazy("at any time")),
            ("never", gettext_lazy("never, although we wrote to them")),
        ],
        default="within",
        label=gettext_lazy("when"),
    )
    days = blocks.IntegerBlock(
        label=gettext_lazy("days"),
        default=30,
        required=False,
        help_text=gettext_lazy("Only for the first choice."),
    )

    class Meta:
        label = gettext_lazy("Replied")
        label_format = "{label}: {when}"
        icon = "comment"
        group = MESSAGES

    def errors(self, value: Any) -> dict[str, str]:
        return past_days_errors(value["days"]) if value["when"] == "within" else {}

    def to_q(self, value: Any) -> Q:
        if value["when"] == "within":
            return has_contact(last_reply_at__gte=days_back(value["days"]))
        if value["when"] == "ever":
            return has_contact(last_reply_at__isnull=False)
        return has_contact(last_reply_at=None, last_sent_at__isnull=False)

    def sentence(self, value: Any) -> str:
        if value["when"] == "within":
            return _("they replied within the last %(days)s") % {"days": days_words(value["days"])}
        if value["when"] == "ever":
            return _("they have replied at some time")
        return _("they have never replied, although we wrote to them")

    def answer(self, value: Any, customer: Any) -> str:
        contact = contact_of(customer)
        if contact.last_reply_at is None and contact.last_sent_at is None:
            return _("never written to")
        return moment_words(contact.last_reply_at)


class RepliedWith(Criterion):
    criterion = "replied_with"
    whether = whether_block(gettext_lazy("replied with"), gettext_lazy("did not reply with"))
    words = blocks.CharBlock(
        label=gettext_lazy("one of these words"),
        required=False,
        help_text=gettext_lazy("Several are separated by commas. The first word of a reply counts."),
    )
    mailing = MailingBlock(
        label=gettext_lazy("to the mailing"), required=False, help_text=gettext_lazy("Empty: to any message.")
    )
    days = blocks.IntegerBlock(label=gettext_lazy("within the last … days"), default=30, required=False)

    class Meta:
        label = gettext_lazy("Replied with a word")
        label_format = "{label}: {words}"
        icon = "openquote"
        group = MESSAGES

    def errors(self, value: Any) -> dict[str, str]:
        found = past_days_errors(value["days"])
        words = split_names(value["words"])
        if not words:
            found["words"] = _("Say which words, separated by commas.")
        elif long := [word for word in words if " " in word]:
            found["words"] = _(
                "“%(words)s” is more than one word. Only the first word of a reply counts."
            ) % {"words": long[0]}
        return found

    def to_q(self, value: Any) -> Q:
        lookups = {
            "word__in": [word.upper() for word in split_names(value["words"])],
            "received_at__gte": days_back(value["days"]),
        }
        if value["mailing"]:
            lookups["mailing"] = int(value["mailing"])
        q = has_reply(**lookups)
        return ~q if value["whether"] == "no" else q

    def sentence(self, value: Any) -> str:
        words = {
            "words": get_text_list([f"“{word}”" for word in split_names(value["words"])], _("or")),
            "days": days_words(value["days"]),
        }
        if value["mailing"]:
            words["mailing"] = mailing_words(value["mailing"])
            if value["whether"] == "no":
                return _("they did not reply %(words)s to “%(mailing)s” within the last %(days)s") % words
            return _("they replied %(words)s to “%(mailing)s” within the last %(days)s") % words
        if value["whether"] == "no":
            return _("they did not reply %(words)s within the last %(days)s") % words
        return _("they replied %(words)s within the last %(days)s") % words

    def answer(self, value: Any, customer: Any) -> str:
        replies = Reply.objects.filter(customer=customer, received_at__gte=days_back(value["days"])).exclude(
            word=""
        )
        if value["mailing"]:
            replies = replies.filter(mailing=int(value["mailing"]))
        words = replies.order_by("-received_at").values_list("word", flat=True)[:5]
        return get_text_list([f"“{word}”" for word in words], _("and")) or _("no reply")


class AnsweredMailing(Criterion):
    criterion = "answered_mailing"
    whether = whether_block(
        gettext_lazy("answered"), gettext_lazy("did not answer, although it was sent to them")
    )
    mailing = MailingBlock(label=gettext_lazy("mailing"), required=False)

    class Meta:
        label = gettext_lazy("Answered a mailing")
        label_format = "{label}: {whether} {mailing}"
        icon = "comment-add"
        group = MESSAGES

    def errors(self, value: Any) -> dict[str, str]:
        return mailing_errors(value["mailing"])

    def to_q(self, value: Any) -> Q:
        answered = has_reply(mailing=int(value["mailing"]))
        return messages_of(value["mailing"], WRITTEN) & ~answered if value["whether"] == "no" else answered

    def sentence(self, value: Any) -> str:
        words = {"mailing": mailing_words(value["mailing"])}
        if value["whether"] == "no":
            return _("“%(mailing)s” was sent to them and they did not answer it") % words
        return _("they answered “%(mailing)s”") % words

    def answer(self, value: Any, customer: Any) -> str:
        replies = Reply.objects.filter(customer=customer, mailing=int(value["mailing"])).order_by(
            "-received_at"
        )
        reply = replies.only("received_at").first()
        return moment_words(reply.received_at) if reply else _("no answer")
