"""How many messages customers got in a time, and what they cost. Counted from the messages of that time."""

from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import blocks

from backoffice.audiences.criteria.base import MESSAGES, Between, between_words, days_words, number_words
from backoffice.mailings.criteria.shapes import Among, days_back, past_days_errors

# The index message_sent holds all that is read here; the table is never looked into once it is vacuumed.
SENT_SINCE = "sent_at >= %s"


class Amount(Between):
    """A sum over the messages sent to a customer within some days, from and to, both included."""

    measure: ClassVar[str] = ""

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
        if low:
            return self._having([("<=", high), (">=", low)], value["days"])
        # From 0 on: those without any message are among them, so it is said of whom it is not true.
        return ~self._having([(">", high)], value["days"])

    def _having(self, bounds: list[tuple[str, Any]], days: int) -> Q:
        given = [(sign, bound) for sign, bound in bounds if bound is not None]
        having = " AND ".join(f"{self.measure} {sign} %s" for sign, _bound in given)
        select = f"SELECT customer_id FROM mailings_message WHERE {SENT_SINCE} GROUP BY customer_id HAVING {having}"
        return Q(Among(select, [days_back(days), *(bound for _sign, bound in given)]))

    def sentence(self, value: Any) -> str:
        what = between_words(str(self.words), value["at_least"], value["at_most"], str(self.unit))
        return _("%(what)s within the last %(days)s") % {"what": what, "days": days_words(value["days"])}

    def answer(self, value: Any, customer: Any) -> str:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT coalesce({self.measure}, 0) FROM mailings_message WHERE {SENT_SINCE} AND customer_id = %s",
                [days_back(value["days"]), customer.pk],
            )
            amount: Decimal | int = cursor.fetchone()[0]
        unit = f" {self.unit}" if self.unit else ""
        return number_words(amount) + unit


class MessagesCount(Amount):
    criterion = "messages_count"
    measure = "count(*)"
    words = gettext_lazy("the number of messages sent to them")
    at_least = blocks.IntegerBlock(label=gettext_lazy("at least"), required=False)
    at_most = blocks.IntegerBlock(label=gettext_lazy("at most"), required=False)

    class Meta:
        label = gettext_lazy("Number of messages")
        icon = "list-ol"
        group = MESSAGES


class PartsCount(Amount):
    criterion = "message_parts"
    measure = "sum(parts)"
    words = gettext_lazy("the number of message parts sent to them")
    at_least = blocks.IntegerBlock(label=gettext_lazy("at least"), required=False)
    at_most = blocks.IntegerBlock(label=gettext_lazy("at most"), required=False)

    class Meta:
        label = gettext_lazy("Number of message parts")
        icon = "list-ul"
        group = MESSAGES


class MessagesCost(Amount):
    criterion = "messages_cost"
    measure = "sum(cost)"
    words = gettext_lazy("the cost of messages sent to them")
    unit = settings.CURRENCY

    class Meta:
        label = gettext_lazy("Cost of messages")
        icon = "form"
        group = MESSAGES
