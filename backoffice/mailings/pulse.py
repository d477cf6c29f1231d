"""The heartbeat of the house: it wakes whoever has work. Only one of any number of pulses beats at a time."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from django.core.cache import cache
from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from django.utils import timezone
from redis.exceptions import RedisError

from backoffice.alerts.steps import Step
from backoffice.mailings import background, comparing, judging, moving, regularly, series, tasks
from backoffice.mailings.models import Mailing, Message
from backoffice.mailings.shortlinks.clicks import Clicks
from backoffice.operators.watch import watch_gateways
from kannel.models import Event

logger = structlog.get_logger(__name__)

BEAT_SECONDS = 1.0
WATCH_EACH_SECONDS = 3.0
SWEEP_EACH_SECONDS = 2.0
SETTLE_EACH_SECONDS = 5.0
MAKE_RUNS_EACH_SECONDS = 5.0
REGULAR_EACH_SECONDS = 30.0
# One for the process: each has a connection of its own to Redis.
CLICKS = Clicks()
# Read by /health/: how old the last beat is.
BEAT_KEY = "parley:pulse"


@dataclass
class Beat:
    """Work that is due again some seconds after it was done."""

    work: Callable[[], object]
    each_seconds: float
    step: Step
    due_at: float = field(default=0.0)

    def run_if_due(self) -> None:
        now = time.monotonic()
        if now < self.due_at:
            return
        self.due_at = now + self.each_seconds
        try:
            self.step.do("", self.work)
        except (DatabaseError, InterfaceError, RedisError) as error:
            # Something the house stands on is away; its supervisor brings it back, and we go on.
            logger.warning("beat_missed", work=self.work.__name__, error=type(error).__name__)
            connection.close()
        except Exception:
            # One part of the house that fails must not silence the others.
            logger.exception("beat_failed", work=self.work.__name__)


def beat_until(stopping: threading.Event) -> None:
    """Beats until ``stopping`` is set. While another pulse leads it only waits for its turn."""
    beats = all_beats()
    while not stopping.wait(BEAT_SECONDS / 4):
        close_old_connections()
        if leads():
            for beat in beats:
                beat.run_if_due()


def all_beats() -> list[Beat]:
    """What is done again and again, in this order."""
    return [
        Beat(mark, BEAT_SECONDS, background.MARK),
        Beat(watch_gateways, WATCH_EACH_SECONDS, background.WATCH_GATEWAYS),
        Beat(judging.judge, WATCH_EACH_SECONDS, background.JUDGE_ALL),
        Beat(wake_movers, WATCH_EACH_SECONDS, background.WAKE_MOVERS),
        Beat(series.make_due, MAKE_RUNS_EACH_SECONDS, background.MAKE_DUE),
        Beat(series.follow, BEAT_SECONDS, background.FOLLOW),
        Beat(comparing.make_rests, MAKE_RUNS_EACH_SECONDS, background.MAKE_RESTS),
        Beat(comparing.follow, BEAT_SECONDS, background.FOLLOW_RESTS),
        Beat(wake_planners, BEAT_SECONDS, background.WAKE_PLANNERS),
        Beat(wake_starters, BEAT_SECONDS / 2, background.WAKE_STARTERS),
        Beat(wake_senders, BEAT_SECONDS, background.WAKE_SENDERS),
        Beat(wake_receipts, BEAT_SECONDS, background.WAKE_RECEIPTS),
        Beat(wake_sweep, SWEEP_EACH_SECONDS, background.WAKE_SWEEP),
        Beat(wake_settlers, SETTLE_EACH_SECONDS, background.WAKE_SETTLERS),
        Beat(wake_clicks, SETTLE_EACH_SECONDS, background.WAKE_CLICKS),
        Beat(regularly.watch, REGULAR_EACH_SECONDS, background.WATCH_REGULAR),
    ]


def leads() -> bool:
    """Whether this pulse is the one that beats: it holds a lock for as long as its database connection lives."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT pid IS NOT NULL OR pg_try_advisory_lock(hashtext('pulse'), 0) FROM (SELECT 1) AS one
                LEFT JOIN pg_locks ON locktype = 'advisory' AND pid = pg_backend_pid() AND objid = 0
                    AND classid::bigint = hashtext('pulse')::bigint & 4294967295
                """
            )
            return bool(cursor.fetchone()[0])
    except (DatabaseError, InterfaceError) as error:
        logger.warning("database_away", error=type(error).__name__)
        connection.close()
        return False


def mark() -> None:
    cache.set(BEAT_KEY, timezone.now().timestamp(), timeout=60)


def wake_planners() -> None:
    for mailing_id in Mailing.objects.filter(state=Mailing.State.PLANNING).values_list("pk", flat=True):
        tasks.wake(tasks.plan, mailing_id)


def wake_starters() -> None:
    if Mailing.objects.due(timezone.now()).exists():
        tasks.wake(tasks.start)


def wake_senders() -> None:
    """One wake-up for each connection with a message due."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT via.id FROM kannel_connection via
            WHERE via.status = 'online' AND via.is_enabled AND NOT EXISTS (
                SELECT FROM operators_standing standing
                WHERE standing.connection_id = via.id AND standing.state <> 'well' AND standing.allowance = 0
            ) AND EXISTS (
                SELECT FROM mailings_mailing mailing JOIN LATERAL (
                    SELECT FROM mailings_message
                    WHERE state = 'waiting' AND connection_id = via.id AND mailing_id = mailing.id
                        AND earliest_at <= %s
                    LIMIT 1
                ) AS due ON true
                WHERE mailing.state = 'running' AND NOT EXISTS (
                    SELECT FROM mailings_pausedpart part WHERE part.mailing_id = mailing.id
                        AND part.operator_id = via.operator_id AND part.ended_at IS NULL
                )
            )
            """,
            [timezone.now()],
        )
        due = [row[0] for row in cursor.fetchall()]
    for connection_id in due:
        tasks.wake(tasks.send, connection_id)


def wake_movers() -> None:
    """Wakes who moves messages to other ways, and who calls back what Kannel holds for a connection that was left."""
    for connection_id in judging.to_recall():
        tasks.wake(tasks.recall, connection_id)
    if moving.to_move():
        tasks.wake(tasks.move)


def wake_receipts() -> None:
    if Event.objects.filter(applied_at=None, tries=0).exists():
        tasks.wake(tasks.apply_receipts)


def wake_sweep() -> None:
    tasks.wake(tasks.sweep)


def wake_settlers() -> None:
    """One wake-up for each gateway that holds the answer about an uncertain message."""
    gateways = Message.objects.filter(state=Message.State.UNCERTAIN, connection__gateway__status="running")
    for gateway_id in gateways.order_by().values_list("connection__gateway_id", flat=True).distinct():
        tasks.wake(tasks.settle, gateway_id)


def wake_clicks() -> None:
    if CLICKS.count():
        tasks.wake(tasks.apply_clicks)
