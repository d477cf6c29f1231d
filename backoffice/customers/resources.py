"""Which columns a customer file has, under which headings, and what they may hold: the one definition of both ways."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from import_export import fields, resources, widgets

from backoffice.customers.attributes import NO_WORDS, YES_WORDS
from backoffice.customers.models import Customer
from backoffice.lib.amounts import amount_of, rounded, unshortened, whole_of, words_of
from backoffice.lib.days import day_of
from backoffice.lib.phones import normalise
from backoffice.lib.plain_text import cell_text

_ZONES = available_timezones()
WORD_LENGTH = 40
# What failed computing is no empty cell: somebody has to look where it comes from.
NOT_A_NUMBER = "nan"
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
        return day_of(value)


class PastDay(Day):
    """A day that cannot lie in the future."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> date | None:
        day = super().clean(value)
        if day and day > timezone.localdate(timezone=timezone.get_default_timezone()):
            raise ValueError(_("This day has not come yet."))
        return day


class Money(widgets.DecimalWidget):
    """1234.50, or 1 234,50. At most so many digits before the decimal mark, and ``places`` after it; None: any number."""

    groups = True

    def __init__(self, whole_digits: int = 10, places: int | None = 2) -> None:
        super().__init__()
        self.limit, self.places = 10**whole_digits, places
        self.words = words_of(settings.CURRENCY)

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> Decimal:
        amount = amount_of(value, currency=self.words, groups=self.groups)
        if self.places is not None:
            amount = rounded(amount, self.places)
        if not -self.limit < amount < self.limit:
            raise ValueError(_("This amount is too large."))
        return amount


class Whole(widgets.IntegerWidget):
    def clean(self, value: str, row: Any = None, **kwargs: Any) -> int:
        number = whole_of(value)
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
        words = [word for word in map(cell_text, value.split(",")) if word]
        if any(len(word) > WORD_LENGTH for word in words):
            raise ValueError(_("One of these is longer than %(limit)d characters.") % {"limit": WORD_LENGTH})
        return words


class Short(widgets.CharWidget):
    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        if len(value) > self.limit:
            raise ValueError(_("This is longer than %(limit)d characters.") % {"limit": self.limit})
        return value


class Identity(Short):
    """The number in the CRM. "777001.0", as programs write numbers beside empty cells, is 777001."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        if not value:
            raise ValueError(_("The number in the CRM is missing. Every row needs one."))
        return super().clean(unshortened(value), row, **kwargs)


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
    birth_date = _field("birth_date", PastDay())
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
    spent_total = _field("spent_total", Money(whole_digits=12))
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
    day = PastDay().clean(value)
    return timezone.make_aware(datetime.combine(day, time())) if day else None


def cleaned(clean: Cleaner, *, empty: Any = None, is_number: bool = False) -> Cleaner:
    """The whole way from an uploaded text to a value: plain, never NaN, ``empty`` where nothing is said."""

    def read(text: str) -> Any:
        plain = cell_text(text)
        if plain:
            return clean(plain)
        if is_number and text.strip().lower() == NOT_A_NUMBER:
            raise ValueError(_("This is no number. Put in the right one, or leave the cell empty."))
        return empty

    return read


def identity(text: str) -> str:
    """The number in the CRM as it is kept. Raises ValueError with a sentence, also if there is none."""
    return Identity(64).clean(cell_text(text))


def attribute(text: str) -> str:
    """The text of a further attribute as it is kept; empty if nothing is said. Raises ValueError with a sentence."""
    return cell_text(text)


def cleaners() -> Mapping[str, Cleaner]:
    """For each column that a file may have: what turns its text into a value, or raises ValueError with a sentence.

    None stands for an empty cell, and for a word like NULL by which programs say that they know nothing.
    """
    known: dict[str, Cleaner] = {
        name: cleaned(field.widget.clean, is_number=isinstance(field.widget, Money | Whole))
        for name, field in CustomerResource().fields.items()
        if name in RUSSIAN
    }
    return known | {
        "external_id": identity,
        "consent_marketing": cleaned(consent, empty=""),
        "consent_service": cleaned(consent, empty=""),
        "consent_source": cleaned(Short(80).clean),
        "consent_on": cleaned(consent_moment),
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
