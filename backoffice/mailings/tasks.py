"""Huey tasks: wake-ups, never the work. Losing one loses nothing; the work is rows, and the pulse wakes again.

A wake-up that is already in the queue is not queued twice: a mark in Redis says so until the task starts.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from huey import crontab
from huey.contrib.djhuey import HUEY, db_periodic_task, db_task, on_shutdown, on_startup
from redis.exceptions import RedisError

from backoffice.alerts import closing, steps
from backoffice.alerts.steps import Step, tried
from backoffice.mailings import (
    approval_tasks,  # noqa: F401  Huey looks for tasks here only
    background,
    cohorts,
    lifecycle,
    moving,
    planning,
    recalling,
    receipt_desk,
    receipts,
    sending,
    settling,
    standing_alerts,
    trying_tasks,  # noqa: F401  Huey looks for tasks here only
    watch,
)
from backoffice.mailings.check import checking
from backoffice.mailings.models import Mailing, PeriodicRun
from backoffice.mailings.rehearsal import tasks as rehearsals  # noqa: F401  Huey looks for tasks here only
from backoffice.mailings.routes import (
    commitments,
    measuring,
    tasks,  # noqa: F401  Huey looks for tasks here only
)
from backoffice.mailings.shortlinks.clicks import Clicks
from backoffice.mailings.turns import Turn
from backoffice.operators import standing
from backoffice.operators.processes import Watch
from kannel.administration import AdministrationError
from kannel.beats import Heart
from kannel.models import Connection, Gateway, Process
from kannel.monthly import ensure_partitions

logger = structlog.get_logger(__name__)

RECEIPTS_FIRST, SENDING_NEXT, BOOKKEEPING, AFTER_OTHERS = 30, 20, 10, 5
# A mark outlives a task that was lost with its worker by so much.
MARK_SECONDS = 5
PERIODIC_RUNS_KEPT = timedelta(days=7)


# One in each worker process: Huey calls these there.
_HEARTS: list[Heart] = []


@on_startup()
def begin_to_beat() -> None:
    """Each worker says that it lives, and looks at the pulse and all others, for the pulse cannot tell its own death."""
    _HEARTS.append(Heart(Process.Kind.WORKER, look=Watch().look))
    _HEARTS[-1].start()


@on_shutdown()
def end_beating() -> None:
    while _HEARTS:
        _HEARTS.pop().stop()


def _planning_failed(subject: str, sentence: str) -> None:
    lifecycle.planning_failed(Mailing.objects.get(pk=subject), sentence)


def _leave(subject: str, sentence: str) -> None:
    via = Connection.objects.select_related("operator").get(pk=subject)
    if standing.leave(via, sentence):
        standing_alerts.tell_left(via, sentence)


PLAN = background.step_of_mailing(
    f"{background.OF_MAILING}plan",
    _("Planning a mailing"),
    _(
        "“%(name)s” could not be planned: something unforeseen happened (%(error)s), %(count)s times. Change its text or its "
        "audience and plan it again, or cancel it. If that does not help, tell the administrators."
    ),
    give_up=_planning_failed,
    tries=3,
)
SEND = Step(
    "connection.send",
    _("Sending over a connection"),
    _("Sending over %(name)s failed %(count)s times in a row here (%(error)s). Tell the administrators."),
    give_up=_leave,
    name_of=background.connection_named,
)


def wake(task: Any, *args: int, **options: int) -> None:
    """Queues a task unless it waits in the queue already. Without Redis nothing happens: the pulse comes again.

    ``options`` are Huey's, such as a priority other than the task's own.
    """
    try:
        if HUEY.storage.conn.set(_mark(task.task_class.__name__, args), 1, nx=True, ex=MARK_SECONDS):
            task(*args, **options)
    except RedisError as error:
        logger.warning("wake_up_lost", task=task.task_class.__name__, error=type(error).__name__)


def wake_receipts() -> None:
    """Called by the listener and the DLR endpoint after events were committed."""
    wake(apply_receipts)


def _mark(name: str, args: tuple[int, ...]) -> str:
    return ":".join(["parley", "waiting", name, *map(str, args)])


def started(name: str, *args: int) -> None:
    """Takes the mark of a wake-up away: from here on it may be queued again."""
    HUEY.storage.conn.delete(_mark(name, args))


@db_task(priority=RECEIPTS_FIRST)
@tried(background.APPLY_RECEIPTS)
def apply_receipts() -> None:
    started("apply_receipts")
    receipts.drain()


@db_task(priority=BOOKKEEPING)
@tried(background.APPLY_CLICKS)
def apply_clicks() -> None:
    started("apply_clicks")
    Clicks().apply()


@db_task(priority=SENDING_NEXT)
@tried(SEND)
def send(connection_id: int) -> None:
    started("send", connection_id)
    turn = Turn(somebody_waits)
    if sending.send(connection_id, turn):
        # There may be more. Whoever waited for a worker comes first, bookkeeping, too.
        wake(send, connection_id, priority=AFTER_OTHERS if turn.is_wanted else SENDING_NEXT)


def somebody_waits() -> bool:
    """Whether a wake-up is in the queue."""
    try:
        return bool(HUEY.pending_count())
    except RedisError:
        return False


@db_task(priority=BOOKKEEPING)
@tried(PLAN)
def plan(mailing_id: int) -> None:
    started("plan", mailing_id)
    mailing = Mailing.objects.get(pk=mailing_id)
    planning.plan(mailing)
    # The plan stands, whatever becomes of counting it.
    background.PREPARE_CHECK.do(mailing.pk, partial(checking.prepare, mailing))


@db_task(priority=SENDING_NEXT)
@tried(background.START_DUE)
def start() -> None:
    started("start")
    lifecycle.start_due()


@db_task(priority=BOOKKEEPING)
@tried(background.SETTLE)
def settle(gateway_id: int) -> None:
    started("settle", gateway_id)
    gateway = Gateway.objects.get(pk=gateway_id)
    try:
        settling.settle(gateway)
    except AdministrationError as error:
        logger.warning("gateway_cannot_say", gateway=gateway.name, error=type(error).__name__)


@db_task(priority=SENDING_NEXT)
@tried(background.MOVE_ALL)
def move() -> None:
    started("move")
    moving.move_all()


@db_task(priority=BOOKKEEPING)
@tried(background.RECALL)
def recall(connection_id: int) -> None:
    started("recall", connection_id)
    via = Connection.objects.select_related("gateway").get(pk=connection_id)
    try:
        recalling.recall(via)
    except AdministrationError as error:
        logger.warning("not_recalled", connection=via.name, error=type(error).__name__)


@db_task(priority=BOOKKEEPING)
@tried(background.SWEEP)
def sweep() -> None:
    started("sweep")
    watch.sweep()


def once_a_minute(work: Callable[[], None]) -> None:
    """Runs periodic work unless another scheduler has run it in this minute."""
    minute: datetime = timezone.now().replace(second=0, microsecond=0)
    try:
        with transaction.atomic():
            PeriodicRun.objects.create(task=work.__name__, minute=minute)
    except IntegrityError:
        return
    work()


@db_periodic_task(crontab(minute="*"))
@tried(background.CHECK_LEDGERS)
def check_ledgers() -> None:
    once_a_minute(watch.check_ledgers)


@db_periodic_task(crontab(minute="*/10"))
@tried(background.MEASURE_ROUTES)
def measure_routes() -> None:
    once_a_minute(measuring.measure)


@db_periodic_task(crontab(hour="6", minute="5"))
@tried(background.WATCH_COMMITMENTS)
def watch_commitments() -> None:
    once_a_minute(commitments.tell_commitments)


@db_periodic_task(crontab(minute="*"))
@tried(background.LOOK_AFTER_RECEIPTS)
def look_after_receipts() -> None:
    once_a_minute(receipt_desk.tell_silence)


@db_periodic_task(crontab(minute="*"))
@tried(background.CLOSE_ALERTS)
def close_alerts() -> None:
    once_a_minute(_close_alerts)


@db_periodic_task(crontab(hour="*", minute="7"))
@tried(background.MAKE_PARTITIONS)
def make_partitions() -> None:
    once_a_minute(_make_partitions)


def _close_alerts() -> None:
    closing.close_what_is_over()


def _make_partitions() -> None:
    for table in ("mailings_message", "kannel_event"):
        ensure_partitions(table)
    cohorts.forget_old()
    steps.forget_old()
    PeriodicRun.objects.filter(minute__lt=timezone.now() - PERIODIC_RUNS_KEPT).delete()
