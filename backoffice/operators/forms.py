import re
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms import WagtailAdminModelForm

from backoffice.operators.models import Tariff
from kannel.models import Connection

# Longer ones do not fit the SMPP frame that carries them.
SMPP_USERNAME_AT_MOST = 15
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


class ConnectionForm(WagtailAdminModelForm):
    """The password can be written and never read: an empty field keeps the old one."""

    password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        max_length=64,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("It is never shown. Leave it empty to keep the present one."),
    )

    def clean_password(self) -> str:
        """The new password, or the present one."""
        return str(self.cleaned_data["password"] or self.initial.get("password") or "")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["password"] = self.instance.password

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean()
        if values.get("kind") == Connection.Kind.HTTP:
            self._check_http(values)
        elif len(values.get("username") or "") > SMPP_USERNAME_AT_MOST:
            self.add_error("username", _("SMPP takes a user name of at most 15 characters."))
        return values

    def _check_http(self, values: dict[str, Any]) -> None:
        port, gateway = values.get("receipt_port"), values.get("gateway")
        if not port:
            self.add_error("receipt_port", _("An HTTP connection needs a port for its receipts."))
        elif gateway:
            others = gateway.connections.filter(receipt_port=port, kind=Connection.Kind.HTTP)
            if other := others.exclude(pk=self.instance.pk).first():
                self.add_error(
                    "receipt_port", _("%(name)s uses this port. Choose another one.") % {"name": other.name}
                )
        if not values.get("success_regex"):
            self.add_error("success_regex", _("Say what an answer looks like that means taken."))
        for field in ("success_regex", "refused_regex", "message_id_regex"):
            try:
                re.compile(values.get(field) or "")
            except re.error:
                self.add_error(field, _("This is no regular expression."))


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
