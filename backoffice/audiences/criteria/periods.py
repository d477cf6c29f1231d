"""What customers bought within a period, counted from what they did."""

from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import Aggregate, Avg, Count, DecimalField, Max, Q, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backoffice.audiences.criteria.base import (
    MONEY,
    Between,
    between_words,
    days_errors,
    last_words,
    number_words,
    since,
)
from backoffice.audiences.criteria.history import Together, actions, among, together_between
from backoffice.audiences.criteria.inputs import last_days, money_bounds, whole_bounds
from backoffice.customers.models import Action

CENT = Decimal("0.01")


class BoughtWithin(Between):
    """A number made of the purchases of a period. Who bought nothing then has 0, or, if ``needs_some``, does not fit."""

    words: ClassVar[str | Promise] = ""
    needs_some: ClassVar[bool] = False

    class Meta:
        label_format = "{label}: {at_least} – {at_most}, {days}"

    def together(self) -> Together:
        """What is made of the purchases of one customer."""
        raise NotImplementedError

    def errors(self, value: Any) -> dict[str, str]:
        return {**days_errors("days", value["days"]), **super().errors(value)}

    def to_q(self, value: Any) -> Q:
        found = actions(Action.Kind.PURCHASE, since(value["days"]))
        low, high = value["at_least"], value["at_most"]
        if not self.needs_some:
            return together_between(found, low, high, self.together())
        fits = Q() if low is None else Q(together__gte=low)
        if high is not None:
            fits &= Q(together__lte=high)
        return among(found, fits, self.together())

    def sentence(self, value: Any) -> str:
        what = str(self.words) % {"when": last_words(value["days"])}
        return between_words(what, value["at_least"], value["at_most"], str(self.unit))

    def answer(self, value: Any, customer: Any) -> str:
        found = actions(Action.Kind.PURCHASE, since(value["days"])).filter(customer=customer)
        number = found.aggregate(together=self.together())["together"]
        if number is None:
            return _("no such purchase")
        return self.number_answer(number)

    def number_answer(self, number: Any) -> str:
        return f"{number_words(Decimal(number).quantize(CENT))} {self.unit}".strip()


class SpentWithin(BoughtWithin):
    criterion = "spent_within"
    words = gettext_lazy("what they spent %(when)s")
    unit = settings.CURRENCY
    at_least, at_most = money_bounds()
    days = last_days()

    class Meta:
        label = gettext_lazy("Spent within a period")
        help_text = gettext_lazy(
            "The sum of all purchases since then. Who bought nothing has 0, and fits “at most”."
        )
        icon = "form"
        group = MONEY

    def together(self) -> Coalesce:
        return Coalesce(Sum("amount"), Value(0), output_field=DecimalField(max_digits=20, decimal_places=2))


class PurchasesWithin(BoughtWithin):
    criterion = "purchases_within"
    words = gettext_lazy("the number of purchases %(when)s")
    at_least, at_most = whole_bounds(gettext_lazy("purchases"))
    days = last_days()

    class Meta:
        label = gettext_lazy("Number of purchases within a period")
        help_text = gettext_lazy("Who bought nothing has 0, and fits “at most”.")
        icon = "order"
        group = MONEY

    def together(self) -> Aggregate:
        return Count("*")

    def number_answer(self, number: Any) -> str:
        return ngettext("%(number)s purchase", "%(number)s purchases", number) % {
            "number": number_words(number)
        }


class LargestWithin(BoughtWithin):
    criterion = "largest_within"
    needs_some = True
    words = gettext_lazy("the largest purchase %(when)s")
    unit = settings.CURRENCY
    at_least, at_most = money_bounds()
    days = last_days()

    class Meta:
        label = gettext_lazy("Largest purchase within a period")
        help_text = gettext_lazy(
            "Who bought nothing then does not fit, nor does a purchase without an amount."
        )
        icon = "order-up"
        group = MONEY

    def together(self) -> Aggregate:
        return Max("amount")


class AverageWithin(BoughtWithin):
    criterion = "average_within"
    needs_some = True
    words = gettext_lazy("the average purchase %(when)s")
    unit = settings.CURRENCY
    at_least, at_most = money_bounds()
    days = last_days()

    class Meta:
        label = gettext_lazy("Average receipt within a period")
        help_text = gettext_lazy(
            "Who bought nothing then does not fit. Purchases without an amount do not count."
        )
        icon = "form"
        group = MONEY

    def together(self) -> Aggregate:
        return Avg("amount")
