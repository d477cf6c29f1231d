"""Made-up customers for the preview: real ones are nobody's business while a text is being written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from backoffice.customers.models import Action, Customer
from backoffice.message_templates.fields import LastAction


@dataclass(frozen=True)
class Sample:
    """A made-up customer, by the key under which the preview offers it."""

    key: str
    label: str | Promise
    customer: Customer
    actions: Mapping[str, LastAction] = field(default_factory=dict)


_NOON = datetime(2026, 11, 5, 9, tzinfo=UTC)


def _each(amount: str) -> dict[str, LastAction]:
    """An action of every kind, all of them at the same moment."""
    return {kind: LastAction(_NOON, Decimal(amount)) for kind in Action.Kind.values}


CYRILLIC = Sample(
    "cyrillic",
    _("Name in Cyrillic"),
    Customer(
        first_name="Анна",
        middle_name="Сергеевна",
        last_name="Петрова",
        city="Казань",
        tariff="Домашний",
        segment="Постоянные",
        loyalty_tier="Серебро",
        loyalty_points=1250,
        balance=Decimal("1499.90"),
        debt=Decimal("350.00"),
        average_receipt=Decimal("820.50"),
        purchases_count=12,
        contract_ends_on=date(2026, 12, 31),
        last_purchase_on=date(2026, 11, 5),
        registered_on=date(2021, 3, 14),
        manager="Игорь Волков",
        region="Татарстан",
        spent_total=Decimal("9846.00"),
        last_visit_on=date(2026, 11, 8),
    ),
    _each("1290.00"),
)
LATIN = Sample(
    "latin",
    _("Name in Latin letters"),
    Customer(
        first_name="Emily",
        middle_name="Jane",
        last_name="Carter",
        city="Kazan",
        tariff="Home",
        segment="Regular",
        loyalty_tier="Silver",
        loyalty_points=1250,
        balance=Decimal("1499.90"),
        debt=Decimal("350.00"),
        average_receipt=Decimal("820.50"),
        purchases_count=12,
        contract_ends_on=date(2026, 12, 31),
        last_purchase_on=date(2026, 11, 5),
        registered_on=date(2021, 3, 14),
        manager="Igor Volkov",
        region="Tatarstan",
        spent_total=Decimal("9846.00"),
        last_visit_on=date(2026, 11, 8),
    ),
    _each("1290.00"),
)
LONGEST = Sample(
    "longest",
    _("Long values"),
    Customer(
        first_name="Александра-Виктория",
        middle_name="Константиновна",
        last_name="Христорождественская",
        city="Комсомольск-на-Амуре",
        tariff="Безлимитный семейный плюс",
        segment="Уходящие постоянные покупатели",
        loyalty_tier="Платиновый",
        loyalty_points=1_250_000,
        balance=Decimal("-1234567.89"),
        debt=Decimal("1234567.89"),
        average_receipt=Decimal("123456.78"),
        purchases_count=12_345,
        contract_ends_on=date(2026, 12, 31),
        last_purchase_on=date(2026, 11, 5),
        registered_on=date(2021, 3, 14),
        manager="Александра Христорождественская",
        region="Ханты-Мансийский автономный округ — Югра",
        spent_total=Decimal("12345678.90"),
        last_visit_on=date(2026, 11, 8),
    ),
    _each("1234567.89"),
)
EMPTY = Sample("empty", _("Nothing known"), Customer())

SAMPLES: dict[str, Sample] = {sample.key: sample for sample in (CYRILLIC, LATIN, LONGEST, EMPTY)}
