"""What one part to some customers costs, by operator, for the count beside the audience editor."""

from collections import defaultdict
from collections.abc import Iterable, Set
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.functions import Coalesce, Left
from django.utils import timezone

from backoffice.audiences.everyone import Price
from backoffice.customers.querysets import CustomerQuerySet
from backoffice.lib.moments import company_day
from backoffice.mailings.routes.usage import usage
from backoffice.operators import routing
from backoffice.operators.models import Operator, PortedNumber


def prices(customers: CustomerQuerySet) -> list[Price]:
    """For each operator that is connected now: who of these customers it is to carry today, and what a part to each costs.

    As a plan would choose, with the volume steps and commitments of this month and without a limit of time. Dearest
    first. Customers whose number no connected operator carries are in none of them.
    """
    now = timezone.now()
    market = routing.market(company_day(now), routing.working_connections(), currency=settings.CURRENCY)
    prefixes = set(market.prefixes())
    if not prefixes:
        return []
    people: dict[str, int] = defaultdict(int)
    for start, count in _starts(customers, max(map(len, prefixes))):
        if prefix := _longest(start, prefixes):
            people[prefix] += count
    terms = routing.months(market.prices, used=usage(now).used)
    found: dict[int, tuple[float, Decimal]] = defaultdict(lambda: (0.0, Decimal()))
    for route in routing.choose(market, people, terms):
        share, (carried, cost) = route.share * people[route.prefix], found[route.operator_id]
        found[route.operator_id] = carried + share, cost + Decimal(share) * route.cost_of_part
    names = Operator.objects.in_bulk(list(found))
    told = [
        Price(names[operator].name, round(carried), round(cost, 2), settings.CURRENCY)
        for operator, (carried, cost) in found.items()
    ]
    return sorted(told, key=lambda price: price.cost, reverse=True)


def _starts(customers: CustomerQuerySet, length: int) -> Iterable[tuple[str, int]]:
    """How many numbers begin with which so many characters: no route looks further, and no whole number is read.

    A number that was taken along to another network counts as that network's own numbers do.
    """
    network = PortedNumber.objects.filter(phone=OuterRef("phone")).values("network__prefix")
    ported = (
        customers.order_by().annotate(prefix=Subquery(network)) if PortedNumber.objects.exists() else None
    )
    number = F("phone") if ported is None else Coalesce("prefix", "phone")
    return (
        (customers.order_by() if ported is None else ported)
        .annotate(start=Left(number, length))
        .values_list("start")
        .annotate(count=Count("pk"))
        .values_list("start", "count")
    )


def _longest(start: str, prefixes: Set[str]) -> str:
    for length in range(len(start), 0, -1):
        if start[:length] in prefixes:
            return start[:length]
    return ""
