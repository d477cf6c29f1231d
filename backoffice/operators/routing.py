"""Which operator carries which numbers, and why: lowest cost for what is delivered, over the whole plan at once.

A *market* is what the operators that work now ask for, by prefix; ``choose`` spreads a demand over it. How many parts go
where is decided in backoffice.operators.allocation; here are its prices, and the reason that a person is told.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import product

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.lib.amounts import SMALLEST_PRICE
from backoffice.operators.allocation import allocate
from backoffice.operators.models import DeliveryRate, Operator, Tariff, VolumeStep
from backoffice.operators.standing import is_left
from backoffice.operators.terms import Group, Month, Offer, Step
from kannel.models import Connection, Gateway

# The watch looks every 3 s; what it has not seen for so long is not known to work.
SEEN_WITHIN = timedelta(seconds=30)
# Rates are told apart to this; prefixes whose offers are equal then are decided together.
RATE_DIGITS = 3
# A share of a prefix that is smaller than this goes with the largest one.
SMALLEST_SHARE = 1e-4
LITTLE = 1e-3


class Reason(models.IntegerChoices):
    """Why an operator carries a group of numbers."""

    ONLY = 1, _("no other operator carries these numbers")
    CHEAPEST = 2, _("it costs least for what is delivered")
    COMMITMENT = 3, _("its monthly minimum is owed anyway")
    VOLUME = 4, _("with this volume its price falls")
    ROOM = 5, _("cheaper operators have no more room in the time to send")
    MOVED = 6, _("the way it was planned for failed")
    PRICE_LIMIT = 7, _("with another operator a message would cost more than allowed")


@dataclass(frozen=True)
class Route:
    """Of the messages to numbers that begin with ``prefix`` (and with no longer one), the share an operator carries.

    ``factor`` is the share of the tariff that parts cost there on average, by its volume steps.
    """

    prefix: str
    operator_id: int
    connections: tuple[int, ...]
    price_per_part: Decimal
    factor: float = 1.0
    delivery_rate: float = 1.0
    share: float = 1.0
    reason: Reason = Reason.CHEAPEST

    @property
    def cost_of_part(self) -> Decimal:
        """What a part costs, volume steps included."""
        return (self.price_per_part * Decimal(self.factor)).quantize(SMALLEST_PRICE)


Prices = Mapping[int, Mapping[str, Decimal]]
Rates = Mapping[int, Mapping[str, float]]


@dataclass(frozen=True)
class Market:
    """What operators ask for a part and deliver, each by prefix, and what they can carry a second.

    A part that costs more than ``max_price`` is not offered.
    """

    prices: Prices
    rates: Rates
    connections: Mapping[int, tuple[int, ...]]
    parts_per_second: Mapping[int, int]
    max_price: Decimal | None = None

    def prefixes(self) -> list[str]:
        """Every prefix that anybody prices."""
        return sorted({prefix for tariff in self.prices.values() for prefix in tariff})

    def offers(self, prefix: str) -> dict[int, tuple[Decimal, float]]:
        """Price and delivery rate of each operator that carries numbers with a prefix, the lowest id first."""
        found = {}
        for operator in sorted(self.prices):
            price = price_of(prefix, self.prices[operator])
            if price is not None and (self.max_price is None or price <= self.max_price):
                found[operator] = price, self._rate(operator, prefix)
        return found

    def _rate(self, operator: int, prefix: str) -> float:
        rates = self.rates.get(operator, {})
        for length in range(len(prefix), -1, -1):
            if (rate := rates.get(prefix[:length])) is not None:
                return round(rate, RATE_DIGITS)
        return round(_usual(self.rates), RATE_DIGITS)


def working_connections() -> list[Connection]:
    """Connections that take messages now: in use and not for tests, their operator and gateway in use, online, lately seen
    and not left."""
    return list(
        Connection.objects.filter(
            is_enabled=True,
            is_test=False,
            operator__is_enabled=True,
            gateway__is_enabled=True,
            gateway__status=Gateway.Status.RUNNING,
            status=Connection.Status.ONLINE,
            seen_at__gte=timezone.now() - SEEN_WITHIN,
        )
        .exclude(is_left())
        .select_related("operator")
        .order_by("pk")
    )


def market(
    day: date, connections: Iterable[Connection], *, currency: str, purpose: str = "", sender: str = ""
) -> Market:
    """The offers that hold on ``day`` of the operators of some connections.

    Only operators billed in ``currency`` are compared, and only those that allow the purpose and the sender, if given.
    """
    by_operator: dict[int, list[int]] = defaultdict(list)
    per_second: dict[int, int] = defaultdict(int)
    for connection in connections:
        if allows(connection.operator, purpose, sender):
            by_operator[connection.operator_id].append(connection.pk)
            per_second[connection.operator_id] += connection.throughput_per_second
    return Market(
        prices_on(day, by_operator, currency),
        delivery_rates(),
        {operator: tuple(ids) for operator, ids in by_operator.items()},
        dict(per_second),
    )


def allows(operator: Operator, purpose: str, sender: str) -> bool:
    """Whether the terms of an operator let messages of a purpose, under a sender's name, over it."""
    senders = {name.casefold() for name in operator.senders}
    return (not purpose or not operator.purposes or purpose in operator.purposes) and (
        not sender or not senders or sender.casefold() in senders
    )


def prices_on(day: date, operators: Iterable[int], currency: str) -> dict[int, dict[str, Decimal]]:
    """Prefix and price by operator, as valid on a day; a later start supersedes an earlier one."""
    rows = (
        Tariff.objects.filter(operator__in=list(operators), operator__currency=currency, valid_from__lte=day)
        .exclude(valid_to__lt=day)
        .order_by("valid_from")
        .values_list("operator_id", "prefix", "price_per_part")
    )
    prices: dict[int, dict[str, Decimal]] = defaultdict(dict)
    for operator_id, prefix, price in rows:
        prices[operator_id][prefix] = price
    return dict(prices)


def price_of(number: str, tariff: Mapping[str, Decimal]) -> Decimal | None:
    """The price of a part to a number, or to all numbers with a prefix: that of the longest prefix it begins with."""
    for length in range(len(number), 0, -1):
        if (price := tariff.get(number[:length])) is not None:
            return price
    return None


def delivery_rates() -> dict[int, dict[str, float]]:
    """What was measured, by operator and prefix; prefix "" is all of an operator."""
    rates: dict[int, dict[str, float]] = defaultdict(dict)
    for operator_id, prefix, rate in DeliveryRate.objects.values_list("operator_id", "prefix", "rate"):
        rates[operator_id][prefix] = max(rate, 0.01)
    return dict(rates)


def _usual(rates: Rates) -> float:
    """What is believed of an operator that has carried nothing yet: that it is like the others."""
    overall = [row[""] for row in rates.values() if "" in row]
    return sum(overall) / len(overall) if overall else 1.0


def months(
    operators: Iterable[int],
    *,
    used: Mapping[int, tuple[float, float]] | None = None,
    room: Mapping[int, float] | None = None,
) -> list[Month]:
    """The terms of some operators, the lowest id first.

    :param used: parts and money of this month so far, by operator.
    :param room: parts each can still take; without it, any number.
    """
    steps: dict[int, list[Step]] = defaultdict(list)
    for operator_id, from_parts, factor in VolumeStep.objects.values_list(
        "operator_id", "from_parts", "factor"
    ):
        steps[operator_id].append(Step(from_parts, float(factor)))
    found = Operator.objects.filter(pk__in=list(operators)).order_by("pk")
    return [
        Month(
            operator_id,
            steps[operator_id],
            float(commitment),
            *(used or {}).get(operator_id, (0.0, 0.0)),
            *([room.get(operator_id, 0.0)] if room is not None else []),
        )
        for operator_id, commitment in found.values_list("pk", "commitment_per_month")
    ]


def choose(offered: Market, demand: Mapping[str, float], terms: Sequence[Month]) -> list[Route]:
    """Who carries the parts wanted to each prefix. A prefix that nobody prices is left out.

    :param demand: parts by prefix.
    """
    alike: dict[tuple[tuple[int, Decimal, float], ...], list[str]] = defaultdict(list)
    for prefix in sorted(demand):
        if found := offered.offers(prefix):
            alike[tuple((one, *offer) for one, offer in found.items())].append(prefix)
    groups = [
        Group(
            # A prefix nobody wants yet is still told its way.
            max(sum(demand[prefix] for prefix in prefixes), LITTLE),
            {one: Offer(float(price), rate) for one, price, rate in offers},
        )
        for offers, prefixes in alike.items()
    ]
    shares = [_shares(row) for row in allocate(groups, terms)]
    carried: dict[int, float] = defaultdict(float)
    for group, row in zip(groups, shares, strict=True):
        for operator, share in row.items():
            carried[operator] += share * group.parts
    factors = {month.operator_id: month.average_factor(carried[month.operator_id]) for month in terms}
    by_operator = {month.operator_id: month for month in terms}
    routes = []
    for (offers, prefixes), row in zip(alike.items(), shares, strict=True):
        known = {one: (price, rate) for one, price, rate in offers}
        for prefix, (operator, share) in product(prefixes, row.items()):
            price, rate = known[operator]
            reason = _reason(operator, known, by_operator, factors[operator])
            lines = offered.connections[operator]
            routes.append(Route(prefix, operator, lines, price, factors[operator], rate, share, reason))
    return sorted(routes, key=lambda route: (route.prefix, route.operator_id))


def cheapest(offered: Market) -> list[Route]:
    """For each prefix the operator that costs least for what it delivers, by tariff: for messages a plan gave another way.

    Their ``share`` is 0: of the plan itself nothing was to go there.
    """
    routes = []
    for prefix in offered.prefixes():
        offers = offered.offers(prefix)
        operator = min(offers, key=lambda one: (float(offers[one][0]) / offers[one][1], one))
        price, rate = offers[operator]
        lines = offered.connections[operator]
        routes.append(
            Route(prefix, operator, lines, price, delivery_rate=rate, share=0.0, reason=Reason.MOVED)
        )
    return routes


def lowest(offered: Market) -> list[Route]:
    """For each prefix that somebody carries the operator with the lowest price, for messages that a better way makes too dear."""
    routes = []
    for prefix in offered.prefixes():
        if offers := offered.offers(prefix):
            operator = min(offers, key=lambda one: (offers[one][0], one))
            price, rate = offers[operator]
            lines = offered.connections[operator]
            routes.append(
                Route(
                    prefix, operator, lines, price, delivery_rate=rate, share=0.0, reason=Reason.PRICE_LIMIT
                )
            )
    return routes


def _shares(row: Mapping[int, float]) -> dict[int, float]:
    """Parts by operator as shares of their sum, without those that are too small to matter."""
    whole = sum(row.values())
    kept = {one: parts for one, parts in row.items() if parts >= whole * SMALLEST_SHARE}
    whole = sum(kept.values())
    return {one: kept[one] / whole for one in sorted(kept)}


def _reason(
    chosen: int, offers: Mapping[int, tuple[Decimal, float]], terms: Mapping[int, Month], factor: float
) -> Reason:
    """What made the difference against the operator that is cheapest as things stood before the plan."""
    if len(offers) == 1:
        return Reason.ONLY

    def cost_now(operator: int) -> float:
        price, rate = offers[operator]
        return float(price) * terms[operator].first_factor / rate

    if cost_now(chosen) <= min(map(cost_now, offers)):
        return Reason.CHEAPEST
    if terms[chosen].owes_minimum:
        return Reason.COMMITMENT
    return Reason.VOLUME if factor < terms[chosen].first_factor else Reason.ROOM
