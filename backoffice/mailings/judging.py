"""Every few seconds each connection is judged by what came of its messages and by its link; parts of mailings, too.

A sick connection is braked, then left. One that was left is tried with a few messages, then with more, and is well again
when they arrive. A part of a mailing that does worse than before is paused while the rest of it goes on.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.lib.said import kept
from backoffice.mailings import background, cohorts, parts, standing_alerts
from backoffice.mailings.cohorts import Slice
from backoffice.mailings.models import Mailing, Message, PausedPart
from backoffice.mailings.signs import ENOUGH_WHEN_TRIED, Sign, code_sign, delivery_sign, has_recovered, view
from backoffice.operators import standing
from backoffice.operators.error_codes import USUAL, Catalogue, catalogues
from backoffice.operators.models import Standing
from backoffice.operators.routing import SEEN_WITHIN
from kannel.models import Connection, Event, Gateway

logger = structlog.get_logger(__name__)

State = Standing.State
# A link that is lost is back within seconds, or it is not.
LEAVE_AFTER = timedelta(seconds=30)
# Kannel holds messages for it, and it takes none.
SILENT_AFTER = timedelta(seconds=45)
# Before it is tried again, its link has to stand for so long.
STANDS_FOR = timedelta(seconds=10)
# A step back with little to send is over after so long, if nothing speaks against it.
STEP_AT_MOST = timedelta(minutes=10)
# How often what Kannel holds is called back, and a link that stayed dead is started.
RECALL_EACH = timedelta(minutes=1)
START_EACH = timedelta(minutes=5)
# While reports wait here so long, missing receipts are our own fault.
OURS_AFTER = timedelta(seconds=5)


def judge() -> None:
    """One look at everything. A few statements, however many messages there are."""
    now = timezone.now()
    by_connection: dict[int, list[Slice]] = defaultdict(list)
    for one in cohorts.slices(now):
        by_connection[one.connection_id].append(one)
    codes = catalogues()
    _take_back_pauses(by_connection)
    are_ours = _reports_wait_here(now)
    looks: dict[object, Callable[[], None]] = {}
    links = Connection.objects.filter(is_enabled=True).select_related("gateway", "operator", "standing")
    for via in links:
        seen = by_connection[via.pk]
        known = getattr(via, "standing", None) or Standing(connection=via)
        catalogue = None if are_ours else codes.get(via.operator_id, USUAL)
        looks[via.pk] = partial(_judge_one, via, known, seen, catalogue, now)
    background.JUDGE.do_each(looks)


def _take_back_pauses(by_connection: Mapping[int, Sequence[Slice]]) -> None:
    """What was paused because deliveries were missing goes on when they have come: they were late."""
    paused = PausedPart.objects.filter(
        ended_at=None, stopped_by=None, goes_elsewhere=False, is_about_receipts=True
    )
    for part in paused.select_related("mailing", "operator"):
        lines = Connection.objects.filter(operator=part.operator_id).values_list("pk", flat=True)
        mine = [one for pk in lines for one in by_connection.get(pk, ()) if one.mailing_id == part.mailing_id]
        if has_recovered(mine, part.since):
            parts.go_on(part)


def _judge_one(
    via: Connection, known: Standing, seen: Sequence[Slice], codes: Catalogue | None, now: datetime
) -> None:
    """Without ``codes`` counts say nothing: reports wait here."""
    if known.state == State.LEFT:
        _try_again(via, known, now)
    elif problem := _link_problem(via, now):
        _leave(via, problem)
    elif codes is not None:
        _judge_counts(via, known, seen, codes, now)


def _link_problem(via: Connection, now: datetime) -> str:
    """Why nothing leaves over a link, as a sentence; empty if it may. What the watch has seen decides."""
    words = {"name": via.name, "operator": via.operator.name}
    since = via.status_since or now
    if via.status != Connection.Status.ONLINE and now - since > LEAVE_AFTER:
        return kept(
            lambda: _("%(name)s has not been connected since %(when)s.") % (words | {"when": _clock(since)})
        )
    if via.queued and via.moved_at and now - via.moved_at > SILENT_AFTER:
        return kept(lambda: _("%(operator)s takes nothing over %(name)s, although messages wait.") % words)
    return ""


def _judge_counts(
    via: Connection, known: Standing, seen: Sequence[Slice], codes: Catalogue, now: datetime
) -> None:
    broke_at = max(filter(None, (via.status_since, via.gateway.status_since)), default=None)
    if known.state == State.BRAKED:
        _judge_step(via, known, seen, codes, now)
        return
    name = via.operator.name
    by_mailing: dict[int, list[Slice]] = defaultdict(list)
    for one in seen:
        by_mailing[one.mailing_id].append(one)
    everything = view(seen, broke_at, now)
    signs: dict[int, Sign] = {}
    for mailing_id, mine in by_mailing.items():
        part = view(mine, broke_at, now)
        sign = delivery_sign(part, name, others=everything.past) or code_sign(part, name, codes=codes)
        if sign:
            signs[mailing_id] = sign
    for mailing in Mailing.objects.filter(pk__in=signs, state=Mailing.State.RUNNING):
        if not _was_resumed(mailing, via, now):
            found = signs[mailing.pk]
            parts.pause_part(mailing, via.operator, found.sentence, is_about_receipts=found.is_about_receipts)
    sign = delivery_sign(everything, name) or code_sign(everything, name, codes=codes)
    if sign is None or not sign.is_theirs:
        return
    # Of one mailing alone nobody can say whether its numbers are bad or the operator, unless nothing arrives at all.
    healthy = [one for mailing_id, mine in by_mailing.items() if mailing_id not in signs for one in mine]
    if sign.is_grave and not view(healthy, broke_at, now).due.delivered:
        _leave(via, sign.sentence)
    elif len(signs) > 1 and standing.brake(via, sign.sentence):
        standing_alerts.tell_braked(via, sign.sentence)


def _was_resumed(mailing: Mailing, via: Connection, now: datetime) -> bool:
    """Somebody has just let it go on: what they saw is not held against it again."""
    return PausedPart.objects.filter(
        mailing=mailing,
        operator=via.operator_id,
        ended_by__isnull=False,
        ended_at__gt=now - timedelta(minutes=2),
    ).exists()


def _judge_step(
    via: Connection, known: Standing, seen: Sequence[Slice], codes: Catalogue, now: datetime
) -> None:
    """A braked connection has had some messages: they were bad, they were good, or it is too early to say."""
    # All messages of a step may have been taken in the ten seconds in which it began.
    step = view(seen, cohorts.begin_of(known.since), now)
    name = via.operator.name
    sign = delivery_sign(step, name, enough=ENOUGH_WHEN_TRIED) or code_sign(
        step, name, enough=ENOUGH_WHEN_TRIED, codes=codes
    )
    if sign and sign.is_theirs:
        _leave(via, sign.sentence)
        return
    is_proven = not known.allowance and step.due.taken * 2 >= standing.STEPS[known.step]
    if not is_proven and now - known.since < STEP_AT_MOST:
        return
    is_last = known.step + 1 >= len(standing.STEPS)
    if standing.go_on(known, kept(lambda: _went_well(step.due.taken))) and is_last:
        _well_again(via)


def _went_well(count: int) -> str:
    return ngettext("%(count)s message went well.", "%(count)s messages went well.", count) % {"count": count}


def _leave(via: Connection, reason: str) -> None:
    if standing.leave(via, reason):
        standing_alerts.tell_left(via, reason)
        if not standing.has_other_ways(via):
            parts.end_parts_of(via.operator)


def _try_again(via: Connection, known: Standing, now: datetime) -> None:
    """What a person left is theirs to use again; the machine takes back only what it did itself."""
    stands = via.status == Connection.Status.ONLINE and via.seen_at and now - via.seen_at < SEEN_WITHIN
    if (
        known.by_id is None
        and stands
        and now > known.rests_until
        and now - (via.status_since or now) > STANDS_FOR
    ):
        reason = kept(lambda: _("It is connected. A few messages are sent to see whether they arrive."))
        standing.try_again(via, reason)


def _well_again(via: Connection) -> None:
    standing_alerts.tell_well(via)
    parts.end_parts_of(via.operator)


def _reports_wait_here(now: datetime) -> bool:
    waiting = Event.objects.filter(applied_at=None, tries=0, kind=Event.Kind.REPORT)
    oldest = waiting.order_by("id").values_list("received_at", flat=True).first()
    return oldest is not None and now - oldest > OURS_AFTER


def to_recall() -> list[int]:
    """Connections with a step of calling back to take (recalling.recall).

    They were left, their link takes nothing, and Kannel still holds messages for them; or their link stayed dead, which
    Kannel does not try again by itself. And all that were taken out of Kannel and are not in it again.
    """
    now = timezone.now()
    running = Standing.objects.filter(connection__gateway__status=Gateway.Status.RUNNING)
    is_due = Q(recalled_at=None) | Q(recalled_at__lte=now - RECALL_EACH)
    carries = Q(connection__status=Connection.Status.ONLINE, connection__moved_at__gt=now - SILENT_AFTER)
    held = Message.objects.filter(connection=OuterRef("connection"), state=Message.State.ACCEPTED)
    is_stopped = Q(connection__status=Connection.Status.DEAD, recalled_at__lt=now - START_EACH)
    calls_back = Q(state=State.LEFT) & is_due & ~carries & (Q(Exists(held)) | is_stopped)
    is_out = Q(withdrawn_at__isnull=False, restored_at=None)
    return list(running.filter(calls_back | is_out).values_list("connection", flat=True))


def _clock(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "H:i:s")
