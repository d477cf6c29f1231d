"""What became of messages, by way and month, and from it the delivery rates that the next plan goes by.

Both are one statement over sets. Only mailings that may still move are counted again, so a month of forty million messages
is never read to know what an operator has carried in it.
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from backoffice.mailings.models import Mailing
from backoffice.mailings.querysets import id_range

State = Mailing.State
# Receipts may come so long after a mailing has ended; then its numbers stand.
MOVES_FOR = timedelta(days=4)
# Rates are of what was planned within so many days.
MEASURED_DAYS = 30
# An operator's rate to a prefix counts as this many messages of its overall rate, and that as so many of everybody's:
# three undelivered of five say little.
PREFIX_WEIGHT, OPERATOR_WEIGHT = 300, 1000
# Of everybody, before anything is known.
USUAL_RATE = 0.95

COUNT = """
INSERT INTO mailings_carried (route_id, month, messages, parts, cost, ended, delivered)
SELECT route_id, date_trunc('month', coalesce(sent_at, submitted_at, state_at) AT TIME ZONE %(zone)s)::date,
    count(*) FILTER (WHERE sent_at IS NOT NULL),
    coalesce(sum(parts) FILTER (WHERE sent_at IS NOT NULL), 0),
    coalesce(sum(cost) FILTER (WHERE sent_at IS NOT NULL), 0),
    count(*) FILTER (WHERE state IN ('delivered', 'undelivered', 'rejected', 'expired')),
    count(*) FILTER (WHERE state = 'delivered')
FROM mailings_message
WHERE mailing_id = %(mailing)s AND id BETWEEN %(first)s AND %(last)s AND route_id IS NOT NULL AND attempt > 0
    AND state IN ('sent', 'delivered', 'undelivered', 'rejected', 'expired') AND reason <> 'window_closed'
GROUP BY 1, 2
ON CONFLICT (route_id, month) DO UPDATE SET messages = excluded.messages, parts = excluded.parts,
    cost = excluded.cost, ended = excluded.ended, delivered = excluded.delivered
"""

MEASURE = """
WITH counted AS MATERIALIZED (
    SELECT route.operator_id, route.prefix, sum(carried.ended) AS ended, sum(carried.delivered) AS delivered
    FROM mailings_carried carried
    JOIN mailings_routechoice route ON route.id = carried.route_id
    JOIN mailings_mailing mailing ON mailing.id = route.mailing_id
    WHERE mailing.planned_at >= %(since)s AND carried.ended > 0
    GROUP BY 1, 2
), everybody AS (
    SELECT (coalesce(sum(delivered), 0) + %(usual)s * %(of_operator)s) / (coalesce(sum(ended), 0) + %(of_operator)s) AS rate
    FROM counted
), overall AS MATERIALIZED (
    SELECT operator_id, sum(ended) AS ended, sum(delivered) AS delivered,
        (sum(delivered) + everybody.rate * %(of_operator)s) / (sum(ended) + %(of_operator)s) AS rate
    FROM counted, everybody GROUP BY operator_id, everybody.rate
), rates AS (
    SELECT operator_id, '' AS prefix, ended, delivered, rate FROM overall
    UNION ALL
    SELECT operator_id, counted.prefix, counted.ended, counted.delivered,
        (counted.delivered + overall.rate * %(of_prefix)s) / (counted.ended + %(of_prefix)s)
    FROM counted JOIN overall USING (operator_id)
)
INSERT INTO operators_deliveryrate (operator_id, prefix, ended, delivered, rate, measured_at)
SELECT operator_id, prefix, ended, delivered, rate, %(now)s FROM rates
ON CONFLICT (operator_id, prefix) DO UPDATE SET ended = excluded.ended, delivered = excluded.delivered,
    rate = excluded.rate, measured_at = excluded.measured_at
"""
FORGET = "DELETE FROM operators_deliveryrate WHERE measured_at < %(now)s"


def measure(now: datetime | None = None) -> None:
    """Counts the mailings that may have moved, and draws the delivery rates from the last 30 days."""
    now = now or timezone.now()
    for mailing in moving(now):
        count(mailing)
    values: dict[str, Any] = {
        "since": now - timedelta(days=MEASURED_DAYS),
        "usual": USUAL_RATE,
        "of_operator": OPERATOR_WEIGHT,
        "of_prefix": PREFIX_WEIGHT,
        "now": now,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(MEASURE, values)
        cursor.execute(FORGET, values)


def moving(now: datetime) -> list[Mailing]:
    """Mailings whose messages leave, or whose receipts may still come."""
    ended = Q(state__in=(State.FINISHED, State.CANCELLED), state_at__gte=now - MOVES_FOR)
    running = Q(state__in=(State.RUNNING, State.PAUSED))
    return list(Mailing.objects.exclude(planned_at=None).filter(ended | running))


def count(mailing: Mailing) -> None:
    """Counts what went each way of a mailing, by month."""
    assert mailing.planned_at is not None
    first, last = id_range(mailing.planned_at)
    with connection.cursor() as cursor:
        cursor.execute(
            COUNT, {"mailing": mailing.pk, "first": first, "last": last, "zone": settings.TIME_ZONE}
        )
