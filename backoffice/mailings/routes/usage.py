"""How much of its month each operator has used already, and how much of its time is promised to other mailings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from backoffice.lib.moments import company_day
from backoffice.mailings.hours import DEFAULT_LENGTH
from backoffice.mailings.models import Mailing
from backoffice.mailings.rules import UNDER_WAY

USED = """
SELECT route.operator_id, sum(carried.parts), sum(carried.cost)
FROM mailings_carried carried JOIN mailings_routechoice route ON route.id = carried.route_id
WHERE carried.month = %(month)s
GROUP BY route.operator_id
"""
# Of what is planned, what has not been counted as sent.
PROMISED = """
SELECT operator_id, sum(greatest(parts - sent_parts, 0)), sum(greatest(cost - sent_cost, 0)),
    coalesce(sum(greatest(parts - sent_parts, 0)) FILTER (WHERE in_window), 0)
FROM (
    SELECT route.operator_id, route.parts, route.cost,
        coalesce(sum(carried.parts), 0) AS sent_parts, coalesce(sum(carried.cost), 0) AS sent_cost,
        coalesce(mailing.starts_at, mailing.planned_at) < %(ends)s
            AND coalesce(mailing.ends_at, coalesce(mailing.starts_at, mailing.planned_at) + %(length)s) > %(starts)s
            AS in_window
    FROM mailings_routechoice route
    JOIN mailings_mailing mailing ON mailing.id = route.mailing_id
    LEFT JOIN mailings_carried carried ON carried.route_id = route.id
    WHERE mailing.state = ANY(%(under_way)s) AND mailing.repeats = '' AND mailing.id <> %(mailing)s
    GROUP BY route.id, mailing.id
) AS promised
GROUP BY operator_id
"""


@dataclass(frozen=True)
class Usage:
    """Parts and money by operator: sent this month, and promised to mailings that are approved or wait for it."""

    sent: Mapping[int, tuple[float, float]]
    promised: Mapping[int, tuple[float, float]]
    promised_in_window: Mapping[int, float]

    @property
    def used(self) -> dict[int, tuple[float, float]]:
        """Both together: what the next part comes on top of."""
        nothing = (0.0, 0.0)
        found = {}
        for operator in {*self.sent, *self.promised}:
            sent, promised = self.sent.get(operator, nothing), self.promised.get(operator, nothing)
            found[operator] = (sent[0] + promised[0], sent[1] + promised[1])
        return found


def month_of(moment: datetime) -> date:
    """The first day of the month in the company's time zone: operators bill by it."""
    return company_day(moment).replace(day=1)


def usage(
    now: datetime,
    *,
    starts: datetime | None = None,
    ends: datetime | None = None,
    without: Mailing | None = None,
) -> Usage:
    """What operators have carried this month and what they are to carry.

    :param starts, ends: what is promised to mailings that send in this time takes their room.
    :param without: a mailing that is being planned anew.
    """
    values: dict[str, Any] = {
        "month": month_of(now),
        "starts": starts or now,
        "ends": ends or now,
        "length": DEFAULT_LENGTH,
        "under_way": [state.value for state in UNDER_WAY],
        "mailing": without.pk if without else 0,
    }
    with connection.cursor() as cursor:
        cursor.execute(USED, values)
        sent = {operator: (float(parts), float(money)) for operator, parts, money in cursor}
        cursor.execute(PROMISED, values)
        rows = cursor.fetchall()
    promised = {operator: (float(parts), float(money)) for operator, parts, money, _window in rows}
    return Usage(sent, promised, {operator: float(window) for operator, _p, _m, window in rows})
