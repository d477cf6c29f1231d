from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from backoffice.operators.models import Operator, Tariff
from backoffice.operators.routing import Market, Route, choose, market, months, price_of, working_connections
from kannel.models import Connection, Gateway

TODAY = date(2026, 11, 24)
PREFIXES = ["+7", "+79", "+791", "+7916", "+79161", "+44"]


def offered(day: date, connections: list[Connection]) -> Market:
    return market(day, connections, currency="RUB")


def route_rows(day: date, connections: list[Connection]) -> list[Route]:
    """The ways of one part to each prefix that anybody prices."""
    found = offered(day, connections)
    return choose(found, dict.fromkeys(found.prefixes(), 1.0), months(found.prices))


@pytest.mark.django_db
def test_only_connections_that_take_messages_now_work(north: Connection, south: Connection) -> None:
    assert {one.name for one in working_connections()} == {"north-1", "south-1"}
    Connection.objects.filter(pk=north.pk).update(seen_at=timezone.now() - timedelta(minutes=1))
    assert [one.name for one in working_connections()] == ["south-1"]
    Operator.objects.filter(name="South").update(is_enabled=False)
    assert working_connections() == []


@pytest.mark.django_db
def test_a_gateway_that_hangs_takes_its_connections_away(north: Connection) -> None:
    Gateway.objects.update(status=Gateway.Status.HANGING)
    assert working_connections() == []


@pytest.mark.django_db
def test_a_newer_price_supersedes_an_older_one_from_its_day(north: Connection) -> None:
    Tariff.objects.create(
        operator=north.operator, prefix="+7", price_per_part=Decimal(9), valid_from=TODAY + timedelta(days=1)
    )

    def price(day: date) -> Decimal:
        [route] = [one for one in route_rows(day, [north]) if one.prefix == "+7"]
        return route.price_per_part

    assert price(TODAY) == Decimal("2.50")
    assert price(TODAY + timedelta(days=1)) == Decimal(9)


@pytest.mark.django_db
def test_a_price_that_has_ended_is_no_price(north: Connection) -> None:
    Tariff.objects.update(valid_to=TODAY - timedelta(days=1))
    assert route_rows(TODAY, [north]) == []


@pytest.mark.django_db
def test_an_operator_billed_in_another_currency_is_not_compared(north: Connection, south: Connection) -> None:
    Operator.objects.filter(name="South").update(currency="EUR")
    assert {one.operator_id for one in route_rows(TODAY, [north, south])} == {north.operator_id}


@pytest.mark.django_db
def test_all_lines_of_the_cheapest_operator_share_its_numbers(north: Connection) -> None:
    second = Connection.objects.create(
        name="north-2",
        gateway=north.gateway,
        operator=north.operator,
        kind="smpp",
        host="127.0.0.1",
        port=2775,
    )
    assert {one.connections for one in route_rows(TODAY, [north, second])} == {(north.pk, second.pk)}


def test_a_number_without_a_prefix_has_no_price() -> None:
    assert price_of("+491", {"+7": Decimal(1)}) is None


TARIFFS = st.dictionaries(st.sampled_from(PREFIXES), st.integers(1, 9).map(Decimal), max_size=5)


class CheapestRoute(TestCase):
    @settings(max_examples=40, deadline=None)
    @given(
        st.lists(TARIFFS, min_size=1, max_size=3),
        st.sampled_from(["+79161", "+79171", "+7495", "+441", "+491"]),
    )
    def test_the_table_of_prefixes_gives_every_number_its_cheapest_operator(
        self, tariffs: list[dict[str, Decimal]], number: str
    ) -> None:
        gateway = Gateway.objects.create(name="main")
        connections = []
        for index, tariff in enumerate(tariffs):
            operator = Operator.objects.create(name=f"O{index}", receipt_margin=timedelta(hours=1))
            for prefix, price in tariff.items():
                Tariff.objects.create(
                    operator=operator, prefix=prefix, price_per_part=price, valid_from=TODAY
                )
            connections.append(
                Connection.objects.create(
                    name=f"c{index}", gateway=gateway, operator=operator, kind="smpp", host="h", port=1
                )
            )
        routes = {route.prefix: route for route in route_rows(TODAY, connections)}
        chosen = next((routes[number[:n]] for n in range(len(number), 0, -1) if number[:n] in routes), None)
        offers = [price for tariff in tariffs if (price := price_of(number, tariff)) is not None]
        assert (chosen.price_per_part if chosen else None) == (min(offers) if offers else None)


@pytest.mark.django_db
def test_the_demos_operators_cross_in_price_and_can_be_loaded_again() -> None:
    for port in (2775, 2776):
        call_command("load_demo_operators", "--smpp-operator-port", str(port), "--http-operator-port", "8080")
    assert Connection.objects.get(name="north-1").port == 2776
    Connection.objects.update(status="online", seen_at=timezone.now())
    Gateway.objects.update(status="running")
    cheapest = {one.operator_id for one in route_rows(TODAY, working_connections())}
    assert len(cheapest) == 2
