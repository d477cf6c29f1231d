"""What a person sees of a mailing: its state in one sentence, and its ledger as a bar that always adds up."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.lib.moments import told
from backoffice.mailings import comparing, ledger, live
from backoffice.mailings.approving import was_refused
from backoffice.mailings.check import span
from backoffice.mailings.ledger import Ledger
from backoffice.mailings.models import Mailing, Message
from backoffice.mailings.part_screens import failing_of
from backoffice.mailings.repeat_models import recurrence_of
from backoffice.mailings.trigger_models import trigger_words

State = Mailing.State
# Many may watch the same mailing; PostgreSQL counts for all of them at once.
CACHED_SECONDS = 2
# In the order in which a message lives, so that the bar fills from the left.
BAR = (
    Message.State.DELIVERED,
    Message.State.SENT,
    Message.State.ACCEPTED,
    Message.State.SUBMITTING,
    Message.State.UNCERTAIN,
    Message.State.UNDELIVERED,
    Message.State.EXPIRED,
    Message.State.REJECTED,
    Message.State.FAILED,
    Message.State.WAITING,
    Message.State.CANCELLED,
    Message.State.HELD_OUT,
    Message.State.EXCLUDED,
)
LOOKS = {
    State.DRAFT: "hollow",
    State.PLANNING: "moving",
    State.PLANNED: "hollow",
    State.SUBMITTED: "warning",
    State.APPROVED: "good",
    State.RUNNING: "moving",
    State.PAUSED: "warning",
    State.FINISHED: "good",
    State.CANCELLED: "bad",
}


@dataclass(frozen=True)
class Segment:
    """One stretch of the bar."""

    state: str
    label: str
    count: int
    percent: float


def segments(books: Ledger, *, is_sample: bool = False) -> list[Segment]:
    """The ledger's states that have messages, with their share of the plan in percent.

    :param is_sample: of a series, whose own plan never leaves.
    """
    total = books.planned or 1
    labels = {state: str(state.label) for state in BAR}
    if is_sample:
        labels[Message.State.CANCELLED] = _("would get the next run")
    return [
        Segment(state.value, labels[state], books.counts[state], 100 * books.counts[state] / total)
        for state in BAR
        if books.counts[state]
    ]


def progress_of(mailing: Mailing) -> dict[str, Any]:
    """Everything the live part of a mailing's page shows; counted at most every two seconds."""
    # After a step nobody is shown the numbers of before it.
    key = f"parley:progress:{mailing.pk}:{mailing.state}:{mailing.state_at.timestamp()}"
    found: dict[str, Any] | None = cache.get(key)
    if found is None:
        books = ledger.ledger(mailing.pk)
        per_second = ledger.rate(mailing.pk) if mailing.state == State.RUNNING else 0.0
        found = {
            "books": books,
            "segments": segments(books, is_sample=mailing.is_series),
            "rate": round(per_second),
            "per_second": per_second,
            "operators": ledger.by_operator(mailing.pk),
            "texts": comparing.lines(mailing),
            "problems": ledger.problems(mailing.pk),
            "heard_at": timezone.now(),
            **failing_of(mailing),
        }
        cache.set(key, found, CACHED_SECONDS)
    # Sentences are in the language of whoever looks.
    return found | live.live_of(mailing, found)


def sentence(mailing: Mailing) -> str:
    """Where it stands and what happens next."""
    since = _when(mailing.state_at)
    start = _start(mailing)
    sentences = {
        State.DRAFT: _("A draft. Plan it to see who would get it and what it costs."),
        State.PLANNING: _("Being planned since %(since)s. This page shows the result by itself.")
        % {"since": since},
        State.PLANNED: _("Planned. Look at it, then submit it for approval.") + " " + start,
        State.SUBMITTED: _("Waiting for approval since %(since)s.") % {"since": since} + " " + start,
        State.APPROVED: _("Approved since %(since)s.") % {"since": since} + " " + start,
        State.RUNNING: _running(mailing),
        State.PAUSED: _("Paused since %(since)s. Nothing leaves until somebody resumes it.")
        % {"since": since},
        State.FINISHED: _("Finished on %(when)s. Every message has reached its end.")
        % {"when": _when(mailing.finished_at or mailing.state_at)},
        State.CANCELLED: _("Cancelled on %(when)s. What had left before is followed to its end.")
        % {"when": _when(mailing.finished_at or mailing.state_at)},
    }
    if was_refused(mailing):
        return _("Refused by an approver on %(when)s. It will not be sent; copy it to make another one.") % {
            "when": _when(mailing.finished_at or mailing.state_at)
        }
    if mailing.is_series and mailing.state == State.FINISHED:
        return _("Its last run was made on %(when)s.") % {"when": since}
    return sentences[State(mailing.state)]


def _running(mailing: Mailing) -> str:
    since = {"since": _when(mailing.started_at or mailing.state_at)}
    if mailing.state == State.RUNNING and (until := live.waits_until(mailing)):
        said = _("Running since %(since)s, but nothing may leave now: it waits until %(until)s.")
        return said % (since | {"until": told(until)})
    return _("Running since %(since)s.") % since


def _start(mailing: Mailing) -> str:
    if mailing.is_series:
        return _repeats(mailing)
    if said := span.sentence(mailing):
        return said
    if mailing.starts_at is None:
        return _("It starts as soon as it is approved, in each customer's own hours.")
    said = _("It starts on %(when)s in each customer's own hours.")
    if mailing.by_own_clock:
        said = _("It starts on %(when)s on each customer's own clock.")
    return said % {"when": told(mailing.starts_at)}


def _repeats(mailing: Mailing) -> str:
    said = recurrence_of(mailing).sentence()
    if mailing.trigger:
        said += " " + trigger_words(mailing)
    if mailing.by_own_clock:
        said += " " + _("That is by each customer's own clock.")
    elif mailing.zone:
        said += " " + _("That is by the clock of %(zone)s.") % {"zone": mailing.zone.replace("_", " ")}
    if mailing.state == State.APPROVED and mailing.next_run_at:
        said += " " + _("The next run is on %(when)s.") % {
            "when": told(mailing.next_run_at, zone=not mailing.by_own_clock)
        }
    return said


def _when(moment: datetime | None) -> str:
    return told(moment, zone=False) if moment else ""
