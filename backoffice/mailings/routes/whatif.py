"""What a past mailing, or a month, would have cost at other prices.

Messages are summed by prefix and operator in one statement; then the ways are chosen anew for those sums, as a plan would.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.lib.moments import company_day
from backoffice.lib.runs import Tell
from backoffice.lib.spreadsheets import UnreadableTable
from backoffice.mailings.models import Carried, WhatIf
from backoffice.mailings.querysets import id_range
from backoffice.mailings.routes.usage import month_of
from backoffice.operators import routing
from backoffice.operators.models import Operator
from backoffice.operators.routing import Market
from backoffice.operators.tariff_import import offered_prices
from backoffice.operators.terms import Month
from kannel.monthly import next_month

# Stands for the operator that there is not yet.
ADDED = 0
# Longer prefixes than this are those of single numbers.
PREFIX_AT_MOST = 12

SENT = """
SELECT left(coalesce(network.prefix, customer.phone), %(length)s), line.operator_id, count(*), sum(message.parts),
    sum(message.cost)
FROM mailings_message message
JOIN kannel_connection line ON line.id = message.connection_id
LEFT JOIN customers_customer customer ON customer.id = message.customer_id
LEFT JOIN operators_portednumber ported ON ported.phone = customer.phone
LEFT JOIN operators_network network ON network.id = ported.network_id
WHERE message.sent_at IS NOT NULL AND message.id BETWEEN %(first)s AND %(last)s AND {which}
GROUP BY 1, 2
"""
OF_MAILING = "message.mailing_id = %(mailing)s"
OF_MONTH = "message.sent_at >= %(begins)s AND message.sent_at < %(ends)s"


@dataclass
class Line:
    """One operator in an answer."""

    operator: str
    messages: int = 0
    parts: int = 0
    cost: float = 0.0
    parts_then: float = 0.0
    cost_then: float = 0.0
    owed: float = 0.0
    owed_then: float = 0.0


@dataclass(frozen=True)
class Past:
    """What was sent: parts by the first digits of numbers, and what each operator carried of it."""

    parts: Mapping[str, int]
    by_operator: Mapping[int, tuple[int, int, Decimal]]
    unknown_parts: int

    @property
    def messages(self) -> int:
        return sum(row[0] for row in self.by_operator.values())


def work(question: WhatIf, tell: Tell) -> None:
    """Answers a question.

    :raises UnreadableTable: if there is nothing to answer from; the text says why.
    """
    changed = offered_prices(Path(question.file.path)) if question.file else {}
    market = _market(question, changed)
    past = _past(question, market)
    if not past.messages:
        raise UnreadableTable(lambda: _("Nothing was sent then, so there is nothing to compare."))
    tell(past.messages)
    terms = _terms(question, market)
    wanted, left_over = _wanted(past, market)
    routes = routing.choose(market, wanted, terms)
    lines = _lines(past, market)
    money: dict[int, float] = defaultdict(float)
    for route in routes:
        parts = wanted[route.prefix] * route.share
        lines[route.operator_id].parts_then += parts
        money[route.operator_id] += parts * float(route.price_per_part) * route.factor
    for month in terms:
        line = lines[month.operator_id]
        line.cost_then = money[month.operator_id]
        # A minimum is owed for a month, not for a mailing.
        minimum = 0.0 if question.mailing else month.commitment
        line.owed, line.owed_then = max(minimum, line.cost), max(minimum, line.cost_then)
    question.rows_read = past.messages
    question.answer = _answer(lines, left_over + past.unknown_parts)


def day_of(question: WhatIf) -> date:
    """The day whose prices hold: that of the plan, or the last one of a month that is over."""
    if question.mailing:
        return company_day(question.mailing.planned_at or question.mailing.created_at)
    assert question.month is not None
    return min(next_month(question.month) - timedelta(days=1), company_day())


def _market(question: WhatIf, changed: Mapping[str, Decimal]) -> Market:
    """All operators in use at the prices of then, but for those the question changes."""
    day = day_of(question)
    ids = list(Operator.objects.filter(is_enabled=True).values_list("pk", flat=True))
    prices = routing.prices_on(day, ids, settings.CURRENCY)
    rates = routing.delivery_rates()
    if question.operator_id:
        factor = (question.percent if question.percent is not None else Decimal(100)) / 100
        present = changed or prices.get(question.operator_id, {})
        prices[question.operator_id] = {prefix: price * factor for prefix, price in present.items()}
    else:
        prices[ADDED] = dict(changed)
        if question.delivery_percent:
            rates[ADDED] = {"": question.delivery_percent / 100}
    return Market(prices, rates, dict.fromkeys(prices, ()), {})


def _past(question: WhatIf, market: Market) -> Past:
    length = min(PREFIX_AT_MOST, max(map(len, market.prefixes()), default=1))
    values: dict[str, Any] = {"length": length}
    if question.mailing:
        assert question.mailing.planned_at is not None
        values["first"], values["last"] = id_range(question.mailing.planned_at)
        values["mailing"] = question.mailing.pk
    else:
        assert question.month is not None
        zone = timezone.get_default_timezone()
        begins = datetime.combine(question.month, time(), zone)
        values["begins"], values["ends"] = begins, datetime.combine(next_month(question.month), time(), zone)
        # A message leaves in the month of its plan or in the next one.
        values["first"] = id_range(begins - timedelta(days=2))[0]
        values["last"] = id_range(begins + timedelta(days=2))[1]
    parts: dict[str, int] = defaultdict(int)
    carried: dict[int, list[Any]] = defaultdict(lambda: [0, 0, Decimal()])
    unknown = 0
    with connection.cursor() as cursor:
        cursor.execute(SENT.format(which=OF_MAILING if question.mailing else OF_MONTH), values)
        for start, operator, messages, sum_of_parts, cost in cursor:
            if start:
                parts[start] += sum_of_parts
            else:
                unknown += sum_of_parts
            for place, value in enumerate((messages, sum_of_parts, cost)):
                carried[operator][place] += value
    return Past(parts, {operator: tuple(row) for operator, row in carried.items()}, unknown)


def _wanted(past: Past, market: Market) -> tuple[dict[str, float], int]:
    """Parts by prefix of the market, and how many parts go to numbers that nobody prices."""
    prefixes, left_over = set(market.prefixes()), 0
    wanted: dict[str, float] = defaultdict(float)
    for start, parts in past.parts.items():
        prefix = next((start[:n] for n in range(len(start), 0, -1) if start[:n] in prefixes), "")
        if prefix:
            wanted[prefix] += parts
        else:
            left_over += parts
    return dict(wanted), left_over


def _terms(question: WhatIf, market: Market) -> list[Month]:
    """Steps and minimums; a mailing comes on top of what else was sent in its month, a month begins at nothing."""
    used: dict[int, tuple[float, float]] = {}
    if question.mailing:
        month = month_of(question.mailing.started_at or question.mailing.planned_at or timezone.now())
        others = Carried.objects.filter(month=month).exclude(route__mailing=question.mailing)
        sums: dict[int, list[float]] = defaultdict(lambda: [0.0, 0.0])
        for operator, parts, cost in others.values_list("route__operator", "parts", "cost"):
            sums[operator][0] += parts
            sums[operator][1] += float(cost)
        used = {operator: (row[0], row[1]) for operator, row in sums.items()}
    found = routing.months(market.prices, used=used)
    return [Month(ADDED), *found] if ADDED in market.prices else found


def _lines(past: Past, market: Market) -> dict[int, Line]:
    names = dict(Operator.objects.values_list("pk", "name"))
    lines = {operator: Line(names.get(operator, "")) for operator in {*market.prices, *past.by_operator}}
    for operator, (messages, parts, cost) in past.by_operator.items():
        line = lines[operator]
        line.messages, line.parts, line.cost = messages, parts, float(cost)
        line.owed = line.cost
    return lines


def _answer(lines: Mapping[int, Line], without_price: int) -> dict[str, Any]:
    shown = [line for line in lines.values() if line.parts or line.parts_then or line.owed]
    shown.sort(key=lambda line: (-line.cost, -line.cost_then, line.operator))
    return {
        "lines": [
            {
                name: round(value, 2) if isinstance(value, float) else value
                for name, value in vars(line).items()
            }
            for line in shown
        ],
        "cost": round(sum(line.owed for line in shown), 2),
        "cost_then": round(sum(line.owed_then for line in shown), 2),
        "without_price": without_price,
    }
