"""What the live page of a mailing says beyond its account: when it ends at this rate, why nothing moves, what a button does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Max, Min
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.lib.durations import in_words
from backoffice.lib.moments import told
from backoffice.lib.numbers import grouped
from backoffice.mailings import late, ledger, when
from backoffice.mailings.ledger import Ledger, OperatorLine
from backoffice.mailings.models import Mailing, Message, PausedPart
from backoffice.mailings.speed import LIMITABLE, limit_of
from kannel.models import Connection

State = Mailing.State
# Counting what waits by its end reads every waiting message: once for all who look, and not every two seconds.
OUTLOOK_SECONDS = 10


@dataclass(frozen=True)
class Waiting:
    """Messages that wait and have to leave by the same moment: those of one time zone."""

    latest_at: datetime
    earliest_at: datetime
    """When the last of them may leave at the soonest."""
    first_at: datetime
    """When the first of them may."""
    messages: int


@dataclass(frozen=True)
class Outlook:
    """When the last message leaves at a rate, and how many will not leave in time."""

    ends_at: datetime
    too_late: int


def waiting_of(mailing: Mailing) -> list[Waiting]:
    """What waits, the most urgent first."""
    rows = (
        Message.objects.of(mailing)
        .waiting()
        .exclude(latest_at=None)
        .values_list("latest_at")
        .annotate(last=Max("earliest_at"), first=Min("earliest_at"), count=Count("id"))
        .order_by("latest_at")
    )
    return [Waiting(*row) for row in rows]


def outlook(waiting: Sequence[Waiting], per_second: float, now: datetime) -> Outlook | None:
    """What becomes of the waiting messages if the most urgent leave first; None while nothing moves, or nothing waits."""
    if not waiting or per_second <= 0:
        return None
    before, too_late, ends_at = 0, 0, now
    for one in waiting:
        # What does not leave in time takes nothing from those that come after.
        in_time = int(per_second * max(0.0, (one.latest_at - now).total_seconds())) - before
        leaves = max(0, min(one.messages, in_time))
        before += leaves
        too_late += one.messages - leaves
        ends_at = max(ends_at, one.earliest_at)
    return Outlook(max(ends_at, now + timedelta(seconds=before / per_second)), too_late)


def sentences(mailing: Mailing, books: Ledger, per_second: float) -> list[str]:
    """What somebody who watches has to know now, the most important first."""
    found = [late.words(mailing)]
    if mailing.state in LIMITABLE and (limit := limit_of(mailing)):
        found.append(
            ngettext(
                "Slowed down to at most %(count)s message a second.",
                "Slowed down to at most %(count)s messages a second.",
                limit.per_second,
            )
            % {"count": grouped(limit.per_second)}
        )
    if mailing.state == State.RUNNING and books.counts[Message.State.WAITING]:
        found += _forecast(mailing, per_second)
    if mailing.state == State.CANCELLED and books.is_open:
        found.append(
            _("What had left before is still followed: %(count)s have not reached their end.")
            % {"count": grouped(books.to_send - books.ended)}
        )
    return [one for one in found if one]


def _waiting(mailing: Mailing) -> list[Waiting]:
    key = f"parley:waiting:{mailing.pk}:{mailing.state_at.timestamp()}"
    waiting: list[Waiting] | None = cache.get(key)
    if waiting is None:
        waiting = waiting_of(mailing)
        cache.set(key, waiting, OUTLOOK_SECONDS)
    return waiting


def waits_until(mailing: Mailing, now: datetime | None = None) -> datetime | None:
    """Of a running mailing with messages that wait: until when none of them may leave; None if one may, or none waits."""
    now = now or timezone.now()
    first = min((one.first_at for one in _waiting(mailing)), default=None)
    return when.waits_until(mailing, first, now) if first else None


def _forecast(mailing: Mailing, per_second: float) -> list[str]:
    now = timezone.now()
    waiting = _waiting(mailing)
    seen = outlook(waiting, per_second, now)
    if seen is None:
        return [] if per_second > 0 else [why_nothing_moves(mailing, waiting, now)]
    found = [
        _("The last one leaves at about %(when)s, in %(left)s.")
        % {"when": told(seen.ends_at), "left": in_words(seen.ends_at - now)}
    ]
    if seen.too_late:
        found.append(
            ngettext(
                "At this rate about %(count)s message will not leave before its time is over, and ends as expired.",
                "At this rate about %(count)s messages will not leave before their time is over, and end as expired.",
                seen.too_late,
            )
            % {"count": grouped(seen.too_late)}
        )
    return found


def why_nothing_moves(mailing: Mailing, waiting: Sequence[Waiting], now: datetime) -> str:
    """Why a running mailing with waiting messages sends none at the moment."""
    first = min((one.first_at for one in waiting), default=now)
    if next_at := when.waits_until(mailing, first, now):
        return _(
            "Nothing is due now: by the customers' own clocks the next messages may leave at %(when)s."
        ) % {"when": told(next_at)}
    paused = PausedPart.objects.filter(mailing=mailing, ended_at=None).values("operator")
    lines = Connection.objects.filter(
        pk__in=Message.objects.of(mailing).waiting().order_by().values("connection").distinct()
    )
    free = set(lines.exclude(operator__in=paused).values_list("status", "is_enabled"))
    if not free:
        return _("Nothing leaves: it is paused over every operator that its waiting messages go over.")
    if (Connection.Status.ONLINE.value, True) not in free:
        return _(
            "Nothing leaves: none of the lines it goes over is connected. Operator staff have been told."
        )
    return _("Nothing has left within the last %(seconds)d seconds.") % {"seconds": ledger.RATE_SECONDS}


@dataclass(frozen=True)
class OperatorRow:
    """A line of the table by operator. ``may_stop``: a person could stop the operator, and it has something waiting."""

    line: OperatorLine
    is_stopped: bool
    may_stop: bool


def operator_rows(
    mailing: Mailing, lines: Sequence[OperatorLine], parts: Sequence[PausedPart]
) -> list[OperatorRow]:
    """The lines by operator; an operator with several connections can be stopped at the first of them."""
    stopped = {part.operator_id for part in parts}
    is_under_way = mailing.state in (State.RUNNING, State.PAUSED)
    waits = {line.operator_id for line in lines if line.waiting}
    seen: set[int] = set()
    found = []
    for line in lines:
        is_first = line.operator_id not in seen
        seen.add(line.operator_id)
        may_stop = is_under_way and is_first and line.operator_id in waits and line.operator_id not in stopped
        found.append(OperatorRow(line, line.operator_id in stopped, may_stop))
    return found


def live_of(mailing: Mailing, found: dict[str, Any]) -> dict[str, Any]:
    """What the live part shows in addition to what was counted (progress.progress_of)."""
    return {
        # Read out to whoever cannot see the bar, at each tenth of the way.
        "tenths_percent": int(found["books"].finished_share * 10) * 10,
        "sentences": sentences(mailing, found["books"], found["per_second"]),
        "operator_rows": operator_rows(mailing, found["operators"], found["parts"]),
    }


def effects(mailing: Mailing, books: Ledger, actions: Sequence[str]) -> list[str]:
    """What the buttons that act at once do, before they are pressed."""
    waiting = books.counts[Message.State.WAITING]
    words = {
        "pause": _(
            "Pause: within 3 seconds nothing more leaves. What has left goes on, the rest waits until somebody resumes."
        ),
        "resume": ngettext(
            "Resume: %(count)s message that waits goes on where it stopped.",
            "Resume: %(count)s messages that wait go on where they stopped.",
            waiting,
        )
        % {"count": grouped(waiting)},
        "withdraw": _("Withdraw: it becomes a draft again and needs a new approval."),
    }
    return [sentence for name, sentence in words.items() if name in actions]


def clock(moment: datetime) -> str:
    """Time of day, with the day if it is another one."""
    local = timezone.localtime(moment)
    return date_format(local, "H:i" if local.date() == timezone.localdate() else "j E, H:i")
