"""Which columns a file of prices has, under which headings, and what they hold: the one definition of both ways."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from import_export import fields, resources, widgets

from backoffice.customers.resources import Day
from backoffice.lib.files.headings import Columns, column
from backoffice.lib.plain_text import cell_text
from backoffice.operators.models import Operator, Tariff
from backoffice.operators.tariff_values import prefix_of, price_of_part

# Headings that Russian staff write; English ones are the field's name and its label.
RUSSIAN = {
    "operator": "оператор",
    "prefix": "номера начинаются с",
    "price_per_part": "цена части",
    "valid_from": "действует с",
    "valid_to": "действует до",
}
# Read and compared, never kept: what would be misread without them.
BESIDE = {"currency": "валюта", "network": "код сети"}


class OperatorName(widgets.ForeignKeyWidget):
    """An operator by its name."""

    def __init__(self) -> None:
        super().__init__(Operator, "name")
        self.known: dict[str, Operator] | None = None

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> Operator:
        if self.known is None:
            self.known = {operator.name.casefold(): operator for operator in Operator.objects.all()}
        try:
            return self.known[value.strip().casefold()]
        except KeyError as error:
            raise ValueError(_("There is no operator of this name. Add it first.")) from error


class Prefix(widgets.CharWidget):
    """What numbers begin with; an office program may have taken the + away."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        return prefix_of(value)


class Price(widgets.DecimalWidget):
    """The price of a part, in the ``currency`` that the operator bills in."""

    def clean(self, value: str, row: Any = None, *, currency: str = "", **kwargs: Any) -> Decimal:
        return price_of_part(value, currency or settings.CURRENCY)


class FirstDay(Day):
    """A day that has to be there."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> date:
        if (day := super().clean(value)) is None:
            raise ValueError(_("The day from which it is valid is missing."))
        return day


def _field(name: str, widget: widgets.Widget) -> fields.Field:
    return fields.Field(attribute=name, column_name=name, widget=widget)


class TariffResource(resources.ModelResource):
    """The columns of a file of prices."""

    operator = _field("operator", OperatorName())
    prefix = _field("prefix", Prefix())
    price_per_part = _field("price_per_part", Price())
    valid_from = _field("valid_from", FirstDay())
    valid_to = _field("valid_to", Day())

    class Meta:
        model = Tariff
        fields = tuple(RUSSIAN)
        import_id_fields = ("operator", "prefix", "valid_from")


def cleaners() -> Mapping[str, Any]:
    """For each column: what turns its text into a value, or raises ValueError with a sentence."""
    widgets_: dict[str, Any] = {
        "operator": OperatorName(),
        "prefix": Prefix(),
        "price_per_part": Price(),
        "valid_from": FirstDay(),
        "valid_to": Day(),
        "currency": widgets.CharWidget(),
        "network": widgets.CharWidget(),
    }
    # An empty cell goes to the widget, which says whether something has to be there.
    return {name: _cleaned(widget) for name, widget in widgets_.items()}


def _cleaned(widget: widgets.Widget) -> Callable[[str], Any]:
    def clean(text: str, **known: Any) -> Any:
        return widget.clean(cell_text(text), **known)

    return clean


# What else stands over such a column in files of operators; commas between.
HINTS = {
    "operator": "carrier,supplier,provider,поставщик",
    "prefix": "code,dial code,destination code,number prefix,destination,country code,def,код,префикс,направление",
    "price_per_part": "price,rate,cost,tariff,price per sms,price per message,sms price,цена,тариф,стоимость,цена за смс,цена смс",
    "valid_from": "from,effective,effective date,effective from,start date,valid since,begins,дата начала,с,начало",
    "valid_to": "to,until,valid until,end date,expires,дата окончания,по,конец",
    "currency": "ccy,cur,price currency",
    "network": "mcc mnc,mccmnc,mnc,mcc,plmn,network code,imsi,код mnc",
}
EXAMPLES = {"prefix": "+7916", "price_per_part": "2.35", "valid_from": "2027-01-01"}


def tariff_columns(*, needs_operator: bool = False, is_offer: bool = False) -> Columns:
    """The columns of a file of prices; one that is only an offer needs no days."""
    labels = {field.name: str(field.verbose_name) for field in Tariff._meta.fields}
    labels |= {"currency": _("currency"), "network": _("code of the network")}
    needed = {"prefix", "price_per_part"} | (set() if is_offer else {"valid_from"})
    if needs_operator:
        needed.add("operator")
    return Columns(
        [
            column(
                name,
                labels[name],
                words,
                hints=HINTS[name],
                needed=name in needed,
                example=EXAMPLES.get(name, ""),
            )
            for name, words in (RUSSIAN | BESIDE).items()
        ]
    )
