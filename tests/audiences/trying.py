"""What the tests of conditions share: three customers, and ways to try one condition on them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from backoffice.audiences.criteria import Criterion, registry
from backoffice.customers.models import Action, Consent, Customer

# 12:00 in the company's zone, Europe/Moscow.
NOON = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
EVERYBODY = {"anna", "boris", "clara"}
Case = tuple[str, dict[str, Any], set[str], str]


def make_people() -> None:
    """Anna has a value everywhere, Boris has other ones, Clara has none at all."""
    anna = Customer.objects.create(
        external_id="anna", phone="+79161234567", first_name="Anna", email="anna@example.org", language="ru",
        birth_date=date(1990, 11, 26), gender="f", region="Tatarstan", city="Kazan", time_zone="Europe/Moscow",
        tariff="Gold", segment="VIP", loyalty_tier="silver", loyalty_points=500, balance=Decimal(100), debt=Decimal(50),
        registered_on=date(2026, 1, 24), contract_ends_on=date(2026, 12, 1), last_purchase_on=date(2026, 11, 20),
        purchases_count=5, spent_total=Decimal(1000), average_receipt=Decimal(200),
        last_visit_on=date(2026, 11, 23), channel="app", device="iPhone", manager="Olga Petrova",
        tags=["new", "app"], attributes={"colour": "Red", "shoes": "38", "pets": "yes", "wedding": "2026-12-01"},
    )  # fmt: skip
    boris = Customer.objects.create(
        external_id="boris", phone="+375291234567", language="en", birth_date=date(1960, 2, 29), gender="m",
        region="Moscow", city="Moscow", time_zone="Asia/Omsk", tariff="Base", segment="mass", loyalty_tier="gold",
        loyalty_points=-5, balance=Decimal(-10), debt=Decimal("0.50"), registered_on=date(2016, 1, 1),
        contract_ends_on=date(2026, 11, 1), last_purchase_on=date(2026, 1, 1), purchases_count=1,
        spent_total=Decimal(10), average_receipt=Decimal(10), last_visit_on=date(2026, 1, 1), channel="shop",
        device="Android", manager="Ivan Orlov", tags=["app", "B2B"], is_blocked=True,
        attributes={"colour": "dark blue", "shoes": "a lot", "pets": "Нет", "wedding": "30.02.2026"},
    )  # fmt: skip
    Customer.objects.create(external_id="clara")
    now = timezone.now()
    Consent.objects.create(customer=anna, purpose="marketing", state="given", since=now, source="form")
    Consent.objects.create(
        customer=boris, purpose="marketing", state="given", since=now, source="form", superseded_at=now
    )
    month_ago = now - timedelta(days=30)
    Consent.objects.create(
        customer=boris, purpose="marketing", state="withdrawn", since=month_ago, source="SMS"
    )
    for days, amount in ((1, 100), (2, 250), (60, 900)):
        Action.objects.create(customer=anna, kind="purchase", at=now - timedelta(days=days), amount=amount)
    Action.objects.create(customer=boris, kind="purchase", at=now - timedelta(days=3), amount=5)
    Action.objects.create(customer=boris, kind="visit", at=now - timedelta(days=3))


def block(name: str) -> Criterion:
    return registry[name]()


def value_of(name: str, values: dict[str, Any]) -> Any:
    """The inputs as the editor leaves them after validation."""
    criterion = block(name)
    return criterion.clean(criterion.to_python(values))


def fits(name: str, **values: Any) -> set[str]:
    found = Customer.objects.filter(block(name).to_q(value_of(name, values)))
    return set(found.values_list("external_id", flat=True))


def others(name: str, **values: Any) -> set[str]:
    """Whom the opposite of the condition takes."""
    found = Customer.objects.filter(~block(name).to_q(value_of(name, values)))
    return set(found.values_list("external_id", flat=True))


def sentence(name: str, **values: Any) -> str:
    return block(name).sentence(value_of(name, values))


def answer(name: str, customer: str, **values: Any) -> str:
    """What is known of one customer."""
    return block(name).answer(value_of(name, values), Customer.objects.get(external_id=customer))


def check(case: Case) -> None:
    """The condition takes exactly those who fit, its opposite exactly the others, and it says what it means."""
    name, values, expected, words = case
    assert sentence(name, **values) == words
    assert fits(name, **values) == expected
    assert others(name, **values) == EVERYBODY - expected
