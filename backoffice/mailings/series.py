"""Mailings that repeat: each due moment makes a run, a mailing of its own that is planned anew.

A run that is what was approved, within the limits of its series, is approved by the same order and starts by itself. Any
other one waits for a person. What was due while nothing worked is made late, if there still is time, or told.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.log_actions import log

from backoffice.lib.numbers import grouped
from backoffice.lib.said import kept, stored
from backoffice.mailings import approval_needs, background, run_steps, series_alerts
from backoffice.mailings.content import content, content_hash
from backoffice.mailings.hours import zone_named
from backoffice.mailings.models import LaunchOrder, Mailing, Message
from backoffice.mailings.repeat_models import Repeating, recurrence_of
from backoffice.mailings.rules import taken_meanwhile
from backoffice.mailings.when import allowed_hours, first_start, last_end_from, period

logger = structlog.get_logger(__name__)

State = Mailing.State
# A run is made so long before it begins: planning takes a minute, and what it finds should be fresh.
LEAD = timedelta(minutes=10)
# The day begins that much earlier somewhere than by the clock of another zone.
WIDEST_ZONES = timedelta(hours=27)
TRY_AGAIN_AFTER = timedelta(minutes=5)
LATE_AFTER = timedelta(minutes=15)
# What makes a series, and not one of its runs.
OWN = {field.name for field in Repeating._meta.local_fields} | {"id", "name", "starts_at", "ends_at"}
COPIED = [
    field.attname for field in Mailing._meta.concrete_fields if field.editable and field.name not in OWN
]


def make_due(now: datetime | None = None) -> list[Mailing]:
    """Makes the runs whose time has come, tells of those it came too late for, ends series that are over."""
    now = now or timezone.now()
    soon = Q(next_run_at=None) | Q(next_run_at__lte=now + WIDEST_ZONES)
    series_ids = list(Mailing.objects.in_force().filter(soon).values_list("pk", flat=True))
    found = (background.MAKE_RUN.do(pk, partial(_catch_up, pk, now)) for pk in series_ids)
    return [run for run in found if run]


def follow(now: datetime | None = None) -> None:
    """Takes runs on that nobody has taken into their own hands: planned ones start or wait, failed ones are tried again."""
    now = now or timezone.now()
    waiting = Mailing.objects.filter(
        runs_itself=True, series__isnull=False, state__in=[State.PLANNED, State.DRAFT]
    )
    for run in waiting.select_related("series", "template"):
        take_on = partial(_decide, run) if run.state == State.PLANNED else partial(_try_again, run, now)
        background.FOLLOW_RUN.do(run.pk, take_on)


def next_moment(series: Mailing, after: datetime) -> datetime | None:
    """The first moment of a series later than that; None if it has none."""
    if series.starts_at:
        after = max(after, series.starts_at - timedelta(microseconds=1))
    return next(recurrence_of(series).moments(after), None)


def run_for(series: Mailing, moment: datetime) -> Mailing:
    """The run of a series for a moment, unsaved."""
    day = date_format(timezone.localtime(moment), "SHORT_DATE_FORMAT")
    return Mailing(
        **{name: getattr(series, name) for name in COPIED},
        name=f"{series.name[:100]}, {day}",
        starts_at=moment,
        ends_at=moment + timedelta(hours=series.run_hours),
        series=series,
        run_at=moment,
        runs_itself=True,
        created_by=series.created_by,
    )


def _catch_up(series_id: int, now: datetime) -> Mailing | None:
    """Makes the latest run that is due and can still go; the ones before it, and those that cannot, are told."""
    with transaction.atomic():
        # Whoever is second waits here, and then sees what the first one has made.
        series = Mailing.objects.in_force().select_for_update().filter(pk=series_id).first()
        if series is None:
            return None
        due, following = _due(series, now)
        in_time = [run for run in due if _may_still_go(series, run, now)][-1:]
        missed = [run for run in due if run not in in_time]
        for run in in_time:
            _make(series, run, now)
        if missed:
            _tell_missed(series, [run.run_at for run in missed if run.run_at])
        Mailing.objects.filter(pk=series.pk).update(next_run_at=following)
        if following is None:
            run_steps.end_series(series)
    return in_time[0] if in_time else None


def _due(series: Mailing, now: datetime) -> tuple[list[Mailing], datetime | None]:
    """Runs that should be there by now and are not, unsaved, in order; and the moment after them."""
    moment = series.next_run_at or next_moment(series, series.state_at)
    due: list[Mailing] = []
    while moment and first_start(run := run_for(series, moment), series.time_zones) - LEAD <= now:
        due.append(run)
        moment = next_moment(series, moment)
    made = set(series.runs.filter(run_at__in=[run.run_at for run in due]).values_list("run_at", flat=True))
    return [run for run in due if run.run_at not in made], moment


def _may_still_go(series: Mailing, run: Mailing, now: datetime) -> bool:
    """Whether there is a permitted hour left before its end, for customers of some zone."""
    hours = allowed_hours(run)
    for name in ["", *series.time_zones]:
        starts, ends = period(run, zone_named(name), now)
        if starts < ends and hours.span(zone_named(name), starts, ends):
            return True
    return False


def _make(series: Mailing, run: Mailing, now: datetime) -> None:
    run.state = State.PLANNING
    run.save()
    log(run, "mailings.run_made", data={"state": run.state, "comment": series.name})
    if first_start(run, series.time_zones) + LATE_AFTER < now:
        series_alerts.tell_late(run)
    logger.info("run_made", series=series.pk, mailing=run.pk)


def _tell_missed(series: Mailing, moments: Sequence[datetime]) -> None:
    sentence = series_alerts.tell_missed(series, moments)
    data = {
        "state": series.state,
        "comment": stored(sentence),
        "moments": [one.isoformat() for one in moments],
    }
    log(series, "mailings.run_missed", data=data)
    logger.warning("runs_missed", series=series.pk, runs=len(moments))


def _decide(run: Mailing) -> None:
    """A planned run is approved with its series, waits for a person, is planned once more, or writes to nobody."""
    with transaction.atomic():
        # As when a person submits: of two mailings the second always sees the first.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('submit'))")
        if not Mailing.objects.filter(pk=run.pk, runs_itself=True, state=State.PLANNED).exists():
            return
        series_alerts.close_failed(run)
        order = order_of(run)
        if order is None:
            run_steps.end_run(
                run, kept(lambda: _("Its series was stopped or changed before this run began."))
            )
            series_alerts.tell_failed(run, is_over=True)
        elif not Message.objects.of(run).waiting().exists():
            _end_empty(run)
        elif taken_meanwhile(run):
            run_steps.plan_again(run)
        elif reason := kept(lambda: reason_for_a_person(run, order)):
            run_steps.put_before_a_person(run, order, reason)
            series_alerts.tell_waits(run, reason)
        else:
            run_steps.approved_with(order, run)


def order_of(run: Mailing) -> LaunchOrder | None:
    """The order that approved the series of a run, as long as nobody has stopped the series."""
    series = run.series
    if series is None or series.state not in (State.APPROVED, State.FINISHED):
        return None
    orders = LaunchOrder.objects.filter(mailing=series, content_hash=series.content_hash)
    return orders.select_related("requested_by", "approved_by").order_by("pk").last()


def reason_for_a_person(run: Mailing, order: LaunchOrder) -> str:
    """Why a run may not start by itself; empty if it may: it is what was approved, and within the limits."""
    assert run.series is not None
    approved, shown = order.content, content(run)
    if content_hash(content(run.series)) != order.content_hash or any(
        approved.get(key) != shown.get(key) for key in _kept(approved) | _kept(shown)
    ):
        return _("Its text, its audience or its rules are not as they were when the series was approved.")
    limits = approved["repeating"]
    if limits["run_recipients"] is None or limits["run_cost"] is None:
        return _("Every run of this series waits for an approver.")
    recipients = Message.objects.of(run).waiting().count()
    if recipients > limits["run_recipients"]:
        return ngettext(
            "It has %(count)s recipient. A run of this series has at most %(limit)s.",
            "It has %(count)s recipients. A run of this series has at most %(limit)s.",
            recipients,
        ) % {
            "count": grouped(recipients),
            "limit": grouped(limits["run_recipients"]),
        }
    if run.planned_cost > Decimal(limits["run_cost"]):
        return _("It costs %(cost)s %(currency)s. A run of this series costs at most %(limit)s.") % {
            "cost": grouped(run.planned_cost, 2),
            "currency": run.currency,
            "limit": grouped(Decimal(limits["run_cost"]), 2),
        }
    return approval_needs.lacking(run, order)


def _kept(values: dict[str, Any]) -> set[str]:
    """What a run has in common with its series."""
    of_one = {
        "mailing",
        "starts_at",
        "ends_at",
        "planned_count",
        "planned_cost",
        "plan_digest",
        "repeating",
        "run_of",
        "links",  # the same addresses, as the text is the same; they lead there in the name of the run
    }
    return set(values) - of_one


def _end_empty(run: Mailing) -> None:
    run_steps.end_run(run, kept(lambda: _("Nobody was to receive it.")))
    too_late = Message.objects.of(run).filter(reason=Message.Reason.OUT_OF_HOURS).count()
    if too_late:
        series_alerts.tell_too_late(run, too_late)


def _try_again(run: Mailing, now: datetime) -> None:
    """Its plan or its start failed. It is tried again until its time is over, and nobody has to notice by themselves."""
    assert run.series is not None
    if last_end_from(run, now, run.series.time_zones) <= now:
        run_steps.end_run(run, run.problem)
        series_alerts.tell_failed(run, is_over=True)
    else:
        series_alerts.tell_failed(run, is_over=False)
        if run.state_at + TRY_AGAIN_AFTER <= now:
            run_steps.plan_again(run)
