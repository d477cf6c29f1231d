"""When we last reached customers, and whether. Read from Contact: one row a customer, however many messages."""

from datetime import datetime
from typing import Any, ClassVar

from django.db.models import F, Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import blocks

from backoffice.audiences.criteria.base import MESSAGES, Criterion, days_words
from backoffice.customers.models import Contact
from backoffice.mailings.criteria.shapes import days_back, moment_words, past_days_errors, whether_block
from backoffice.mailings.given_back import RETURNED
from backoffice.mailings.models import Message
from backoffice.mailings.reasons import in_words


def has_contact(**lookups: Any) -> Q:
    """Customers whose Contact fits. Its opposite includes those who have none: Django guards the NULLs of the join.

    A join, because all such conditions of an audience share it: three of them took 200 ms of CPU over 500 000 customers,
    as EXISTS 630 ms, each with a join of its own.
    """
    return Q(**{f"contact__{name}": value for name, value in lookups.items()})


def contact_of(customer: Any) -> Contact:
    """What is known of a customer; an empty Contact if nothing is."""
    return Contact.objects.filter(customer=customer).first() or Contact(customer=customer)


class Lately(Criterion):
    """Something that last happened less, or at least, so many days ago."""

    column: ClassVar[str] = ""
    words_within: ClassVar[str | Promise] = ""
    words_before: ClassVar[str | Promise] = ""

    when = blocks.ChoiceBlock(
        choices=[
            ("within", gettext_lazy("within the last … days")),
            ("before", gettext_lazy("not for … days, or never")),
        ],
        default="within",
        label=gettext_lazy("when"),
    )
    days = blocks.IntegerBlock(label=gettext_lazy("days"), default=30, required=False)

    class Meta:
        label_format = "{label}: {when} {days}"

    def errors(self, value: Any) -> dict[str, str]:
        return past_days_errors(value["days"])

    def to_q(self, value: Any) -> Q:
        q = has_contact(**{f"{self.column}__gte": days_back(value["days"])})
        return ~q if value["when"] == "before" else q

    def sentence(self, value: Any) -> str:
        words = self.words_before if value["when"] == "before" else self.words_within
        return str(words) % {"days": days_words(value["days"])}

    def answer(self, value: Any, customer: Any) -> str:
        moment: datetime | None = getattr(contact_of(customer), self.column)
        return moment_words(moment)


class WrittenTo(Lately):
    criterion = "written_to"
    column = "last_sent_at"
    words_within = gettext_lazy("a message was sent to them within the last %(days)s")
    words_before = gettext_lazy("no message was sent to them for %(days)s, or ever")

    class Meta:
        label = gettext_lazy("Last written to")
        icon = "mail"
        group = MESSAGES


class Delivered(Lately):
    criterion = "delivered"
    column = "last_delivered_at"
    words_within = gettext_lazy("a message was delivered to them within the last %(days)s")
    words_before = gettext_lazy("no message was delivered to them for %(days)s, or ever")

    class Meta:
        label = gettext_lazy("Last delivered")
        icon = "check"
        group = MESSAGES


class LatestFailed(Criterion):
    criterion = "latest_failed"
    whether = whether_block(
        gettext_lazy("was not delivered"), gettext_lazy("was delivered, or there is none")
    )

    class Meta:
        label = gettext_lazy("Latest message")
        label_format = "{label}: {whether}"
        icon = "warning"
        group = MESSAGES

    def to_q(self, value: Any) -> Q:
        failed_since = has_contact(last_failed_at__gt=F("contact__last_delivered_at"))
        q = has_contact(last_failed_at__isnull=False) & (has_contact(last_delivered_at=None) | failed_since)
        return ~q if value["whether"] == "no" else q

    def sentence(self, value: Any) -> str:
        if value["whether"] == "no":
            return _("the latest message with a known end was delivered, or there is none")
        return _("the latest message with a known end was not delivered")

    def answer(self, value: Any, customer: Any) -> str:
        contact = contact_of(customer)
        return _("last delivered: %(delivered)s, last failed: %(failed)s") % {
            "delivered": moment_words(contact.last_delivered_at),
            "failed": moment_words(contact.last_failed_at),
        }


class FailedWith(Criterion):
    criterion = "failed_with"
    why = blocks.ChoiceBlock(
        choices=[
            ("any", gettext_lazy("whatever the reason")),
            ("refused", gettext_lazy("the operator refused it")),
            ("no_receipt", gettext_lazy("no receipt came in time")),
            ("words", gettext_lazy("the operator's code or words contain …")),
        ],
        default="any",
        label=gettext_lazy("why"),
    )
    words = blocks.CharBlock(
        label=gettext_lazy("code or words"),
        required=False,
        help_text=gettext_lazy("As the operator gives them, for example 011. Only for the last choice."),
    )
    days = blocks.IntegerBlock(label=gettext_lazy("within the last … days"), default=30, required=False)

    class Meta:
        label = gettext_lazy("Latest failure")
        label_format = "{label}: {why} {words}"
        icon = "cross"
        group = MESSAGES

    def errors(self, value: Any) -> dict[str, str]:
        found = past_days_errors(value["days"])
        if value["why"] == "words" and not (value["words"] or "").strip():
            found["words"] = _("Say which code or words, for example 011.")
        return found

    def to_q(self, value: Any) -> Q:
        reasons: dict[str, dict[str, str]] = {
            "any": {},
            # Of what Kannel gave back no operator has ever heard.
            "refused": {"last_failure__regex": f"^NACK(?!{RETURNED.removeprefix('NACK')}$)"},
            "no_receipt": {"last_failure": "no_receipt"},
            "words": {"last_failure__icontains": (value["words"] or "").strip()},
        }
        return has_contact(last_failed_at__gte=days_back(value["days"]), **reasons[value["why"]])

    def sentence(self, value: Any) -> str:
        words = {
            "any": _("a message to them failed within the last %(days)s"),
            "refused": _("the latest failed message was refused by the operator within the last %(days)s"),
            "no_receipt": _("the latest failed message got no receipt, within the last %(days)s"),
            "words": _("the latest failed message failed with “%(words)s” within the last %(days)s"),
        }[value["why"]]
        return words % {"days": days_words(value["days"]), "words": (value["words"] or "").strip()}

    def answer(self, value: Any, customer: Any) -> str:
        contact = contact_of(customer)
        if not contact.last_failed_at:
            return _("never")
        return f"{moment_words(contact.last_failed_at)}: {failure_words(contact.last_failure)}"


def failure_words(failure: str) -> str:
    """Why a message failed, as Contact keeps it, for the reader."""
    known = {"": _("not known why"), "no_receipt": _("no receipt came in time")}
    return known.get(failure) or in_words(Message.State.UNDELIVERED, "", failure)
