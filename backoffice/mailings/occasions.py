"""Who has an occasion on the day of a run: one set, made before the plan, from which those who had it are taken out.

A run looks at the days since the last run that was planned, its own included. So what a weekend or an outage left out is
made up for, as long as it still makes sense, and the table of occasions sees to it that nobody is written to twice.
"""

import calendar
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from backoffice.mailings.models import Mailing
from backoffice.mailings.repeat_models import recurrence_of
from backoffice.mailings.trigger_models import Trigger

# So late somebody is still congratulated; so late an offer about a contract or a purchase still makes sense.
LATE_BIRTHDAY = timedelta(days=3)
LATE_OTHERWISE = timedelta(days=7)

PLAN_OCCASION = """
CREATE TEMP TABLE plan_occasion ON COMMIT DROP AS
SELECT found.customer_id, found.occasion FROM ({found}) AS found
WHERE NOT EXISTS (
    SELECT FROM mailings_occasion known
    WHERE known.series_id = %(series)s AND known.customer_id = found.customer_id AND known.occasion = found.occasion
        AND known.run_id <> %(run)s
)
"""
REMEMBER = """
INSERT INTO mailings_occasion (series_id, customer_id, occasion, run_id)
SELECT %(series)s, found.customer_id, found.occasion, %(run)s
FROM plan_occasion found JOIN mailings_message m ON m.customer_id = found.customer_id
WHERE m.mailing_id = %(run)s AND m.id BETWEEN %(first_id)s AND %(last_id)s AND m.state IN ('waiting', 'held_out')
ON CONFLICT DO NOTHING
"""
# One row for each customer, whatever the kind.
FOUND = {
    Trigger.BIRTHDAY: """
        SELECT c.id AS customer_id, 'birthday ' || day.year AS occasion
        FROM customers_customer c
        JOIN unnest(%(month_days)s::int[], %(years)s::int[]) AS day (month_day, year)
            ON day.month_day = extract(month FROM c.birth_date) * 100 + extract(day FROM c.birth_date)
    """,
    Trigger.CONTRACT_END: """
        SELECT c.id AS customer_id, 'contract ' || c.contract_ends_on AS occasion
        FROM customers_customer c WHERE c.contract_ends_on BETWEEN %(first_day)s AND %(last_day)s
    """,
    Trigger.ACTION: """
        SELECT action.customer_id, 'action ' || max(action.id) AS occasion
        FROM customers_action action
        WHERE action.kind = %(action)s AND action.at >= %(begins)s AND action.at < %(ends)s
        GROUP BY action.customer_id
    """,
    Trigger.NO_REPLY: """
        SELECT m.customer_id, 'message ' || max(m.id) AS occasion
        FROM mailings_message m LEFT JOIN customers_contact contact ON contact.customer_id = m.customer_id
        WHERE m.mailing_id = ANY(%(mailings)s) AND m.sent_at >= %(begins)s AND m.sent_at < %(ends)s
            AND (contact.last_reply_at IS NULL OR contact.last_reply_at < m.sent_at)
        GROUP BY m.customer_id
    """,
}


def write_occasions(cursor: Any, run: Mailing, series: Mailing) -> None:
    """Makes plan_occasion: who has an occasion by the day of a run and was not written to on it, and which.

    :param run: unsaved for the sample of a series.
    """
    if not run.trigger:
        return
    days = _days(run, series)
    # Before the contract ends, after everything else.
    shift = timedelta(days=run.trigger_days if run.trigger == Trigger.CONTRACT_END else -run.trigger_days)
    first, last = days[0] + shift, days[-1] + shift
    month_days = [(number, day.year) for day in days for number in _month_days(day)]
    values = {
        "series": series.pk,
        "run": run.pk or 0,
        "first_day": first,
        "last_day": last,
        "begins": _midnight(first),
        "ends": _midnight(last + timedelta(days=1)),
        "month_days": [number for number, _year in month_days],
        "years": [year for _number, year in month_days],
        "action": run.trigger_action,
        "mailings": _others(run),
    }
    cursor.execute(PLAN_OCCASION.format(found=FOUND[Trigger(run.trigger)]), values)
    cursor.execute("ANALYZE plan_occasion")


def remember(cursor: Any, run: Mailing, first_id: int, last_id: int) -> None:
    """Keeps the occasions of those whom the plan of a run writes to; instead of those of an earlier plan of it."""
    if not run.trigger or run.series_id is None:
        return
    values = {"series": run.series_id, "run": run.pk, "first_id": first_id, "last_id": last_id}
    cursor.execute("DELETE FROM mailings_occasion WHERE run_id = %(run)s", values)
    cursor.execute(REMEMBER, values)


def _days(run: Mailing, series: Mailing) -> Sequence[date]:
    """The days a run looks at, in order: its own, and those since the last one that was planned."""
    assert run.run_at is not None
    zone = recurrence_of(series).zone
    own = run.run_at.astimezone(zone).date()
    before = series.runs.filter(run_at__lt=run.run_at, planned_at__isnull=False).order_by("-run_at").first()
    since = before.run_at.astimezone(zone).date() if before and before.run_at else own - timedelta(days=1)
    since = max(
        since,
        own - (LATE_BIRTHDAY if run.trigger == Trigger.BIRTHDAY else LATE_OTHERWISE) - timedelta(days=1),
    )
    return [own - timedelta(days=ago) for ago in reversed(range(max((own - since).days, 1)))]


def _month_days(day: date) -> list[int]:
    """Birthdays that are kept on a day, month * 100 + day: those of 29 February on the 28th in other years."""
    number = day.month * 100 + day.day
    return [number, 229] if number == 228 and not calendar.isleap(day.year) else [number]


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _others(run: Mailing) -> list[int]:
    """The other mailing, and its runs."""
    if run.trigger_mailing is None:
        return []
    return [run.trigger_mailing.pk, *run.trigger_mailing.runs.values_list("pk", flat=True)]
