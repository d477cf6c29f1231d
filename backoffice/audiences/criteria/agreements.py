"""Contract, tariff and consent."""

from datetime import timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import blocks

from backoffice.audiences.criteria.base import (
    AGREEMENT,
    Between,
    Criterion,
    OneOf,
    between_words,
    days_errors,
    days_words,
    today,
)
from backoffice.customers.models import Consent, Purpose

MAX_MONTHS = 1_200


class Tariff(OneOf):
    criterion = "tariff"
    column = "tariff"
    words = gettext_lazy("the tariff is %(names)s")
    words_not = gettext_lazy("the tariff is not %(names)s")

    class Meta:
        label = gettext_lazy("Tariff")
        icon = "doc-full"
        group = AGREEMENT


class CustomerFor(Between):
    criterion = "customer_for"
    at_least = blocks.IntegerBlock(label=gettext_lazy("at least (months)"), required=False)
    at_most = blocks.IntegerBlock(label=gettext_lazy("at most (months)"), required=False)

    class Meta:
        label = gettext_lazy("Customer for … months")
        icon = "history"
        group = AGREEMENT

    def errors(self, value: Any) -> dict[str, str]:
        for name in ("at_least", "at_most"):
            if value[name] is not None and value[name] > MAX_MONTHS:
                return {name: _("Give a number of months, up to 1,200.")}
        return super().errors(value)

    def to_q(self, value: Any) -> Q:
        q = Q()
        if value["at_least"] is not None:
            q &= Q(registered_on__lte=today() - relativedelta(months=value["at_least"]))
        if value["at_most"] is not None:
            q &= Q(registered_on__gte=today() - relativedelta(months=value["at_most"]))
        return q

    def sentence(self, value: Any) -> str:
        return between_words(_("the time as a customer"), value["at_least"], value["at_most"], _("months"))


class ContractEnds(Criterion):
    criterion = "contract_ends"
    days = blocks.IntegerBlock(label=gettext_lazy("within the next … days"), default=30, required=False)

    class Meta:
        label = gettext_lazy("Contract ends soon")
        label_format = "{label}: {days}"
        icon = "calendar-alt"
        group = AGREEMENT

    def errors(self, value: Any) -> dict[str, str]:
        return days_errors("days", value["days"])

    def to_q(self, value: Any) -> Q:
        return Q(contract_ends_on__gte=today()) & Q(
            contract_ends_on__lte=today() + timedelta(days=value["days"])
        )

    def sentence(self, value: Any) -> str:
        return _("the contract ends within the next %(days)s") % {"days": days_words(value["days"])}


class HasConsent(Criterion):
    criterion = "consent"
    state = blocks.ChoiceBlock(
        choices=[
            ("given", gettext_lazy("has agreed to")),
            ("withdrawn", gettext_lazy("has refused")),
            ("silent", gettext_lazy("never said anything about")),
        ],
        default="given",
        label=gettext_lazy("what they said"),
    )
    purpose = blocks.ChoiceBlock(
        choices=Purpose.choices, default=Purpose.MARKETING, label=gettext_lazy("purpose")
    )

    class Meta:
        label = gettext_lazy("Consent")
        label_format = "{label}: {state} {purpose}"
        icon = "check"
        group = AGREEMENT

    def to_q(self, value: Any) -> Q:
        # EXISTS and not IN: what does not fit into memory becomes index look-ups, never a loop within a loop.
        current = Consent.objects.filter(
            customer=OuterRef("pk"), purpose=value["purpose"], superseded_at=None
        )
        if value["state"] == "silent":
            return ~Q(Exists(current))
        return Q(Exists(current.filter(state=value["state"])))

    def sentence(self, value: Any) -> str:
        words = {
            "given": _("they agreed to “%(purpose)s”"),
            "withdrawn": _("they refused “%(purpose)s”"),
            "silent": _("they never said anything about “%(purpose)s”"),
        }[value["state"]]
        return words % {"purpose": Purpose(value["purpose"]).label}
