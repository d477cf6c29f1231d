"""Who the customers are."""

import calendar
from datetime import date, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db.models import Q, Value
from django.db.models.functions import ExtractDay, ExtractMonth
from django.db.models.lookups import IntegerGreaterThanOrEqual, IntegerLessThanOrEqual
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import blocks

from backoffice.audiences.criteria.base import (
    PERSON,
    Between,
    Criterion,
    OneOf,
    between_words,
    days_words,
    split_names,
    today,
)
from backoffice.customers.models import Customer

MAX_AGE_YEARS = 130


class Age(Between):
    criterion = "age"
    at_least = blocks.IntegerBlock(label=gettext_lazy("at least"), required=False)
    at_most = blocks.IntegerBlock(label=gettext_lazy("at most"), required=False)

    class Meta:
        label = gettext_lazy("Age")
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


class Birthday(Criterion):
    criterion = "birthday"
    days = blocks.IntegerBlock(label=gettext_lazy("within the next … days"), default=7, required=False)

    class Meta:
        label = gettext_lazy("Birthday soon")
        label_format = "{label}: {days}"
        icon = "calendar"
        group = PERSON

    def errors(self, value: Any) -> dict[str, str]:
        if value["days"] is None or not 0 <= value["days"] <= 180:
            return {"days": _("Give a number of days from 0 to 180. 0 means today.")}
        return {}

    def to_q(self, value: Any) -> Q:
        first, last = today(), today() + timedelta(days=value["days"])
        birthday = ExtractMonth("birth_date") * Value(100) + ExtractDay("birth_date")
        not_before = Q(IntegerGreaterThanOrEqual(birthday, _month_and_day(first)))
        not_after = Q(IntegerLessThanOrEqual(birthday, _last_month_and_day(last)))
        fits = not_before & not_after if first.year == last.year else not_before | not_after
        return Q(birth_date__isnull=False) & fits

    def sentence(self, value: Any) -> str:
        if value["days"] == 0:
            return _("the birthday is today")
        return _("the birthday is within the next %(days)s") % {"days": days_words(value["days"])}


def _month_and_day(day: date) -> int:
    return day.month * 100 + day.day


def _last_month_and_day(day: date) -> int:
    """Who was born on 29 February is congratulated on the 28th in years without that day."""
    if (day.month, day.day) == (2, 28) and not calendar.isleap(day.year):
        return 229
    return _month_and_day(day)


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


class Language(OneOf):
    criterion = "language"
    column = "language"
    words = gettext_lazy("the language is %(names)s")
    words_not = gettext_lazy("the language is not %(names)s")
    names = blocks.CharBlock(
        label=gettext_lazy("which codes, for example ru, en"),
        required=False,
    )

    class Meta:
        label = gettext_lazy("Language")
        icon = "globe"
        group = PERSON


class City(OneOf):
    criterion = "city"
    column = "city"
    words = gettext_lazy("the city is %(names)s")
    words_not = gettext_lazy("the city is not %(names)s")

    class Meta:
        label = gettext_lazy("City")
        icon = "site"
        group = PERSON


class Region(OneOf):
    criterion = "region"
    column = "region"
    words = gettext_lazy("the region is %(names)s")
    words_not = gettext_lazy("the region is not %(names)s")

    class Meta:
        label = gettext_lazy("Region")
        icon = "globe"
        group = PERSON


class Segment(OneOf):
    criterion = "segment"
    column = "segment"
    words = gettext_lazy("the segment is %(names)s")
    words_not = gettext_lazy("the segment is not %(names)s")

    class Meta:
        label = gettext_lazy("Segment")
        icon = "group"
        group = PERSON


class Tags(Criterion):
    criterion = "tags"
    how = blocks.ChoiceBlock(
        choices=[
            ("any", gettext_lazy("has one of")),
            ("all", gettext_lazy("has all of")),
            ("none", gettext_lazy("has none of")),
        ],
        default="any",
        label=gettext_lazy("how"),
    )
    names = blocks.CharBlock(
        label=gettext_lazy("which"),
        required=False,
        help_text=gettext_lazy(
            "Several are separated by commas. Write them exactly as in the customer's record."
        ),
    )

    class Meta:
        label = gettext_lazy("Tags")
        label_format = "{label}: {names}"
        icon = "tag"
        group = PERSON

    def errors(self, value: Any) -> dict[str, str]:
        return {} if split_names(value["names"]) else {"names": _("Say which, separated by commas.")}

    def to_q(self, value: Any) -> Q:
        names = split_names(value["names"])
        if value["how"] == "all":
            return Q(tags__contains=names)
        q = Q(tags__overlap=names)
        return ~q if value["how"] == "none" else q

    def sentence(self, value: Any) -> str:
        names = split_names(value["names"])
        if value["how"] == "all":
            return _("the tags %(names)s are all there") % {"names": get_text_list(names, _("and"))}
        words = {"names": get_text_list(names, _("or"))}
        if value["how"] == "none":
            return _("there is no tag %(names)s") % words
        return _("there is the tag %(names)s") % words


class Email(Criterion):
    criterion = "email"
    has = blocks.ChoiceBlock(
        choices=[("yes", gettext_lazy("has an e-mail address")), ("no", gettext_lazy("has none"))],
        default="yes",
        label=gettext_lazy("whether"),
    )

    class Meta:
        label = gettext_lazy("E-mail")
        label_format = "{label}: {has}"
        icon = "mail"
        group = PERSON

    def to_q(self, value: Any) -> Q:
        return Q(email="") if value["has"] == "no" else ~Q(email="")

    def sentence(self, value: Any) -> str:
        return _("there is no e-mail address") if value["has"] == "no" else _("there is an e-mail address")
