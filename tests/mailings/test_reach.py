"""What one part to some customers costs, by operator."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from backoffice.audiences import everyone
from backoffice.audiences.everyone import Price
from backoffice.customers.models import Customer
from backoffice.mailings import reach
from backoffice.operators.models import Operator, Tariff
from kannel.models import Connection, Gateway

pytestmark = pytest.mark.django_db


def operator(name: str, **prices: str) -> Operator:
    """An operator with one connection that works; its prices by prefix, written without the plus."""
    found: Operator = Operator.objects.create(name=name, receipt_margin=timedelta(hours=1))
    for prefix, price in prices.items():
        Tariff.objects.create(
            operator=found,
            prefix=prefix.replace("p", "+"),
            valid_from=date(2020, 1, 1),
            price_per_part=Decimal(price),
        )
    gateway, _ = Gateway.objects.get_or_create(
        name="main", defaults={"status": "running", "seen_at": timezone.now()}
    )
    Connection.objects.create(
        name=name,
        gateway=gateway,
        operator=found,
        kind="smpp",
        host="127.0.0.1",
        port=2775,
        status="online",
        seen_at=timezone.now(),
    )
    return found


@pytest.fixture(autouse=True)
def _people() -> None:
    for number, phone in enumerate(("+79161000001", "+79161000002", "+79211000003", "+375291000004", "")):
        Customer.objects.create(external_id=str(number), phone=phone)


def test_each_customer_goes_to_the_cheapest_operator_by_the_longest_prefix() -> None:
    operator("North", p7="3.00", p7921="1.00")
    operator("South", p7="2.50")
    assert reach.prices(Customer.objects.all()) == [
        Price("South", 2, Decimal("5.00"), "RUB"),
        Price("North", 1, Decimal("1.00"), "RUB"),
    ]


def test_only_the_given_customers_are_priced() -> None:
    operator("South", p7="2.50")
    some = Customer.objects.filter(external_id="2")
    assert reach.prices(some) == [Price("South", 1, Decimal("2.50"), "RUB")]


def test_without_a_working_connection_there_are_no_prices() -> None:
    operator("South", p7="2.50")
    Connection.objects.update(seen_at=timezone.now() - timedelta(hours=1))
    assert reach.prices(Customer.objects.all()) == []


def test_the_count_beside_the_editor_asks_here() -> None:
    operator("South", p7="2.50")
    assert [price.operator for price in everyone.prices_of(Customer.objects.all())] == ["South"]
