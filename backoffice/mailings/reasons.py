"""What the codes of operators mean, in plain words for somebody who never saw one."""

import re
from collections import Counter
from collections.abc import Mapping

from django.db.models import Count, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.mailings.models import Message

NOT_ARRIVED = (
    Message.State.UNDELIVERED,
    Message.State.REJECTED,
    Message.State.EXPIRED,
    Message.State.FAILED,
    Message.State.UNCERTAIN,
)
_CODE = re.compile(r"err:0*([0-9A-Fa-f]+)\b")
_STATUS = re.compile(r"0x0*([0-9A-Fa-f]+)")

# "err" of a delivery report: SMPP 3.4 appendix B leaves the numbers to the operator; these are what most use (GSM 09.02 causes).
RECEIPT_CODES: Mapping[str, Promise] = {
    "1": gettext_lazy("The number does not exist any more."),
    "5": gettext_lazy("The telephone does not exist in the network."),
    "6": gettext_lazy("The telephone was out of reach."),
    "9": gettext_lazy("The customer's line does not allow SMS."),
    "11": gettext_lazy("The customer's line does not have SMS switched on."),
    "12": gettext_lazy("The telephone is not allowed in the network."),
    "13": gettext_lazy("The customer's line is barred."),
    "21": gettext_lazy("The customer's network does not support SMS."),
    "27": gettext_lazy("The telephone was switched off or out of reach."),
    "31": gettext_lazy("The telephone was busy with another message."),
    "32": gettext_lazy("The memory of the telephone is full."),
    "34": gettext_lazy("The network failed."),
}
# command_status of submit_sm_resp: SMPP 3.4, section 5.1.3.
SUBMIT_STATUSES: Mapping[str, Promise] = {
    "1": gettext_lazy("The operator finds the message too long."),
    "8": gettext_lazy("The operator's system failed."),
    "A": gettext_lazy("The operator does not allow this sender."),
    "B": gettext_lazy("The operator does not know this number."),
    "14": gettext_lazy("The operator's queue was full."),
    "45": gettext_lazy("The operator refused the message without a reason."),
    "58": gettext_lazy("We sent faster than the contract allows."),
}


def in_words(state: str, reason: str, error: str) -> str:
    """Why a message did not arrive, as one sentence. Operator's code comes last, in brackets, when nobody knows it."""
    if reason:
        label = str(Message.Reason(reason).label)
        return f"{label[:1].upper()}{label[1:]}."
    for pattern, catalogue in ((_CODE, RECEIPT_CODES), (_STATUS, SUBMIT_STATUSES)):
        if (found := pattern.search(error)) and (known := catalogue.get(found[1].upper())):
            return str(known)
    sentence = {
        Message.State.EXPIRED: _("The telephone could not be reached in time."),
        Message.State.REJECTED: _("The operator refused the message."),
        Message.State.UNCERTAIN: _("Nobody can say yet whether it left."),
        Message.State.UNDELIVERED: _("The operator could not deliver it."),
    }.get(Message.State(state), _("It failed."))
    said = error.removeprefix("NACK/")  # what Kannel puts before the operator's words; often there are none
    return f"{sentence} ({said})" if said else sentence


def counted(messages: QuerySet[Message], limit: int) -> list[tuple[str, int]]:
    """Why some of these messages did not arrive, and how many for each sentence; most frequent first."""
    rows = (
        messages.filter(state__in=NOT_ARRIVED)
        .values_list("state", "reason", "error")
        .annotate(count=Count("id"))
        .order_by("-count", "state", "reason", "error")
    )
    found: Counter[str] = Counter()
    for state, reason, error, number in rows.iterator():
        found[in_words(state, reason, error)] += number
    return found.most_common(limit)
