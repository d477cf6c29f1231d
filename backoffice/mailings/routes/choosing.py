"""The ways of one plan: its demand in parts by prefix, the choice, and the tables the plan's statement reads."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Sum
from django.utils.translation import gettext as _
from psycopg2.extras import execute_values

from backoffice.lib.moments import company_day
from backoffice.lib.said import Explained
from backoffice.mailings.models import Mailing, RouteChoice
from backoffice.mailings.plan_sql import POINTS, PlanSql, to_be_sent
from backoffice.mailings.routes.usage import usage
from backoffice.operators import routing
from backoffice.operators.routing import Market, Route

# So many texts are measured to know how many parts a message has; a prefix with few of them leans on all the others.
SAMPLED_TEXTS = 20_000
LEANING = 30

DEMAND = (
    "SELECT prefix_id, count(*) FROM plan_person WHERE verdict = '' AND NOT is_held_out GROUP BY prefix_id"
)
ROUTES = """
CREATE TEMP TABLE plan_route (prefix_id integer, low integer, high integer, route_id integer, connections bigint[],
    cost_of_part numeric) ON COMMIT DROP
"""
LOWEST = """
CREATE TEMP TABLE plan_lowest (prefix_id integer, route_id integer, connections bigint[], cost_of_part numeric)
    ON COMMIT DROP
"""
COUNTED = """
UPDATE mailings_routechoice route SET messages = planned.messages, parts = planned.parts, cost = planned.cost
FROM (
    SELECT route_id, count(*) AS messages, sum(parts) AS parts, sum(cost) AS cost FROM mailings_message
    WHERE mailing_id = %s AND state = %s AND id BETWEEN %s AND %s GROUP BY route_id
) AS planned
WHERE route.id = planned.route_id
"""


class NoWay(Explained):
    """No operator can carry the mailing; the text says what to do."""


def _not_allowed(mailing: Mailing) -> str:
    return _(
        "No operator that is connected allows the sender “%(sender)s” for the purpose “%(purpose)s”. "
        "Choose another sender, or ask the operator staff."
    ) % {"sender": mailing.sender, "purpose": mailing.get_purpose_display()}


def market_for(mailing: Mailing, now: datetime, *, has_limit: bool = True) -> Market:
    """The operators that are connected, price numbers today, and allow what this mailing is and, with a limit, may cost.

    :raises NoWay: if there are none.
    """
    connections = routing.working_connections()
    day = company_day(now)
    found = routing.market(
        day, connections, currency=settings.CURRENCY, purpose=mailing.purpose, sender=mailing.sender
    )
    if not found.prices:
        if routing.market(day, connections, currency=settings.CURRENCY).prices:
            raise NoWay(lambda: _not_allowed(mailing))
        raise NoWay(
            lambda: _("No operator is connected, or none has a tariff for today. Ask the operator staff.")
        )
    return replace(found, max_price=mailing.max_price) if has_limit else found


def write_prefixes(cursor: Any, offered: Market) -> list[str]:
    """Makes plan_prefix. Returns the prefixes; the number of each is its place among them."""
    prefixes = offered.prefixes()
    cursor.execute("CREATE TEMP TABLE plan_prefix (id integer, prefix text PRIMARY KEY) ON COMMIT DROP")
    execute_values(cursor.cursor, "INSERT INTO plan_prefix VALUES %s", list(enumerate(prefixes)))
    cursor.execute("ANALYZE plan_prefix")
    return prefixes


def demand(cursor: Any, sql: PlanSql) -> dict[int, float]:
    """Parts by the number of a prefix: its people exactly, times the parts of a text on average among a sample."""
    cursor.execute(DEMAND)
    people: dict[int, int] = dict(cursor.fetchall())
    if not people:
        return {}
    cursor.execute(sql.sample(min(1.0, SAMPLED_TEXTS / sum(people.values()))))
    measured = {prefix: (texts, parts) for prefix, texts, parts in cursor}
    texts, parts = (sum(row[place] for row in measured.values()) for place in (0, 1))
    usual = parts / texts if texts else 1.0
    return {prefix: count * _average(measured.get(prefix, (0, 0)), usual) for prefix, count in people.items()}


def _average(measured: tuple[int, int], usual: float) -> float:
    texts, parts = measured
    return (parts + LEANING * usual) / (texts + LEANING)


def choose(
    mailing: Mailing,
    offered: Market,
    wanted: Mapping[str, float],
    now: datetime,
    ends: datetime,
    seconds: float,
) -> list[Route]:
    """The ways of a mailing that has ``seconds`` until ``ends`` to leave in.

    :param wanted: parts by prefix.
    """
    before = usage(now, starts=mailing.starts_at or now, ends=ends, without=mailing)
    room = {
        operator: max(0.0, rate * seconds - before.promised_in_window.get(operator, 0.0))
        for operator, rate in offered.parts_per_second.items()
    }
    return routing.choose(offered, wanted, routing.months(offered.prices, used=before.used, room=room))


def write_routes(cursor: Any, mailing: Mailing, routes: Sequence[Route], prefixes: Sequence[str]) -> None:
    """Keeps the choice with the mailing, instead of an earlier one, and makes plan_route of it."""
    RouteChoice.objects.filter(mailing=mailing).delete()
    choices = RouteChoice.objects.bulk_create([RouteChoice.of(mailing, route) for route in routes])
    numbers = {prefix: number for number, prefix in enumerate(prefixes)}
    rows, reached, before = [], 0.0, ""
    for route, choice in zip(routes, choices, strict=True):
        reached = reached if route.prefix == before else 0.0
        before = route.prefix
        low, reached = reached, reached + route.share
        place = (numbers[route.prefix], round(low * POINTS), round(reached * POINTS))
        rows.append((*place, choice.pk, list(route.connections), route.cost_of_part))
    cursor.execute(ROUTES)
    execute_values(cursor.cursor, "INSERT INTO plan_route VALUES %s", rows)
    cursor.execute("ANALYZE plan_route")


def write_lowest(cursor: Any, mailing: Mailing, offered: Market, prefixes: Sequence[str]) -> None:
    """Makes plan_lowest: for each prefix the way with the lowest price, where a message must not cost more than so much."""
    routes = routing.lowest(offered) if mailing.max_price is not None else []
    choices = RouteChoice.objects.bulk_create([RouteChoice.of(mailing, route) for route in routes])
    numbers = {prefix: number for number, prefix in enumerate(prefixes)}
    cursor.execute(LOWEST)
    rows = [
        (numbers[route.prefix], choice.pk, list(route.connections), route.cost_of_part)
        for route, choice in zip(routes, choices, strict=True)
    ]
    if rows:
        execute_values(cursor.cursor, "INSERT INTO plan_lowest VALUES %s", rows)


def count_routes(cursor: Any, mailing: Mailing, first_id: int, last_id: int) -> None:
    """Writes down what each way is to carry, once the messages are there. A way kept in reserve that none took goes."""
    cursor.execute(COUNTED, [mailing.pk, to_be_sent(mailing), first_id, last_id])
    mailing.routes.filter(reason=routing.Reason.PRICE_LIMIT, messages=0).delete()


def cost_of(mailing: Mailing) -> Decimal:
    """What all ways of a plan cost together."""
    cost: Decimal = RouteChoice.objects.filter(mailing=mailing).aggregate(
        cost=Sum("cost", default=Decimal(0))
    )["cost"]
    return cost
