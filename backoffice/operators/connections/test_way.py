"""The way of a test message, step by step, as far as it has come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kannel.models import Event, TestMessage
from kannel.reports import is_unanswered, outcome_of


@dataclass(frozen=True)
class Step:
    """One step of the way: when, and how long after the one before; ``at`` is None while it has not come."""

    label: str
    at: datetime | None
    seconds: float | None
    detail: str = ""
    look: str = "good"


def is_over(message: TestMessage, reports: Sequence[Event]) -> bool:
    """Whether nothing more can come."""
    refused = message.answer not in ("", TestMessage.Answer.TAKEN)
    return refused or any(outcome_of(one) not in ("sent", "buffered") for one in reports)


def steps_of(message: TestMessage, reports: Sequence[Event]) -> list[Step]:
    """The four steps, as far as they have come."""
    taken = message.answer == TestMessage.Answer.TAKEN
    sent = next((one for one in reports if outcome_of(one) == "sent"), None)
    final = next((one for one in reports if outcome_of(one) not in ("sent", "buffered")), None)
    answer = "" if taken or not message.answer else capfirst(message.get_answer_display())
    rejected = final is not None and outcome_of(final) == "rejected"
    moments = [
        (_("Handed over to Kannel"), message.handed_over_at, "", "good"),
        (_("Accepted by Kannel"), message.answered_at, answer, "good" if taken else "bad"),
        (
            _("The operator gave no clear answer: nobody knows whether it took it")
            if sent and is_unanswered(sent)
            else _("Taken by the operator"),
            _heard(final if rejected else sent),
            _words(final) if rejected else "",
            "bad" if rejected else "warning" if sent and is_unanswered(sent) else "good",
        ),
    ]
    if not rejected:
        looks = {"delivered": "good"}
        look = looks.get(outcome_of(final), "bad") if final else "good"
        moments.append((_("Delivery receipt"), _heard(final), _words(final), look))
    return _timed(message.created_at, moments)


def _timed(began: datetime, moments: list[tuple[str, datetime | None, str, str]]) -> list[Step]:
    steps = []
    for label, at, detail, look in moments:
        seconds = max(0.0, (at - began).total_seconds()) if at else None
        steps.append(Step(label, at, seconds, detail, look if at else "hollow"))
    return steps


def _heard(event: Event | None) -> datetime | None:
    """When we heard of it: the operator's own clock says whole seconds only, and its own ones."""
    return event.received_at if event else None


OUTCOMES = {
    "delivered": gettext_lazy("delivered"),
    "undelivered": gettext_lazy("not delivered"),
    "expired": gettext_lazy("expired"),
    "rejected": gettext_lazy("refused"),
}


def _words(event: Event | None) -> str:
    if event is None:
        return ""
    said = event.text.strip()[:160]
    outcome = str(OUTCOMES[outcome_of(event)])
    return f"{outcome}: {said}" if said else outcome
