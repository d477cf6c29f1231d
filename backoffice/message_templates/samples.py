"""Made-up customers for the preview: real ones are nobody's business while a text is being written."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from backoffice.customers.models import Customer


@dataclass(frozen=True)
class Sample:
    """A made-up customer, by the key under which the preview offers it."""

    key: str
    label: str | Promise
    customer: Customer


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
    ),
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
    ),
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
    ),
)
EMPTY = Sample("empty", _("Nothing known"), Customer())

SAMPLES: dict[str, Sample] = {sample.key: sample for sample in (CYRILLIC, LATIN, LONGEST, EMPTY)}
