"""The plan of a mailing: one row for each customer of the audience, written by one statement.

What is approved is what is sent: text, parts, route and price are frozen here; sending adds nothing to them.
"""

from datetime import date, datetime, timedelta
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
from backoffice.mailings.plan_sql import plan_statement
from backoffice.message_templates.merge import MergeError
from backoffice.operators import routing

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
        except (PlanningFailed, UnusableAudienceError) as problem:
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
    cursor.execute("DROP TABLE IF EXISTS pg_temp.plan_hours, pg_temp.plan_route")
    cursor.execute("SET LOCAL work_mem = '256MB'")
    cursor.execute("DELETE FROM mailings_message WHERE mailing_id = %s", [mailing.pk])
    zones = _write_hours(cursor, mailing, starts, ends)
    prefix_lengths = _write_routes(cursor, now.date())
    cursor.execute(plan_statement(cursor, mailing, now, starts, prefix_lengths))
    rows: int = cursor.rowcount
    mailing.planned_at = now
    messages = Message.objects.of(mailing)
    lifecycle.planned(
        mailing,
        planned_at=now,
        planned_audience=audience,
        planned_count=rows,
        planned_cost=messages.waiting().total_cost(),
        plan_digest=messages.digest(),
        time_zones=zones,
        currency=settings.CURRENCY,
        problem="",
    )
    logger.info(
        "planned", mailing=mailing.pk, rows=rows, seconds=(timezone.now() - now) / timedelta(seconds=1)
    )
    return rows


def _write_hours(cursor: Any, mailing: Mailing, starts: datetime, ends: datetime) -> list[str]:
    """For each time zone that customers have: the first and the last permitted moment."""
    hours = Hours(mailing.local_from, mailing.local_to)
    zones = sorted(Customer.objects.order_by().values_list("time_zone", flat=True).distinct())
    spans = [(zone, hours.span(zone_named(zone), starts, ends)) for zone in zones]
    cursor.execute(
        "CREATE TEMP TABLE plan_hours (time_zone text, earliest_at timestamptz, latest_at timestamptz) ON COMMIT DROP"
    )
    execute_values(
        cursor.cursor,
        "INSERT INTO plan_hours VALUES %s",
        [(zone, *span) for zone, span in spans if span] or [(None,) * 3],
    )
    return zones


def _write_routes(cursor: Any, day: date) -> list[int]:
    """For each prefix: the cheapest connections that work, and the price of a part. Returns the lengths of prefixes."""
    routes = routing.route_rows(day, routing.working_connections(), currency=settings.CURRENCY)
    if not routes:
        raise PlanningFailed(
            _("No operator is connected, or none has a tariff for today. Ask the operator staff.")
        )
    cursor.execute(
        "CREATE TEMP TABLE plan_route (prefix text PRIMARY KEY, connections bigint[], price_per_part numeric) ON COMMIT DROP"
    )
    execute_values(
        cursor.cursor,
        "INSERT INTO plan_route VALUES %s",
        [(route.prefix, list(route.connections), route.price_per_part) for route in routes],
    )
    cursor.execute("ANALYZE plan_route")
    return sorted({len(route.prefix) for route in routes})
