"""What one mailing came to with customers, and which ones are still to be written to."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import blocks

from backoffice.audiences.criteria.base import MESSAGES, Criterion
from backoffice.mailings.criteria.shapes import MailingBlock, mailing_errors, mailing_words, whether_block
from backoffice.mailings.models import Mailing, Message
from backoffice.mailings.querysets import MessageQuerySet, id_range
from backoffice.mailings.rules import UNDER_WAY

State = Message.State
# From the moment somebody may have received it, as the cap of messages counts.
WRITTEN = Q(sent_at__isnull=False) | Q(state__in=[State.SUBMITTING, State.UNCERTAIN, State.ACCEPTED])
FATES = {
    "written": WRITTEN,
    "delivered": Q(state=State.DELIVERED),
    "undelivered": Q(state__in=[State.UNDELIVERED, State.REJECTED, State.EXPIRED, State.FAILED]),
    "left_out": Q(state=State.EXCLUDED),
    "held_out": Q(state=State.HELD_OUT),
}


def messages_of(mailing: str, *conditions: Q) -> Q:
    """Customers with a message of that mailing, and of that kind."""
    return Q(Exists(_plan(mailing).filter(*conditions, customer=OuterRef("pk"))))


def _plan(mailing: str) -> MessageQuerySet:
    """The messages of a mailing, looked for in its own month only: a sample of customers asks one partition, not all."""
    planned_at = Mailing.objects.filter(pk=mailing).values_list("planned_at", flat=True).first()
    messages = Message.objects.filter(mailing=int(mailing))
    return messages.filter(id__range=id_range(planned_at)) if planned_at else messages


class GotMailing(Criterion):
    criterion = "got_mailing"
    mailing = MailingBlock(label=gettext_lazy("mailing"), required=False)
    whether = whether_block(gettext_lazy("it is so"), gettext_lazy("it is not so"))
    fate = blocks.ChoiceBlock(
        choices=[
            ("written", gettext_lazy("it was sent to them")),
            ("delivered", gettext_lazy("it was delivered to them")),
            ("undelivered", gettext_lazy("it was not delivered to them")),
            ("left_out", gettext_lazy("they were left out of it")),
            ("held_out", gettext_lazy("they were held out of it")),
        ],
        default="written",
        label=gettext_lazy("what happened"),
    )

    class Meta:
        label = gettext_lazy("Got a mailing")
        label_format = "{label}: {mailing}, {fate}"
        icon = "mail"
        group = MESSAGES

    def errors(self, value: Any) -> dict[str, str]:
        return mailing_errors(value["mailing"])

    def to_q(self, value: Any) -> Q:
        q = messages_of(value["mailing"], FATES[value["fate"]])
        return ~q if value["whether"] == "no" else q

    def sentence(self, value: Any) -> str:
        are = {
            "written": _("“%(mailing)s” was sent to them"),
            "delivered": _("“%(mailing)s” was delivered to them"),
            "undelivered": _("“%(mailing)s” was to reach them and could not be delivered"),
            "left_out": _("they were left out of “%(mailing)s”"),
            "held_out": _("they were held out of “%(mailing)s”"),
        }
        are_not = {
            "written": _("“%(mailing)s” was not sent to them"),
            "delivered": _("“%(mailing)s” was not delivered to them, or not meant for them"),
            "undelivered": _("“%(mailing)s” did not fail to reach them"),
            "left_out": _("they were not left out of “%(mailing)s”"),
            "held_out": _("they were not held out of “%(mailing)s”"),
        }
        words = are_not if value["whether"] == "no" else are
        return words[value["fate"]] % {"mailing": mailing_words(value["mailing"])}

    def answer(self, value: Any, customer: Any) -> str:
        messages = _plan(value["mailing"]).filter(customer=customer)
        message = messages.order_by("-id").only("state", "reason").first()
        if message is None:
            return _("not among its recipients")
        why = f": {message.get_reason_display()}" if message.reason else ""
        return f"{message.get_state_display()}{why}"


class WaitingElsewhere(Criterion):
    criterion = "waiting_elsewhere"
    whether = whether_block(
        gettext_lazy("a message waits to be sent to them"),
        gettext_lazy("no message waits to be sent to them"),
    )

    class Meta:
        label = gettext_lazy("In another mailing")
        help_text = gettext_lazy(
            "A mailing counts from the moment it is submitted for approval until it has ended."
        )
        label_format = "{label}: {whether}"
        icon = "time"
        group = MESSAGES

    def to_q(self, value: Any) -> Q:
        q = Q(Exists(_waiting().filter(customer=OuterRef("pk"))))
        return ~q if value["whether"] == "no" else q

    def sentence(self, value: Any) -> str:
        if value["whether"] == "no":
            return _("no message of another mailing waits to be sent to them")
        return _("a message of another mailing waits to be sent to them")

    def answer(self, value: Any, customer: Any) -> str:
        names = (
            _waiting()
            .filter(customer=customer)
            .order_by("mailing__name")
            .values_list("mailing__name", flat=True)
        )
        return ", ".join(f"“{name}”" for name in names) or _("in none")


def _waiting() -> Any:
    """Messages of mailings on their way, from the day they were submitted, that have not left."""
    under_way = Mailing.objects.filter(state__in=UNDER_WAY)
    return Message.objects.waiting().filter(mailing__in=Subquery(under_way.order_by().values("pk")))
