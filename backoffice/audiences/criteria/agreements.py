"""The contract: tariff, how long, until when, and who serves the customer on which way."""

from datetime import timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db.models import Q
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail import blocks

from backoffice.audiences.criteria.base import (
    AGREEMENT,
    Between,
    Criterion,
    OneOf,
    ago_words,
    between_words,
    day_words,
    days_errors,
    last_words,
    next_words,
    today,
)
from backoffice.audiences.criteria.inputs import names_of, next_days, whole_bounds
from backoffice.audiences.criteria.person import YearlyDay
from backoffice.lib.moment_fields import DayBlock

MAX_MONTHS = 1_200


class Tariff(OneOf):
    criterion = "tariff"
    column = "tariff"
    words = gettext_lazy("the tariff is %(names)s")
    words_not = gettext_lazy("the tariff is not %(names)s, or is not known")
    missing = gettext_lazy("no tariff")
    names = names_of("tariff")

    class Meta:
        label = gettext_lazy("Tariff")
        help_text = gettext_lazy("“Is none of” takes customers without a tariff, too.")
        icon = "doc-full"
        group = AGREEMENT


class CustomerFor(Between):
    criterion = "customer_for"
    at_least, at_most = whole_bounds(gettext_lazy("months"))

    class Meta:
        label = gettext_lazy("Customer for … months")
        help_text = gettext_lazy("In full months. Those of whom it is not known do not fit.")
        icon = "history"
        group = AGREEMENT

    def errors(self, value: Any) -> dict[str, str]:
        for name in ("at_least", "at_most"):
            if value[name] is not None and value[name] > MAX_MONTHS:
                return {name: _("Give a number of months, up to 1,200.")}
        return super().errors(value)

    def to_q(self, value: Any) -> Q:
        q = Q()
        if value["at_least"] == 0:
            q &= Q(registered_on__isnull=False)
        elif value["at_least"] is not None:
            q &= Q(registered_on__lte=today() - relativedelta(months=value["at_least"]))
        if value["at_most"] is not None:
            q &= Q(registered_on__gt=today() - relativedelta(months=value["at_most"] + 1))
        return q

    def sentence(self, value: Any) -> str:
        return between_words(_("the time as a customer"), value["at_least"], value["at_most"], _("months"))

    def answer(self, value: Any, customer: Any) -> str:
        if customer.registered_on is None:
            return _("since when is not known")
        passed = relativedelta(today(), customer.registered_on)
        months = max(0, passed.years * 12 + passed.months)
        return ngettext("%(months)s month", "%(months)s months", months) % {"months": months}


class CustomerSince(Criterion):
    criterion = "customer_since"
    first = DayBlock(label=gettext_lazy("from (day)"), required=False)
    last = DayBlock(label=gettext_lazy("to (day)"), required=False)

    class Meta:
        label = gettext_lazy("Customer since … (dates)")
        label_format = "{label}: {first} – {last}"
        help_text = gettext_lazy("Both days included. Those of whom it is not known do not fit.")
        icon = "date"
        group = AGREEMENT

    def errors(self, value: Any) -> dict[str, str]:
        return dates_errors(value)

    def to_q(self, value: Any) -> Q:
        q = Q()
        if value["first"] is not None:
            q &= Q(registered_on__gte=value["first"])
        if value["last"] is not None:
            q &= Q(registered_on__lte=value["last"])
        return q

    def sentence(self, value: Any) -> str:
        return dates_words(_("the day on which they became customers"), value)

    def answer(self, value: Any, customer: Any) -> str:
        return day_words(customer.registered_on) or _("since when is not known")


def dates_errors(value: Any) -> dict[str, str]:
    """The complaint about a first and a last day, of which one may be missing."""
    if value["first"] is None and value["last"] is None:
        return {"first": _("Give at least one of the two days.")}
    if value["first"] and value["last"] and value["first"] > value["last"]:
        return {"last": _("Nobody fits: this is before the first day. Swap the two days.")}
    return {}


def dates_words(what: str, value: Any) -> str:
    """For example "the day is from Nov. 1, 2026 to Nov. 30, 2026"."""
    words = {
        "what": what,
        "first": formats.date_format(value["first"]) if value["first"] else "",
        "last": formats.date_format(value["last"]) if value["last"] else "",
    }
    if not value["first"]:
        return _("%(what)s is %(last)s or earlier") % words
    if not value["last"]:
        return _("%(what)s is %(first)s or later") % words
    return _("%(what)s is from %(first)s to %(last)s") % words


class Anniversary(YearlyDay):
    criterion = "anniversary"
    column = "registered_on"
    words_today = gettext_lazy("the anniversary as a customer is today")
    words_soon = gettext_lazy("the anniversary as a customer is within the next %(days)s")
    missing = gettext_lazy("since when is not known")

    class Meta:
        label = gettext_lazy("Anniversary as a customer")
        help_text = gettext_lazy("A full year, or several, since they became customers. 0 days means today.")
        icon = "calendar-check"
        group = AGREEMENT

    def to_q(self, value: Any) -> Q:
        return Q(registered_on__lt=today()) & super().to_q(value)


class ContractState(Criterion):
    criterion = "contract_state"
    state = blocks.ChoiceBlock(
        choices=[
            ("running", gettext_lazy("is running")),
            ("ended", gettext_lazy("has ended")),
            ("endless", gettext_lazy("has no known end")),
        ],
        default="running",
        label=gettext_lazy("the contract"),
    )

    class Meta:
        label = gettext_lazy("Contract is running or has ended")
        label_format = "{label}: {state}"
        help_text = gettext_lazy("On its last day a contract is still running.")
        icon = "doc-empty"
        group = AGREEMENT

    def to_q(self, value: Any) -> Q:
        return {
            "running": Q(contract_ends_on__gte=today()),
            "ended": Q(contract_ends_on__lt=today()),
            "endless": Q(contract_ends_on__isnull=True),
        }[value["state"]]

    def sentence(self, value: Any) -> str:
        return {
            "running": _("the contract is running and its end is known"),
            "ended": _("the contract has ended"),
            "endless": _("no end of the contract is known"),
        }[value["state"]]

    def answer(self, value: Any, customer: Any) -> str:
        return day_words(customer.contract_ends_on) or _("no end of the contract is known")


class ContractEnds(Criterion):
    criterion = "contract_ends"
    days = next_days()

    class Meta:
        label = gettext_lazy("Contract ends soon")
        label_format = "{label}: {days}"
        help_text = gettext_lazy("0 days means today. Contracts without a known end do not fit.")
        icon = "calendar-alt"
        group = AGREEMENT

    def errors(self, value: Any) -> dict[str, str]:
        return days_errors("days", value["days"])

    def to_q(self, value: Any) -> Q:
        return Q(contract_ends_on__gte=today()) & Q(
            contract_ends_on__lte=today() + timedelta(days=value["days"])
        )

    def sentence(self, value: Any) -> str:
        return _("the contract ends %(when)s") % {"when": next_words(value["days"])}

    def answer(self, value: Any, customer: Any) -> str:
        return day_words(customer.contract_ends_on) or _("no end of the contract is known")


class ContractEnded(Criterion):
    criterion = "contract_ended"
    when = blocks.ChoiceBlock(
        choices=[
            ("within", gettext_lazy("within the last … days")),
            ("before", gettext_lazy("longer ago than … days")),
        ],
        default="within",
        label=gettext_lazy("when"),
    )
    days = blocks.IntegerBlock(label=gettext_lazy("days"), default=30, required=False)

    class Meta:
        label = gettext_lazy("Contract ended … days ago")
        label_format = "{label}: {when} {days}"
        help_text = gettext_lazy("A contract that ends today is still running and does not fit.")
        icon = "calendar-alt"
        group = AGREEMENT

    def errors(self, value: Any) -> dict[str, str]:
        if value["when"] == "within" and value["days"] == 0:
            return {
                "days": _("Nobody fits: a contract that ends today is still running. Give at least 1 day.")
            }
        return days_errors("days", value["days"])

    def to_q(self, value: Any) -> Q:
        first = today() - timedelta(days=value["days"])
        if value["when"] == "before":
            return Q(contract_ends_on__lt=first)
        return Q(contract_ends_on__gte=first) & Q(contract_ends_on__lt=today())

    def sentence(self, value: Any) -> str:
        is_before = value["when"] == "before"
        when = ago_words(value["days"]) if is_before else last_words(value["days"])
        return _("the contract ended %(when)s") % {"when": when}

    def answer(self, value: Any, customer: Any) -> str:
        return day_words(customer.contract_ends_on) or _("no end of the contract is known")
