"""What one part to some customers costs, by operator, for the count beside the audience editor."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from django.conf import settings
from django.db.models import Count
from django.db.models.functions import Left
from django.utils import timezone

from backoffice.audiences.everyone import Price
from backoffice.customers.querysets import CustomerQuerySet
from backoffice.operators import routing
from backoffice.operators.models import Operator


def prices(customers: CustomerQuerySet) -> list[Price]:
    """For each operator that is connected now: who of these customers it is cheapest for today, and the price of a part.

    Dearest first. Customers whose number no connected operator carries are in none of them.
    """
    connections = routing.working_connections()
    routes = routing.route_rows(timezone.now().date(), connections, currency=settings.CURRENCY)
    by_prefix = {route.prefix: route for route in routes}
    if not by_prefix:
        return []
    people: dict[int, int] = defaultdict(int)
    cost: dict[int, Decimal] = defaultdict(Decimal)
    for start, count in _starts(customers, max(map(len, by_prefix))):
        if route := _longest(start, by_prefix):
            people[route.operator_id] += count
            cost[route.operator_id] += count * route.price_per_part
    names = Operator.objects.in_bulk(list(people))
    found = [
        Price(names[operator].name, people[operator], cost[operator], settings.CURRENCY)
        for operator in people
    ]
    return sorted(found, key=lambda price: price.cost, reverse=True)


def _starts(customers: CustomerQuerySet, length: int) -> Iterable[tuple[str, int]]:
    """How many numbers begin with which so many characters: no route looks further, and no whole number is read."""
    return (
        customers.order_by()
        .annotate(start=Left("phone", length))
        .values_list("start")
        .annotate(count=Count("pk"))
        .values_list("start", "count")
    )


def _longest(start: str, by_prefix: Mapping[str, routing.Route]) -> routing.Route | None:
    for length in range(len(start), 0, -1):
        if route := by_prefix.get(start[:length]):
            return route
    return None
