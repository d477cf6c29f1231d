"""Money, loyalty and what customers bought in all."""

from django.conf import settings
from django.utils.translation import gettext_lazy
from wagtail import blocks

from backoffice.audiences.criteria.base import MONEY, Between, OneOf


class LoyaltyTier(OneOf):
    criterion = "loyalty_tier"
    column = "loyalty_tier"
    words = gettext_lazy("the loyalty level is %(names)s")
    words_not = gettext_lazy("the loyalty level is not %(names)s")

    class Meta:
        label = gettext_lazy("Loyalty level")
        icon = "pick"
        group = MONEY


class LoyaltyPoints(Between):
    criterion = "loyalty_points"
    column = "loyalty_points"
    words = gettext_lazy("the number of loyalty points")
    at_least = blocks.IntegerBlock(label=gettext_lazy("at least"), required=False)
    at_most = blocks.IntegerBlock(label=gettext_lazy("at most"), required=False)
    may_be_negative = True

    class Meta:
        label = gettext_lazy("Loyalty points")
        icon = "plus-inverse"
        group = MONEY


class Balance(Between):
    criterion = "balance"
    column = "balance"
    words = gettext_lazy("the balance")
    unit = settings.CURRENCY
    may_be_negative = True

    class Meta:
        label = gettext_lazy("Balance")
        icon = "form"
        group = MONEY


class Debt(Between):
    criterion = "debt"
    column = "debt"
    words = gettext_lazy("the debt")
    unit = settings.CURRENCY

    class Meta:
        label = gettext_lazy("Debt")
        icon = "warning"
        group = MONEY


class Spent(Between):
    criterion = "spent"
    column = "spent_total"
    words = gettext_lazy("what they spent in all")
    unit = settings.CURRENCY

    class Meta:
        label = gettext_lazy("Spent in all")
        icon = "form"
        group = MONEY


class AverageReceipt(Between):
    criterion = "average_receipt"
    column = "average_receipt"
    words = gettext_lazy("the average receipt")
    unit = settings.CURRENCY

    class Meta:
        label = gettext_lazy("Average receipt")
        icon = "form"
        group = MONEY


class Purchases(Between):
    criterion = "purchases"
    column = "purchases_count"
    words = gettext_lazy("the number of purchases")
    at_least = blocks.IntegerBlock(label=gettext_lazy("at least"), required=False)
    at_most = blocks.IntegerBlock(label=gettext_lazy("at most"), required=False)

    class Meta:
        label = gettext_lazy("Number of purchases")
        icon = "order"
        group = MONEY
