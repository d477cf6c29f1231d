"""Which connection is the cheapest for which numbers: the longest prefix of each operator, the lowest price of all."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from backoffice.operators.models import Tariff
from backoffice.operators.standing import is_left
from kannel.models import Connection, Gateway

# The watch looks every 3 s; what it has not seen for so long is not known to work.
SEEN_WITHIN = timedelta(seconds=30)


@dataclass(frozen=True)
class Route:
    """Numbers that begin with ``prefix`` (and with no longer one) go over one of ``connections``, all of one operator."""

    prefix: str
    operator_id: int
    connections: tuple[int, ...]
    price_per_part: Decimal


def working_connections() -> list[Connection]:
    """Connections that take messages now: in use, with an operator and a gateway in use, online, lately seen, not left."""
    return list(
        Connection.objects.filter(
            is_enabled=True,
            operator__is_enabled=True,
            gateway__is_enabled=True,
            gateway__status=Gateway.Status.RUNNING,
            status=Connection.Status.ONLINE,
            seen_at__gte=timezone.now() - SEEN_WITHIN,
        )
        .exclude(is_left())
        .order_by("pk")
    )


def route_rows(day: date, connections: Iterable[Connection], *, currency: str) -> list[Route]:
    """For each prefix that any operator prices on ``day``: who is cheapest there.

    Only operators billed in ``currency`` are compared. The one with the lower id wins a tie.
    """
    by_operator: dict[int, list[int]] = defaultdict(list)
    for connection in connections:
        by_operator[connection.operator_id].append(connection.pk)
    prices = _prices(day, by_operator, currency)
    prefixes = {prefix for tariff in prices.values() for prefix in tariff}
    routes = []
    for prefix in sorted(prefixes):
        offers = [
            (price, operator_id)
            for operator_id, tariff in prices.items()
            if (price := price_of(prefix, tariff)) is not None
        ]
        price, operator_id = min(offers)
        routes.append(Route(prefix, operator_id, tuple(by_operator[operator_id]), price))
    return routes


def price_of(number: str, tariff: Mapping[str, Decimal]) -> Decimal | None:
    """The price of a part to a number, or to all numbers with a prefix: that of the longest prefix it begins with."""
    for length in range(len(number), 0, -1):
        if (price := tariff.get(number[:length])) is not None:
            return price
    return None


def _prices(day: date, operators: Iterable[int], currency: str) -> dict[int, dict[str, Decimal]]:
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
