"""Who the customers are, and what is known of them."""

import calendar
from datetime import date, timedelta
from typing import Any, ClassVar

from dateutil.relativedelta import relativedelta
from django import forms
from django.db.models import Q, Value
from django.db.models.functions import ExtractDay, ExtractMonth
from django.db.models.lookups import IntegerGreaterThanOrEqual, IntegerLessThanOrEqual
from django.utils import formats
from django.utils.dates import MONTHS
from django.utils.functional import Promise
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail import blocks

from backoffice.audiences.criteria.base import (
    PERSON,
    Between,
    Criterion,
    between_words,
    days_words,
    today,
)
from backoffice.audiences.criteria.inputs import next_days, whether, whole_bounds
from backoffice.customers.models import Customer

MAX_AGE_YEARS = 130
MAX_SOON_DAYS = 180


class Age(Between):
    criterion = "age"
    at_least, at_most = whole_bounds(gettext_lazy("years"))

    class Meta:
        label = gettext_lazy("Age")
        help_text = gettext_lazy("In full years, today. Who has no date of birth does not fit.")
        icon = "user"
        group = PERSON

    def errors(self, value: Any) -> dict[str, str]:
        for name in ("at_least", "at_most"):
            if value[name] is not None and value[name] > MAX_AGE_YEARS:
                return {name: _("Give an age in years, up to %(age)s.") % {"age": MAX_AGE_YEARS}}
        return super().errors(value)

    def to_q(self, value: Any) -> Q:
        q = Q()
        if value["at_least"] is not None:
            q &= Q(birth_date__lte=today() - relativedelta(years=value["at_least"]))
        if value["at_most"] is not None:
            q &= Q(birth_date__gt=today() - relativedelta(years=value["at_most"] + 1))
        return q

    def sentence(self, value: Any) -> str:
        return between_words(_("the age"), value["at_least"], value["at_most"], _("years"))

    def answer(self, value: Any, customer: Any) -> str:
        if customer.birth_date is None:
            return _("no date of birth")
        years = relativedelta(today(), customer.birth_date).years
        return ngettext("%(years)s year", "%(years)s years", years) % {"years": years}


class YearlyDay(Criterion):
    """A day that comes again every year lies within the next days, today included."""

    column: ClassVar[str] = ""
    words_today: ClassVar[str | Promise] = ""
    words_soon: ClassVar[str | Promise] = ""
    missing: ClassVar[str | Promise] = ""

    days = next_days(7)

    class Meta:
        label_format = "{label}: {days}"

    def errors(self, value: Any) -> dict[str, str]:
        if value["days"] is None or not 0 <= value["days"] <= MAX_SOON_DAYS:
            return {"days": _("Give a number of days from 0 to 180. 0 means today.")}
        return {}

    def to_q(self, value: Any) -> Q:
        first, last = today(), today() + timedelta(days=value["days"])
        yearly = ExtractMonth(self.column) * Value(100) + ExtractDay(self.column)
        not_before = Q(IntegerGreaterThanOrEqual(yearly, _month_and_day(first)))
        not_after = Q(IntegerLessThanOrEqual(yearly, _last_month_and_day(last)))
        fits = not_before & not_after if first.year == last.year else not_before | not_after
        return Q(**{f"{self.column}__isnull": False}) & fits

    def sentence(self, value: Any) -> str:
        if value["days"] == 0:
            return str(self.words_today)
        return str(self.words_soon) % {"days": days_words(value["days"])}

    def answer(self, value: Any, customer: Any) -> str:
        day = getattr(customer, self.column)
        return formats.date_format(day) if day else str(self.missing)


def _month_and_day(day: date) -> int:
    return day.month * 100 + day.day


def _last_month_and_day(day: date) -> int:
    """Who was born on 29 February is congratulated on the 28th in years without that day."""
    if (day.month, day.day) == (2, 28) and not calendar.isleap(day.year):
        return 229
    return _month_and_day(day)


class Birthday(YearlyDay):
    criterion = "birthday"
    column = "birth_date"
    words_today = gettext_lazy("the birthday is today")
    words_soon = gettext_lazy("the birthday is within the next %(days)s")
    missing = gettext_lazy("no date of birth")

    class Meta:
        label = gettext_lazy("Birthday soon")
        help_text = gettext_lazy(
            "0 days means today, by the company's clock. A birthday on 29 February is kept on the 28th in other years."
        )
        icon = "calendar"
        group = PERSON


class BirthdayMonth(Criterion):
    criterion = "birthday_month"
    months = blocks.MultipleChoiceBlock(
        choices=list(MONTHS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("in which months"),
    )

    class Meta:
        label = gettext_lazy("Birthday in a month")
        label_format = "{label}: {months}"
        help_text = gettext_lazy("Who has no date of birth does not fit.")
        icon = "calendar"
        group = PERSON

    def errors(self, value: Any) -> dict[str, str]:
        return {} if value["months"] else {"months": _("Choose at least one month.")}

    def to_q(self, value: Any) -> Q:
        months = [int(month) for month in value["months"]]
        return Q(birth_date__isnull=False) & Q(birth_date__month__in=months)

    def sentence(self, value: Any) -> str:
        names = [str(MONTHS[int(month)]) for month in value["months"]]
        return _("the birthday is in %(months)s") % {"months": get_text_list(names, _("or"))}

    def answer(self, value: Any, customer: Any) -> str:
        return str(MONTHS[customer.birth_date.month]) if customer.birth_date else _("no date of birth")


class Gender(Criterion):
    criterion = "gender"
    who = blocks.ChoiceBlock(
        choices=[
            ("f", gettext_lazy("women")),
            ("m", gettext_lazy("men")),
            ("unknown", gettext_lazy("not known")),
        ],
        label=gettext_lazy("who"),
        required=False,
    )

    class Meta:
        label = gettext_lazy("Gender")
        label_format = "{label}: {who}"
        help_text = gettext_lazy("Neither women nor men are those whose gender the CRM does not know.")
        icon = "group"
        group = PERSON

    def errors(self, value: Any) -> dict[str, str]:
        return {} if value["who"] else {"who": _("Choose one.")}

    def to_q(self, value: Any) -> Q:
        return Q(gender=Customer.Gender.UNKNOWN if value["who"] == "unknown" else value["who"])

    def sentence(self, value: Any) -> str:
        return {
            "f": _("they are women"),
            "m": _("they are men"),
            "unknown": _("the gender is not known"),
        }[value["who"]]

    def answer(self, value: Any, customer: Any) -> str:
        known = dict(Customer.Gender.choices)
        return str(known.get(customer.gender, known[Customer.Gender.UNKNOWN])).lower()


class Known(Criterion):
    criterion = "known"
    columns: ClassVar[dict[str, str | Promise]] = {
        "first_name": gettext_lazy("the first name"),
        "middle_name": gettext_lazy("the middle name"),
        "last_name": gettext_lazy("the last name"),
        "birth_date": gettext_lazy("the date of birth"),
        "city": gettext_lazy("the city"),
        "region": gettext_lazy("the region"),
        "time_zone": gettext_lazy("the time zone"),
        "language": gettext_lazy("the language"),
        "registered_on": gettext_lazy("the day since when they are customers"),
    }

    what = blocks.ChoiceBlock(choices=list(columns.items()), default="first_name", label=gettext_lazy("what"))
    known = whether("known", gettext_lazy("is known"), gettext_lazy("is not known"))

    class Meta:
        label = gettext_lazy("Name or another entry is known")
        label_format = "{label}: {what} {known}"
        help_text = gettext_lazy("For example only those whom a text can address by name.")
        icon = "form"
        group = PERSON

    def to_q(self, value: Any) -> Q:
        column = value["what"]
        empty = Q(**{f"{column}__isnull": True}) if self._is_day(column) else Q(**{column: ""})
        return empty if value["known"] == "not" else ~empty

    def _is_day(self, column: str) -> bool:
        return Customer._meta.get_field(column).get_internal_type() == "DateField"

    def sentence(self, value: Any) -> str:
        words = _("%(what)s is not known") if value["known"] == "not" else _("%(what)s is known")
        return words % {"what": self.columns[value["what"]]}

    def answer(self, value: Any, customer: Any) -> str:
        return _("known") if getattr(customer, value["what"]) else _("not known")
