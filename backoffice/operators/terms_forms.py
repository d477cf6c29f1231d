"""What an operator's contract says, and what a tariff says, checked where it is typed."""

import re
from typing import Any

import phonenumbers
from django import forms
from django.conf import settings
from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin.forms import WagtailAdminModelForm

from backoffice.customers.models import Purpose
from backoffice.lib.hours_field import HoursField
from backoffice.lib.numbers import grouped
from backoffice.operators.connections.waiting import stuck_under, waiting_for
from backoffice.operators.models import Operator
from backoffice.operators.senders import is_sender
from backoffice.operators.tariff_checks import Finding, Price, errors, said_day, warnings
from backoffice.operators.tariff_values import prefix_of

CURRENCY = re.compile(r"[A-Z]{3}")


def clean_prefix(typed: str) -> str:
    """A prefix in the form of our numbers: another one would never match.

    Without a + only one that begins with the company's own country: "900" may be +90 0… or what one dials at home.

    :raises ValidationError: with a sentence that says what to write.
    """
    home = str(phonenumbers.country_code_for_region(settings.DEFAULT_REGION))
    if not typed.strip().startswith(("+", "00", home)):
        raise ValidationError(_("Write + and the digits numbers begin with, for example +7916."))
    try:
        return prefix_of(typed)
    except ValueError as error:
        raise ValidationError(str(error)) from error


class OperatorForm(WagtailAdminModelForm):
    """The terms of an operator. Only one in the company's own currency can be chosen as a way."""

    receipt_margin = HoursField(
        label=gettext_lazy("Wait for late receipts, hours"),
        min_value=0,
        initial=24,
        help_text=gettext_lazy(
            "How long after the validity of a message its delivery receipt may still come. Then the message counts as "
            "not delivered."
        ),
    )
    senders = SimpleArrayField(
        forms.CharField(max_length=15, validators=[is_sender]),
        label=gettext_lazy("Senders it allows"),
        required=False,
        help_text=gettext_lazy("Names with commas between them. Empty: any sender."),
        error_messages={"item_invalid": gettext_lazy("Name %(nth)s:")},
    )
    purposes = forms.MultipleChoiceField(
        label=gettext_lazy("Purposes it allows"),
        choices=Purpose.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None chosen: any purpose."),
    )

    # Asked only when it is taken out of use while messages wait for it.
    goes_elsewhere = forms.BooleanField(
        label=gettext_lazy("What waits for it goes another way"), required=False, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if steps := self.formsets.get("steps"):
            steps.get_unique_error_message = lambda check: _(
                "Two steps begin at the same number of parts. Change one of them, or delete it."
            )
            steps.get_form_error = lambda: _("Another step begins here.")

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean()
        self._check_what_waits(values)
        return values

    def _check_what_waits(self, values: dict[str, Any]) -> None:
        """It is not taken out of use under messages that nobody else could carry; others take another way, which is asked."""
        stored = Operator.objects.filter(pk=self.instance.pk, is_enabled=True).first()
        if stored is None or values.get("is_enabled", True):
            return
        if stuck := stuck_under(stored):
            self.add_error("is_enabled", " ".join(stuck))
        elif (found := waiting_for(stored)) and not values.get("goes_elsewhere"):
            self.fields["goes_elsewhere"].widget = forms.CheckboxInput()
            advice = ngettext(
                "Is that right? Then tick the box and save again.",
                "Is all that right? Then tick the box and save again.",
                len(found),
            )
            self.add_error("goes_elsewhere", [*(one.sentence for one in found), advice])

    def clean_currency(self) -> str:
        """The code of the currency in capitals."""
        currency = str(self.cleaned_data["currency"]).strip().upper()
        if not CURRENCY.fullmatch(currency):
            raise ValidationError(_("Write the three letters of the currency, for example EUR."))
        before = Operator.objects.filter(pk=self.instance.pk).values_list("currency", flat=True).first()
        if currency == before:
            return currency
        if before and self.instance.tariffs.exists():
            raise ValidationError(
                _(
                    "This operator has prices in %(before)s, which would be read as %(currency)s. Add another operator "
                    "for the prices in %(currency)s, or delete these prices first."
                )
                % {"before": before, "currency": currency}
            )
        if currency != settings.CURRENCY:
            raise ValidationError(
                _(
                    "Bills here are in %(own)s, and prices of two currencies are never compared: this operator would "
                    "get no messages. Write %(own)s, and its prices in %(own)s."
                )
                % {"own": settings.CURRENCY}
            )
        return currency

    def is_valid(self) -> bool:
        """The form and its volume steps, which are also compared with each other."""
        is_valid: bool = super().is_valid()
        if is_valid and "steps" in self.formsets:
            is_valid = self._steps_make_sense()
        return is_valid

    def _steps_make_sense(self) -> bool:
        """Whether every further step is cheaper."""
        forms_ = [one for one in self.formsets["steps"].forms if one.cleaned_data.get("from_parts")]
        kept = [one for one in forms_ if not one.cleaned_data.get("DELETE")]
        kept.sort(key=lambda one: one.cleaned_data["from_parts"])
        factor, makes_sense = 1, True
        for one in kept:
            parts, share = one.cleaned_data["from_parts"], one.cleaned_data["factor"]
            if share >= factor:
                words = {"parts": grouped(parts), "share": grouped(factor)}
                sentence = _(
                    "From %(parts)s parts it would cost no less than before. Write less than %(share)s."
                )
                one.add_error("factor", sentence % words)
                makes_sense = False
            factor = share
        return makes_sense


class NetworkForm(WagtailAdminModelForm):
    """A network and the numbers that tell its price."""

    def clean_prefix(self) -> str:
        return clean_prefix(self.cleaned_data["prefix"])


class TariffForm(WagtailAdminModelForm):
    """A prefix has one price on any day. A price without a last day is valid until the next one begins.

    What is strange about it has to be confirmed: the box for that is shown only then.
    """

    is_checked = forms.BooleanField(
        label=gettext_lazy("I have checked this. Save it all the same."), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["is_checked"].widget = forms.HiddenInput()

    def clean_prefix(self) -> str:
        return clean_prefix(self.cleaned_data["prefix"])

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean()
        operator, prefix, price = values.get("operator"), values.get("prefix"), values.get("price_per_part")
        if not (operator and prefix and price is not None and values.get("valid_from")):
            return values
        new = Price(prefix, price, values["valid_from"], values.get("valid_to"))
        others = prices_of(operator, without=self.instance.pk)
        # Of two prices that begin on one day the new one is at fault.
        for finding in errors([*others, new]):
            if finding.price.prefix == prefix:
                self.add_error(
                    finding.field if finding.price is new else "valid_to", self._sentence(finding, new)
                )
        if not self.errors:
            self._ask(warnings([*others, new], [prefix]))
        return values

    def _sentence(self, finding: Finding, new: Price) -> str:
        if finding.price is new:
            return str(finding.sentence)
        words = {"day": said_day(finding.price.begins), "prefix": new.prefix}
        return _("From %(day)s another price for %(prefix)s is valid. End this one before it.") % words

    def _ask(self, found: list[Finding]) -> None:
        if not found or self.data.get(self.add_prefix("is_checked")) in ("on", "true", "True"):
            return
        self.fields["is_checked"].widget = forms.CheckboxInput()
        sentences = [finding.sentence for finding in found]
        self.add_error(
            "is_checked",
            [
                *sentences,
                ngettext(
                    "Is that right? Then tick the box and save again.",
                    "Is all that right? Then tick the box and save again.",
                    len(sentences),
                ),
            ],
        )


def prices_of(operator: Operator, without: int | None = None) -> list[Price]:
    """All prices of an operator as they stand, but for one that is being changed."""
    rows = operator.tariffs.exclude(pk=without).order_by("prefix", "valid_from")
    return [Price(*row) for row in rows.values_list("prefix", "price_per_part", "valid_from", "valid_to")]
