"""What customers did, as the CRM told us."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Max, Min, Q
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail import blocks

from backoffice.audiences.criteria.agreements import dates_errors
from backoffice.audiences.criteria.base import (
    HISTORY,
    Criterion,
    DaysAgo,
    day_of,
    day_words,
    days_errors,
    last_words,
    number_words,
    since,
    start_of,
)
from backoffice.audiences.criteria.history import actions, did
from backoffice.audiences.criteria.inputs import action_kind, last_days, money_bounds, whether
from backoffice.customers.models import Action
from backoffice.lib.moment_fields import DayBlock

MAX_TIMES = 1_000


class LastPurchase(DaysAgo):
    criterion = "last_purchase"
    column = "last_purchase_on"
    words_within = gettext_lazy("the last purchase was %(when)s")
    words_before = gettext_lazy("the last purchase was %(when)s, or never")
    missing = gettext_lazy("no purchase")

    class Meta:
        label = gettext_lazy("Last purchase")
        help_text = gettext_lazy("0 days means today. Who never bought fits “longer ago, or never”.")
        icon = "history"
        group = HISTORY


class LastVisit(DaysAgo):
    criterion = "last_visit"
    column = "last_visit_on"
    words_within = gettext_lazy("the last visit was %(when)s")
    words_before = gettext_lazy("the last visit was %(when)s, or never")
    missing = gettext_lazy("no visit")

    class Meta:
        label = gettext_lazy("Last visit")
        help_text = gettext_lazy("0 days means today. Who never came fits “longer ago, or never”.")
        icon = "view"
        group = HISTORY


class DidSomething(Criterion):
    """Did, or did not do, an action at least so many times in a period, with an amount between two bounds."""

    class Meta:
        label_format = "{label}: {did} {kind}"

    def found(self, value: Any) -> Any:
        """The actions of the period."""
        raise NotImplementedError

    def period_words(self, value: Any) -> str:
        """The period, behind "… at least once"."""
        raise NotImplementedError

    def errors(self, value: Any) -> dict[str, str]:
        found: dict[str, str] = {}
        if value["times"] is None or not 1 <= value["times"] <= MAX_TIMES:
            found["times"] = _("Give a number of times from 1 to 1,000.")
        low, high = value["amount_from"], value["amount_to"]
        if low is not None and high is not None and low > high:
            found["amount_to"] = _("Nobody fits: this is less than the lower bound. Swap the two numbers.")
        return found

    def to_q(self, value: Any) -> Q:
        q = did(self.found(value), value["times"])
        return ~q if value["did"] == "not" else q

    def sentence(self, value: Any) -> str:
        words = {
            "kind": Action.Kind(value["kind"]).label
            + amounts_words(value["amount_from"], value["amount_to"]),
            "times": ngettext("once", "%(times)s times", value["times"]) % {"times": value["times"]},
            "period": self.period_words(value),
        }
        if value["did"] == "not":
            return _("there was no %(kind)s at least %(times)s %(period)s") % words
        return _("there was a %(kind)s at least %(times)s %(period)s") % words

    def answer(self, value: Any, customer: Any) -> str:
        days = [day_of(at) for at in self.found(value).filter(customer=customer).values_list("at", flat=True)]
        if not days:
            return _("not once then")
        times = ngettext("once", "%(times)s times", len(days)) % {"times": number_words(len(days))}
        return _("%(times)s, last on %(day)s") % {"times": times, "day": day_words(max(days))}


def amounts_words(low: Any, high: Any) -> str:
    """For example " from 100 to 500 RUB", to be put behind a noun; empty without bounds."""
    words = {
        "low": number_words(low) if low is not None else "",
        "high": number_words(high) if high is not None else "",
        "currency": settings.CURRENCY,
    }
    if low is None and high is None:
        return ""
    if high is None:
        return " " + _("of at least %(low)s %(currency)s") % words
    if low is None:
        return " " + _("of at most %(high)s %(currency)s") % words
    return " " + _("of %(low)s to %(high)s %(currency)s") % words


class Did(DidSomething):
    criterion = "did"
    did = whether("did", gettext_lazy("did"), gettext_lazy("did not"))
    kind = action_kind()
    times = blocks.IntegerBlock(label=gettext_lazy("at least … times"), default=1, required=False)
    days = last_days()
    amount_from, amount_to = money_bounds(gettext_lazy("amount from"), gettext_lazy("to"))

    class Meta:
        label = gettext_lazy("Did or did not do something")
        help_text = gettext_lazy(
            "0 days means today. The amount is that of each purchase or payment; leave it empty if any will do. "
            "“Did not” takes those, too, who did it less often."
        )
        icon = "tasks"
        group = HISTORY

    def errors(self, value: Any) -> dict[str, str]:
        return {**days_errors("days", value["days"]), **super().errors(value)}

    def found(self, value: Any) -> Any:
        amounts = (value["amount_from"], value["amount_to"])
        return actions(value["kind"], since(value["days"]), amounts=amounts)

    def period_words(self, value: Any) -> str:
        return last_words(value["days"])


class DidBetween(DidSomething):
    criterion = "did_between"
    did = whether("did", gettext_lazy("did"), gettext_lazy("did not"))
    kind = action_kind()
    times = blocks.IntegerBlock(label=gettext_lazy("at least … times"), default=1, required=False)
    first = DayBlock(label=gettext_lazy("from (day)"), required=False)
    last = DayBlock(label=gettext_lazy("to (day)"), required=False)
    amount_from, amount_to = money_bounds(gettext_lazy("amount from"), gettext_lazy("to"))

    class Meta:
        label = gettext_lazy("Did or did not do something between two dates")
        help_text = gettext_lazy(
            "Both days included, by the company's clock: for example who bought last December. “Did not” takes those, too, "
            "who did it less often."
        )
        icon = "date"
        group = HISTORY

    def errors(self, value: Any) -> dict[str, str]:
        return {**dates_errors(value), **super().errors(value)}

    def found(self, value: Any) -> Any:
        begin = start_of(value["first"]) if value["first"] else None
        end = start_of(value["last"] + timedelta(days=1)) if value["last"] else None
        return actions(value["kind"], begin, end, (value["amount_from"], value["amount_to"]))

    def period_words(self, value: Any) -> str:
        words = {name: formats.date_format(value[name]) if value[name] else "" for name in ("first", "last")}
        if not value["first"]:
            return _("until %(last)s") % words
        if not value["last"]:
            return _("since %(first)s") % words
        return _("from %(first)s to %(last)s") % words


class FirstPurchase(Criterion):
    criterion = "first_purchase"
    days = last_days()

    class Meta:
        label = gettext_lazy("First purchase")
        label_format = "{label}: {days}"
        help_text = gettext_lazy("Those who bought since then, and not before. 0 days means today.")
        icon = "pick"
        group = HISTORY

    def errors(self, value: Any) -> dict[str, str]:
        return days_errors("days", value["days"])

    def to_q(self, value: Any) -> Q:
        begin = since(value["days"])
        # Two look-ups rather than the earliest of all: only those who bought of late are looked up a second time.
        return did(actions(Action.Kind.PURCHASE, begin)) & ~did(actions(Action.Kind.PURCHASE, end=begin))

    def sentence(self, value: Any) -> str:
        return _("the first purchase was %(when)s") % {"when": last_words(value["days"])}

    def answer(self, value: Any, customer: Any) -> str:
        first = actions(Action.Kind.PURCHASE).filter(customer=customer).aggregate(at=Min("at"))["at"]
        return day_words(day_of(first)) if first else _("no purchase")


class NeverBought(Criterion):
    criterion = "never_bought"
    bought = blocks.ChoiceBlock(
        choices=[("never", gettext_lazy("never bought")), ("ever", gettext_lazy("bought at some time"))],
        default="never",
        label=gettext_lazy("whether"),
    )

    class Meta:
        label = gettext_lazy("Never bought anything")
        label_format = "{label}: {bought}"
        help_text = gettext_lazy("By the CRM's number and day of purchases, and by the purchases it told us.")
        icon = "cross"
        group = HISTORY

    def to_q(self, value: Any) -> Q:
        never = (
            Q(purchases_count__lte=0) & Q(last_purchase_on__isnull=True) & ~did(actions(Action.Kind.PURCHASE))
        )
        return ~never if value["bought"] == "ever" else never

    def sentence(self, value: Any) -> str:
        if value["bought"] == "ever":
            return _("they bought something at some time")
        return _("they never bought anything")

    def answer(self, value: Any, customer: Any) -> str:
        latest = actions(Action.Kind.PURCHASE).filter(customer=customer).aggregate(at=Max("at"))["at"]
        days = [customer.last_purchase_on, day_of(latest) if latest else None]
        if known := [day for day in days if day]:
            return _("last purchase: %(day)s") % {"day": day_words(max(known))}
        count = customer.purchases_count
        if count > 0:
            return ngettext("%(number)s purchase", "%(number)s purchases", count) % {
                "number": number_words(count)
            }
        return _("no purchase")


class Added(DaysAgo):
    criterion = "added"
    column = "created_at"
    words_within = gettext_lazy("they were added %(when)s")
    words_before = gettext_lazy("they were added %(when)s")
    when = blocks.ChoiceBlock(
        choices=[
            ("within", gettext_lazy("within the last … days")),
            ("before", gettext_lazy("longer ago than … days")),
        ],
        default="within",
        label=gettext_lazy("when"),
    )
    days = blocks.IntegerBlock(label=gettext_lazy("days"), default=7, required=False)

    class Meta:
        label = gettext_lazy("Brand new: added to our records")
        help_text = gettext_lazy("When the CRM told us of them first. 0 days means today.")
        icon = "plus-inverse"
        group = HISTORY

    def to_q(self, value: Any) -> Q:
        begin = since(value["days"])
        return Q(created_at__lt=begin) if value["when"] == "before" else Q(created_at__gte=begin)

    def answer(self, value: Any, customer: Any) -> str:
        return day_words(day_of(customer.created_at))
