"""The plan of a mailing: one row for each customer of the audience, written by one statement.

First it is found who gets it, then which way is cheapest for all of them together, then texts and prices are written.
What is approved is what is sent: text, parts, route and price are frozen here; sending adds nothing to them.
"""

from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg2.extras import execute_values

from backoffice.audiences.models import UnusableAudienceError
from backoffice.customers.models import Customer
from backoffice.mailings import lifecycle
from backoffice.mailings.hours import DEFAULT_LENGTH, Hours, zone_named
from backoffice.mailings.models import Mailing, Message
from backoffice.mailings.plan_sql import PlanSql
from backoffice.mailings.querysets import id_range
from backoffice.mailings.routes import choosing
from backoffice.message_templates.merge import MergeError

logger = structlog.get_logger(__name__)


class PlanningFailed(Exception):
    """There is nothing to plan with; the text says what to do."""


def plan(mailing: Mailing) -> int | None:
    """Writes the plan of a mailing in state *planning*: the number of its rows, or None if there is none.

    A worker that dies here leaves nothing: its transaction is rolled back, and the next wake-up starts anew.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('plan'), %s)", [mailing.pk])
        is_free = cursor.fetchone()[0]
        mailing.refresh_from_db()
        if not is_free or mailing.state != Mailing.State.PLANNING:
            return None
        try:
            return _write(mailing, cursor)
        except (PlanningFailed, UnusableAudienceError, choosing.NoWay) as problem:
            lifecycle.planning_failed(mailing, str(problem))
        except MergeError as problem:
            lifecycle.planning_failed(mailing, _("The text cannot be used: %(why)s") % {"why": problem})
    return None


def samples(mailing_id: int, limit: int = 5) -> list[Message]:
    """Some messages of a plan as they will leave."""
    mailing = Mailing.objects.only("planned_at").get(pk=mailing_id)
    return list(Message.objects.of(mailing).exclude(text="").order_by("id")[:limit])


def _write(mailing: Mailing, cursor: Any) -> int:
    now = timezone.now()
    starts = max(mailing.starts_at or now, now)
    ends = mailing.ends_at or starts + DEFAULT_LENGTH
    if ends <= now:
        raise PlanningFailed(_("The end of the mailing is over. Choose a later one."))
    if not mailing.template.live:
        raise PlanningFailed(_("The text is not published yet. Have it published, or choose another one."))
    audience = mailing.audience.snapshot()
    tables = ", ".join(f"pg_temp.plan_{name}" for name in ("hours", "prefix", "person", "route"))
    cursor.execute(f"DROP TABLE IF EXISTS {tables}")
    cursor.execute("SET LOCAL work_mem = '256MB'")
    cursor.execute("DELETE FROM mailings_message WHERE mailing_id = %s", [mailing.pk])
    zones, seconds = _write_hours(cursor, mailing, starts, ends)
    sql = PlanSql(cursor, mailing, starts, ends)
    _choose_routes(cursor, sql, now, starts, ends, seconds)
    cursor.execute(sql.messages(now))
    rows: int = cursor.rowcount
    mailing.planned_at = now
    choosing.count_routes(cursor, mailing, *id_range(now))
    messages = Message.objects.of(mailing)
    lifecycle.planned(
        mailing,
        planned_at=now,
        planned_audience=audience,
        planned_count=rows,
        planned_cost=choosing.cost_of(mailing),
        plan_digest=messages.digest(),
        time_zones=zones,
        currency=settings.CURRENCY,
        problem="",
    )
    logger.info(
        "planned", mailing=mailing.pk, rows=rows, seconds=(timezone.now() - now) / timedelta(seconds=1)
    )
    return rows


def _choose_routes(
    cursor: Any, sql: PlanSql, now: datetime, starts: datetime, ends: datetime, seconds: float
) -> None:
    """Makes plan_person and plan_route: who gets it, and which way."""
    offered = choosing.market_for(sql.mailing, now)
    prefixes = choosing.write_prefixes(cursor, offered)
    cursor.execute(sql.persons(starts, sorted({len(prefix) for prefix in prefixes})))
    cursor.execute("ANALYZE plan_person")
    wanted = {prefixes[number]: parts for number, parts in choosing.demand(cursor, sql).items()}
    routes = choosing.choose(sql.mailing, offered, wanted, now, ends, seconds)
    choosing.write_routes(cursor, sql.mailing, routes, prefixes)


def _write_hours(cursor: Any, mailing: Mailing, starts: datetime, ends: datetime) -> tuple[list[str], float]:
    """For each time zone that customers have: the first and the last permitted moment.

    Returns the zones, and how many seconds may be sent in within one zone, where there are most.
    """
    hours = Hours(mailing.local_from, mailing.local_to)
    zones = sorted(Customer.objects.order_by().values_list("time_zone", flat=True).distinct())
    windows = [(zone, list(hours.windows(zone_named(zone), starts, ends))) for zone in zones]
    cursor.execute(
        "CREATE TEMP TABLE plan_hours (time_zone text, earliest_at timestamptz, latest_at timestamptz) ON COMMIT DROP"
    )
    execute_values(
        cursor.cursor,
        "INSERT INTO plan_hours VALUES %s",
        [(zone, found[0][0], found[-1][1]) for zone, found in windows if found] or [(None,) * 3],
    )
    seconds = [sum((closes - opens).total_seconds() for opens, closes in found) for _zone, found in windows]
    return zones, max(seconds, default=0.0)
