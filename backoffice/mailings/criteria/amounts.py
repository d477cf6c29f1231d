"""How many messages customers got in a time, and what they cost. Read from SentHistory: one row a customer."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import BigIntegerField, Exists, F, Func, OuterRef, Q, Value
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import blocks

from backoffice.audiences.criteria.base import MESSAGES, Between, between_words, days_words, number_words
from backoffice.lib.numbers import plain_price
from backoffice.mailings.criteria.shapes import days_back, past_days_errors
from backoffice.mailings.models import SentHistory
from backoffice.mailings.sent_history import COST_UNITS, second_of

# How many messages were sent before a moment: found by halving, as the moments stand in order.
BEFORE = "width_bucket(%(expressions)s, sent_seconds)"


def added_up(column: str) -> str:
    """What came to the running sum ``column`` since a moment."""
    return f"{column}[cardinality({column})] - coalesce({column}[{BEFORE}], 0)"


class Amount(Between):
    """A sum over the messages sent to a customer within some days, from and to, both included."""

    measure: ClassVar[str] = ""
    units: ClassVar[int] = 1

    days = blocks.IntegerBlock(label=gettext_lazy("within the last … days"), default=30, required=False)

    class Meta:
        label_format = "{label}: {at_least} – {at_most}, {days}"

    def errors(self, value: Any) -> dict[str, str]:
        found = past_days_errors(value["days"]) | super().errors(value)
        if not found and not value["at_least"] and value["at_most"] is None:
            found["at_least"] = _("Everybody fits. Give a number above 0, or an upper bound.")
        return found

    def to_q(self, value: Any) -> Q:
        low, high = value["at_least"], value["at_most"]
        found = self._amounts(value["days"]).filter(customer=OuterRef("pk"))
        if not low:
            # From 0 on: those without any message are among them, so it is said of whom it is not true.
            return ~Q(Exists(found.filter(amount__gt=self._in_units(high, ROUND_FLOOR))))
        if high is not None:
            found = found.filter(amount__lte=self._in_units(high, ROUND_FLOOR))
        return Q(Exists(found.filter(amount__gte=self._in_units(low, ROUND_CEILING))))

    def _amounts(self, days: int) -> Any:
        """Histories with the ``amount`` of these days, in units; every moment counts by its full second."""
        last_before = second_of(days_back(days)) - 1
        amount: Any = Func(Value(last_before), template=self.measure, output_field=BigIntegerField())
        return SentHistory.objects.alias(amount=amount)

    def _in_units(self, bound: Decimal | int, rounding: str) -> int:
        return int((Decimal(bound) * self.units).to_integral_value(rounding))

    def sentence(self, value: Any) -> str:
        what = between_words(str(self.words), value["at_least"], value["at_most"], str(self.unit))
        return _("%(what)s within the last %(days)s") % {"what": what, "days": days_words(value["days"])}

    def answer(self, value: Any, customer: Any) -> str:
        found = self._amounts(value["days"]).filter(customer=customer).annotate(found=F("amount"))
        # Of a history without messages the sums are NULL.
        amount: int = found.values_list("found", flat=True).first() or 0
        unit = f" {self.unit}" if self.unit else ""
        return number_words(self.from_units(amount)) + unit

    def from_units(self, amount: int) -> Decimal | int:
        """The amount as people write it."""
        return amount


class MessagesCount(Amount):
    criterion = "messages_count"
    measure = f"cardinality(sent_seconds) - {BEFORE}"
    words = gettext_lazy("the number of messages sent to them")
    at_least = blocks.IntegerBlock(label=gettext_lazy("at least"), required=False)
    at_most = blocks.IntegerBlock(label=gettext_lazy("at most"), required=False)

    class Meta:
        label = gettext_lazy("Number of messages")
        icon = "list-ol"
        group = MESSAGES


class PartsCount(Amount):
    criterion = "message_parts"
    measure = added_up("parts_so_far")
    words = gettext_lazy("the number of message parts sent to them")
    at_least = blocks.IntegerBlock(label=gettext_lazy("at least"), required=False)
    at_most = blocks.IntegerBlock(label=gettext_lazy("at most"), required=False)

    class Meta:
        label = gettext_lazy("Number of message parts")
        icon = "list-ul"
        group = MESSAGES


class MessagesCost(Amount):
    criterion = "messages_cost"
    measure = added_up("cost_so_far")
    units = COST_UNITS
    words = gettext_lazy("the cost of messages sent to them")
    unit = settings.CURRENCY

    class Meta:
        label = gettext_lazy("Cost of messages")
        icon = "form"
        group = MESSAGES

    def from_units(self, amount: int) -> Decimal | int:
        return plain_price(Decimal(amount) / self.units)
