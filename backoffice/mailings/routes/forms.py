"""A question about the past, as it is asked and as it is called."""

from datetime import date
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from backoffice.lib.files.fields import TableField
from backoffice.mailings.models import Carried, Mailing
from backoffice.operators.models import Operator

OFFERED_MAILINGS = 200
OFFERED_MONTHS = 24


class WhatIfForm(forms.Form):
    """One past, one change of prices."""

    mailing = forms.ModelChoiceField(
        label=_("A mailing"),
        queryset=Mailing.objects.none(),
        required=False,
        empty_label=_("no single mailing"),
    )
    month = forms.ChoiceField(label=_("Or a whole month"), required=False)
    operator = forms.ModelChoiceField(
        label=_("An operator whose prices would have been others"),
        queryset=Operator.objects.all(),
        required=False,
        empty_label=_("none of ours"),
    )
    added = forms.CharField(label=_("Or one more operator, called"), max_length=80, required=False)
    percent = forms.DecimalField(
        label=_("Its prices, in % of what they were"),
        min_value=Decimal(1),
        max_value=Decimal(1000),
        max_digits=7,
        decimal_places=2,
        required=False,
        help_text=_("90: ten percent cheaper. Only for an operator of ours."),
    )
    file = TableField(
        label=_("Or a file of its prices"),
        required=False,
        help_text=_("CSV or Excel (.xlsx) with the headings prefix and price_per_part."),
    )
    delivery_percent = forms.FloatField(
        label=_("Messages it delivers, %"),
        min_value=1,
        max_value=100,
        required=False,
        help_text=_("Of one more operator. Empty: as many as ours deliver on average."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sent = Mailing.objects.exclude(started_at=None).order_by("-started_at")
        recent = list(sent.values_list("pk", flat=True)[:OFFERED_MAILINGS])
        mailings: Any = self.fields["mailing"]
        mailings.queryset = Mailing.objects.filter(pk__in=recent).order_by("-started_at")
        months = (
            Carried.objects.order_by("-month").values_list("month", flat=True).distinct()[:OFFERED_MONTHS]
        )
        choices = [(month.isoformat(), month_name(month)) for month in months]
        cast("forms.ChoiceField", self.fields["month"]).choices = [("", gettext("no whole month")), *choices]

    def clean_month(self) -> date | None:
        month = self.cleaned_data["month"]
        return date.fromisoformat(month) if month else None

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if bool(values.get("mailing")) == bool(values.get("month")) and not self.errors:
            self.add_error("mailing", _("Choose a mailing or a month, one of the two."))
        if bool(values.get("operator")) == bool(values.get("added")):
            self.add_error("operator", _("Choose an operator or name one more, one of the two."))
        elif bool(values.get("percent")) == bool(values.get("file")) and "percent" not in self.errors:
            self.add_error("percent", _("Write a percentage or give a file, one of the two."))
        elif values.get("added") and values.get("percent"):
            self.add_error("file", _("One more operator has no prices yet. Give a file of them."))
        return values


def month_name(month: date) -> str:
    """A month as people say it."""
    return date_format(month, "F Y")


def question_words(values: dict[str, Any]) -> str:
    """A question as one line."""
    mailing, month = values["mailing"], values["month"]
    past = f"“{mailing}”" if mailing else month_name(month)
    who = values["operator"] or values["added"]
    if values["file"]:
        words = {"past": past, "who": who, "file": values["file"].name}
        return (gettext("%(past)s, with %(who)s at the prices of %(file)s") % words)[:200]
    words = {"past": past, "who": who, "percent": f"{values['percent'].normalize():f}"}
    return (gettext("%(past)s, with %(who)s at %(percent)s %% of its prices") % words)[:200]
