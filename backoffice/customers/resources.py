"""Which columns a customer file has, under which headings, and what they may hold: the one definition of both ways."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from import_export import fields, resources, widgets

from backoffice.customers.attributes import NO_WORDS, YES_WORDS
from backoffice.customers.models import Customer
from backoffice.lib.phones import normalise

_ZONES = available_timezones()
_DAY = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})")
_TRUE = YES_WORDS
_FALSE = NO_WORDS | {""}
_GENDERS = {
    "": "",
    "f": "f",
    "m": "m",
    "ж": "f",
    "м": "m",
    "woman": "f",
    "man": "m",
    "female": "f",
    "male": "m",
}
_GENDERS |= {"женский": "f", "мужской": "m"}


class Phone(widgets.CharWidget):
    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        return normalise(value, settings.DEFAULT_REGION) if value else ""


class Day(widgets.DateWidget):
    """2026-11-24, or 24.11.2026 as Russian office programs write it."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> date | None:
        if not value:
            return None
        try:
            if found := _DAY.fullmatch(value):
                return date(int(found[3]), int(found[2]), int(found[1]))
            return date.fromisoformat(value[:10])
        except ValueError as error:
            raise ValueError(_("This is no date. Write it like 2026-11-24 or 24.11.2026.")) from error


class Money(widgets.DecimalWidget):
    """1234.50, or 1 234,50."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> Decimal:
        try:
            amount = Decimal(value.replace(",", ".").replace(" ", "").replace("\u00a0", "") or 0)
        except InvalidOperation as error:
            raise ValueError(_("This is no amount. Write it like 1234.50.")) from error
        if not -(10**10) < amount < 10**10:
            raise ValueError(_("This amount is too large."))
        return amount


class Whole(widgets.IntegerWidget):
    def clean(self, value: str, row: Any = None, **kwargs: Any) -> int:
        try:
            number = int(value or 0)
        except ValueError as error:
            raise ValueError(_("This is no whole number.")) from error
        if not -(2**31) <= number < 2**31:
            raise ValueError(_("This number is too large."))
        return number


class Zone(widgets.CharWidget):
    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        if value and value not in _ZONES:
            raise ValueError(_("No such time zone. Write it like Europe/Moscow."))
        return value


class Gender(widgets.CharWidget):
    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        try:
            return _GENDERS[value.lower()]
        except KeyError as error:
            raise ValueError(_("Write f or m, or leave it empty.")) from error


class Flag(widgets.BooleanWidget):
    def clean(self, value: str, row: Any = None, **kwargs: Any) -> bool:
        if (word := value.lower()) in _TRUE:
            return True
        if word in _FALSE:
            return False
        raise ValueError(_("Write yes or no."))


class Words(widgets.SimpleArrayWidget):
    """Several words with commas between them."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> list[str]:
        return [word.strip()[:40] for word in value.split(",") if word.strip()]


class Short(widgets.CharWidget):
    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        if len(value) > self.limit:
            raise ValueError(_("This is longer than %(limit)d characters.") % {"limit": self.limit})
        return value


class Identity(Short):
    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        if not value:
            raise ValueError(_("The number in the CRM is missing. Every row needs one."))
        return super().clean(value, row, **kwargs)


def _field(name: str, widget: widgets.Widget) -> fields.Field:
    return fields.Field(attribute=name, column_name=name, widget=widget)


class CustomerResource(resources.ModelResource):
    """The columns of a customer file."""

    external_id = _field("external_id", Identity(64))
    phone = _field("phone", Phone())
    first_name = _field("first_name", Short(80))
    middle_name = _field("middle_name", Short(80))
    last_name = _field("last_name", Short(80))
    email = _field("email", Short(254))
    language = _field("language", Short(8))
    birth_date = _field("birth_date", Day())
    gender = _field("gender", Gender())
    region = _field("region", Short(80))
    city = _field("city", Short(80))
    time_zone = _field("time_zone", Zone())
    tariff = _field("tariff", Short(60))
    segment = _field("segment", Short(60))
    loyalty_tier = _field("loyalty_tier", Short(30))
    loyalty_points = _field("loyalty_points", Whole())
    balance = _field("balance", Money())
    debt = _field("debt", Money())
    registered_on = _field("registered_on", Day())
    contract_ends_on = _field("contract_ends_on", Day())
    last_purchase_on = _field("last_purchase_on", Day())
    purchases_count = _field("purchases_count", Whole())
    spent_total = _field("spent_total", Money())
    average_receipt = _field("average_receipt", Money())
    last_visit_on = _field("last_visit_on", Day())
    channel = _field("channel", Short(40))
    device = _field("device", Short(40))
    manager = _field("manager", Short(80))
    tags = _field("tags", Words())
    is_blocked = _field("is_blocked", Flag())

    class Meta:
        model = Customer
        import_id_fields = ["external_id"]
        skip_unchanged = True
        use_bulk = False


# Headings that Russian staff write; English ones are the field's name and its label.
RUSSIAN = {
    "external_id": "номер в crm",
    "phone": "телефон",
    "first_name": "имя",
    "middle_name": "отчество",
    "last_name": "фамилия",
    "email": "почта",
    "language": "язык",
    "birth_date": "дата рождения",
    "gender": "пол",
    "region": "регион",
    "city": "город",
    "time_zone": "часовой пояс",
    "tariff": "тариф",
    "segment": "сегмент",
    "loyalty_tier": "уровень лояльности",
    "loyalty_points": "баллы",
    "balance": "баланс",
    "debt": "долг",
    "registered_on": "клиент с",
    "contract_ends_on": "договор до",
    "last_purchase_on": "последняя покупка",
    "purchases_count": "покупок",
    "spent_total": "потрачено",
    "average_receipt": "средний чек",
    "last_visit_on": "последний визит",
    "channel": "канал",
    "device": "устройство",
    "manager": "менеджер",
    "tags": "метки",
    "is_blocked": "заблокирован",
    "consent_marketing": "согласие на рекламу",
    "consent_service": "согласие на сервисные сообщения",
    "consent_source": "источник согласия",
    "consent_on": "дата согласия",
}
ATTRIBUTE_PREFIX = "attributes."
_GIVEN = _TRUE | {"given", "дано"}
_WITHDRAWN = frozenset({"0", "no", "false", "нет", "n", "withdrawn", "отозвано"})

Cleaner = Callable[[str], Any]


def consent(value: str) -> str:
    """given, withdrawn, or nothing said."""
    if (word := value.lower()) in _GIVEN:
        return "given"
    if word in _WITHDRAWN:
        return "withdrawn"
    if not word:
        return ""
    raise ValueError(_("Write yes, no, or nothing."))


def consent_moment(value: str) -> datetime | None:
    """The day of the consent, at its beginning in the company's time zone; None: now."""
    day = Day().clean(value)
    return timezone.make_aware(datetime.combine(day, time())) if day else None


def cleaners() -> Mapping[str, Cleaner]:
    """For each column that a file may have: what turns its text into a value, or raises ValueError with a sentence."""
    known: dict[str, Cleaner] = {
        name: field.widget.clean for name, field in CustomerResource().fields.items()
    }
    del known["id"]
    return known | {
        "consent_marketing": consent,
        "consent_service": consent,
        "consent_source": Short(80).clean,
        "consent_on": consent_moment,
    }


def column_of(heading: str) -> str | None:
    """The column that a heading means: its name, its label, or the Russian words; None if it means none of ours."""
    word = heading.strip().lower()
    if word.startswith(ATTRIBUTE_PREFIX):
        return word
    return _headings().get(word)


def _headings() -> dict[str, str]:
    names = {name: name for name in RUSSIAN}
    labels = {
        str(field.verbose_name).lower(): field.name
        for field in Customer._meta.fields
        if field.name in RUSSIAN
    }
    return names | labels | {words: name for name, words in RUSSIAN.items()}
