"""Money, loyalty and what customers bought in all."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy, ngettext

from backoffice.audiences.criteria.base import MONEY, Between, OneOf, number_words
from backoffice.audiences.criteria.inputs import money_bounds, names_of, whole_bounds


class LoyaltyTier(OneOf):
    criterion = "loyalty_tier"
    column = "loyalty_tier"
    words = gettext_lazy("the loyalty level is %(names)s")
    words_not = gettext_lazy("the loyalty level is not %(names)s, or there is none")
    missing = gettext_lazy("no loyalty level")
    names = names_of("loyalty_tier")

    class Meta:
        label = gettext_lazy("Loyalty level (tier)")
        help_text = gettext_lazy("“Is none of” takes customers without a level, too.")
        icon = "pick"
        group = MONEY


class LoyaltyPoints(Between):
    criterion = "loyalty_points"
    column = "loyalty_points"
    words = gettext_lazy("the number of loyalty points")
    at_least, at_most = whole_bounds(gettext_lazy("points"))
    may_be_negative = True

    class Meta:
        label = gettext_lazy("Loyalty points")
        help_text = gettext_lazy("May be negative where points were taken back.")
        icon = "plus-inverse"
        group = MONEY

    def answer(self, value: Any, customer: Any) -> str:
        points = customer.loyalty_points
        return ngettext("%(number)s point", "%(number)s points", points) % {"number": number_words(points)}


class Balance(Between):
    criterion = "balance"
    column = "balance"
    words = gettext_lazy("the balance")
    unit = settings.CURRENCY
    at_least, at_most = money_bounds()
    may_be_negative = True

    class Meta:
        label = gettext_lazy("Balance")
        help_text = gettext_lazy("As the CRM told it last. May be negative.")
        icon = "form"
        group = MONEY


class Debt(Between):
    criterion = "debt"
    column = "debt"
    words = gettext_lazy("the debt")
    unit = settings.CURRENCY
    at_least, at_most = money_bounds()

    class Meta:
        label = gettext_lazy("Debt")
        help_text = gettext_lazy("As the CRM told it last. At least 0.01 takes everybody who owes anything.")
        icon = "warning"
        group = MONEY


class Spent(Between):
    criterion = "spent"
    column = "spent_total"
    words = gettext_lazy("what they spent in all")
    unit = settings.CURRENCY
    at_least, at_most = money_bounds()

    class Meta:
        label = gettext_lazy("Spent in all")
        help_text = gettext_lazy(
            "Since they became customers, as the CRM told it last. For a period take “Spent within a period”."
        )
        icon = "form"
        group = MONEY


class AverageReceipt(Between):
    criterion = "average_receipt"
    column = "average_receipt"
    words = gettext_lazy("the average receipt")
    unit = settings.CURRENCY
    at_least, at_most = money_bounds()

    class Meta:
        label = gettext_lazy("Average receipt")
        help_text = gettext_lazy("Of all their purchases, as the CRM told it last. Who bought nothing has 0.")
        icon = "form"
        group = MONEY


class Purchases(Between):
    criterion = "purchases"
    column = "purchases_count"
    words = gettext_lazy("the number of purchases")
    at_least, at_most = whole_bounds(gettext_lazy("purchases"))

    class Meta:
        label = gettext_lazy("Number of purchases in all")
        help_text = gettext_lazy(
            "In all, as the CRM told it last. For a period take “Number of purchases within a period”."
        )
        icon = "order"
        group = MONEY

    def answer(self, value: Any, customer: Any) -> str:
        count = customer.purchases_count
        return ngettext("%(number)s purchase", "%(number)s purchases", count) % {
            "number": number_words(count)
        }
