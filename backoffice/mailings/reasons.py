"""What the codes of operators mean, in plain words for somebody who never saw one."""

import re
from collections import Counter
from typing import NamedTuple

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from backoffice.mailings.given_back import RETURNED
from backoffice.mailings.models import Message
from backoffice.operators.error_codes import USUAL, Catalogue, catalogues

NOT_ARRIVED = (
    Message.State.UNDELIVERED,
    Message.State.REJECTED,
    Message.State.EXPIRED,
    Message.State.FAILED,
    Message.State.UNCERTAIN,
)

_CODE = re.compile(r"(err:|0x0*)(?P<code>[-\w]+)(/(?P<words>.*))?")


def in_words(state: str, reason: str, error: str, catalogue: Catalogue = USUAL) -> str:
    """Why a message did not arrive, as one sentence. Operator's code comes last, in brackets, when nobody knows it.

    ``catalogue``: of the operator that carried it, if it has codes of its own.
    """
    if reason:
        label = str(Message.Reason(reason).label)
        return f"{label[:1].upper()}{label[1:]}."
    if error == RETURNED:
        return _("Its line was down, and it could leave no other way in time.")
    if known := catalogue.meaning(error):
        return str(known.sentence)
    sentence = {
        Message.State.EXPIRED: _("The telephone could not be reached in time."),
        Message.State.REJECTED: _("The operator refused the message."),
        Message.State.UNCERTAIN: _("Nobody can say yet whether it left."),
        Message.State.UNDELIVERED: _("The operator could not deliver it."),
    }.get(Message.State(state), _("It failed."))
    said = said_by_operator(error)
    return f"{sentence} ({said})" if said else sentence


def said_by_operator(error: str) -> str:
    """What an operator said of a failure, without the marks of the protocol; empty where it said nothing."""
    said = error.removeprefix("NACK/")  # what Kannel puts before the operator's words; often there are none
    found = _CODE.fullmatch(said)
    if found is None:
        return said.removeprefix("stat:")
    code = _("the operator's code: %(code)s") % {"code": found["code"]}
    return ", ".join(filter(None, [code, found["words"]]))


class Problem(NamedTuple):
    """One reason why messages did not arrive: how many, and what to do; empty if nobody knows."""

    sentence: str
    messages: int
    advice: str


def explained(messages: QuerySet[Message], limit: int) -> list[Problem]:
    """Why some of these messages did not arrive, how many for each sentence, and what to do; most frequent first."""
    rows = (
        messages.filter(state__in=NOT_ARRIVED)
        .values_list("state", "reason", "error", "connection__operator")
        .annotate(count=Count("id"))
        .order_by("-count", "state", "reason", "error")
    )
    by_operator = catalogues()
    found: Counter[str] = Counter()
    advice: dict[str, str] = {}
    for state, reason, error, operator, number in rows.iterator():
        catalogue = by_operator.get(operator, USUAL)
        sentence = in_words(state, reason, error, catalogue)
        found[sentence] += number
        if not reason and (meaning := catalogue.meaning(error)):
            advice.setdefault(sentence, str(meaning.advice))
    return [
        Problem(sentence, count, advice.get(sentence, "")) for sentence, count in found.most_common(limit)
    ]


def counted(messages: QuerySet[Message], limit: int) -> list[tuple[str, int]]:
    """The same without the advice."""
    return [(one.sentence, one.messages) for one in explained(messages, limit)]
