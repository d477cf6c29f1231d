"""Codes that most operators use, in plain words for somebody who never saw one, and what to do about each."""

import enum
from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop


class Advice(enum.Enum):
    """What to do, in words, and what Parley itself does: see ErrorCode.Action."""

    NUMBER = (gettext_noop("Correct the number or leave it out."), "permanent")
    CUSTOMER = (
        gettext_noop("Nothing can be done from here. Write to the customer another way."),
        "permanent",
    )
    TEXT = (gettext_noop("Change the text or the sender, and ask the operator what it allows."), "permanent")
    SETTINGS = (gettext_noop("Ask the operator staff to check the connection with the operator."), "other")
    WAIT = (gettext_noop("Nothing to do: it is sent again by itself."), "later")
    ELSEWHERE = (gettext_noop("Nothing to do: it is sent over another operator if there is one."), "other")
    OFF = (gettext_noop("Nothing to do. The telephone may be reached another day."), "permanent")

    @property
    def words(self) -> str:
        return self.value[0]

    @property
    def action(self) -> str:
        return self.value[1]


# "err" of a delivery report: SMPP 3.4 appendix B leaves the numbers to the operator; these are what most use (GSM 09.02 causes).
RECEIPT_CODES: Mapping[str, tuple[Promise, Advice]] = {
    "1": (_("The number does not exist any more."), Advice.NUMBER),
    "5": (_("The telephone does not exist in the network."), Advice.NUMBER),
    "6": (_("The telephone was out of reach."), Advice.OFF),
    "9": (_("The customer's line does not allow SMS."), Advice.CUSTOMER),
    "11": (_("The customer's line does not have SMS switched on."), Advice.CUSTOMER),
    "12": (_("The telephone is not allowed in the network."), Advice.CUSTOMER),
    "13": (_("The customer's line is barred."), Advice.CUSTOMER),
    "21": (_("The customer's network does not support SMS."), Advice.CUSTOMER),
    "27": (_("The telephone was switched off or out of reach."), Advice.OFF),
    "31": (_("The telephone was busy with another message."), Advice.OFF),
    "32": (_("The memory of the telephone is full."), Advice.OFF),
    "34": (_("The network failed."), Advice.OFF),
}

# command_status of submit_sm_resp: SMPP 3.4, section 5.1.3. Kannel itself tries 8, 14, 58 and 64 again for a while
# (smsc_smpp.c: smpp_status_to_smscconn_failure_reason); when one of them reaches us it has given up.
SUBMIT_STATUSES: Mapping[str, tuple[Promise, Advice]] = {
    "1": (_("The operator finds the message too long."), Advice.TEXT),
    "2": (_("The operator did not understand the message."), Advice.SETTINGS),
    "3": (_("The operator did not understand the message."), Advice.SETTINGS),
    "4": (_("The operator does not let us send over this connection now."), Advice.SETTINGS),
    "8": (_("The operator's system failed."), Advice.ELSEWHERE),
    "A": (_("The operator does not allow this sender."), Advice.TEXT),
    "B": (_("The operator does not know this number."), Advice.NUMBER),
    "14": (_("The operator's queue was full."), Advice.WAIT),
    "45": (_("The operator refused the message without a reason."), Advice.ELSEWHERE),
    "58": (_("We sent faster than the contract allows."), Advice.WAIT),
    "61": (_("The operator does not accept this time of delivery."), Advice.SETTINGS),
    "62": (_("The operator does not accept so long a validity."), Advice.SETTINGS),
    "64": (_("The operator could not take the message for now."), Advice.WAIT),
    "65": (_("The operator refused the message for good."), Advice.ELSEWHERE),
    "66": (_("The operator could not take the message."), Advice.ELSEWHERE),
    "67": (_("The operator could not find out where the number belongs."), Advice.ELSEWHERE),
    "FF": (_("The operator refused the message for an unknown reason."), Advice.ELSEWHERE),
}
