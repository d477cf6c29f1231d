import re
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from wagtail.admin.forms import WagtailAdminModelForm

from backoffice.operators.models import Tariff

CURRENCY = re.compile(r"[A-Z]{3}")
PREFIX = re.compile(r"\+[1-9]\d{0,14}")


class OperatorForm(WagtailAdminModelForm):
    """The currency is compared letter by letter when the cheapest route is chosen."""

    def clean_currency(self) -> str:
        """The code of the currency in capitals."""
        currency = str(self.cleaned_data["currency"]).strip().upper()
        if not CURRENCY.fullmatch(currency):
            raise ValidationError(_("Write the three letters of the currency, for example EUR."))
        return currency


class TariffForm(WagtailAdminModelForm):
    """A prefix has one price on any day. A price without a last day is valid until the next one begins."""

    def clean_prefix(self) -> str:
        """The prefix without blanks, in the form of our numbers: another one would never match."""
        prefix = re.sub(r"[\s()-]", "", self.cleaned_data["prefix"])
        if not PREFIX.fullmatch(prefix):
            raise ValidationError(_("Write + and the digits numbers begin with, for example +7916."))
        return prefix

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean()
        operator, prefix, begins = values.get("operator"), values.get("prefix"), values.get("valid_from")
        ends = values.get("valid_to")
        if begins and ends and ends < begins:
            raise ValidationError({"valid_to": _("The last day comes before the first one.")})
        if operator and prefix and begins:
            others = operator.tariffs.filter(prefix=prefix).exclude(pk=self.instance.pk)
            _refuse_overlap(others, prefix, begins, ends)
        return values


def _refuse_overlap(others: QuerySet[Tariff], prefix: str, begins: date, ends: date | None) -> None:
    same = Q(valid_from=begins)
    if earlier := others.filter(same | Q(valid_from__lt=begins, valid_to__gte=begins)).first():
        raise ValidationError(
            {
                "valid_from": _(
                    "Another price for %(prefix)s is valid on that day, since %(day)s. Begin later, or end that one."
                )
                % {"day": date_format(earlier.valid_from), "prefix": prefix}
            }
        )
    if ends and (later := others.filter(valid_from__gt=begins, valid_from__lte=ends).first()):
        raise ValidationError(
            {
                "valid_to": _("From %(day)s another price for %(prefix)s is valid. End this one before it.")
                % {"day": date_format(later.valid_from), "prefix": prefix}
            }
        )
