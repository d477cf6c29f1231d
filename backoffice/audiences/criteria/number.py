"""The phone number, whether it can be reached, and the e-mail address."""

from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django import forms
from django.db.models import Exists, F, OuterRef, Q
from django.utils.functional import Promise
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE
from wagtail import blocks

from backoffice.audiences.criteria.base import (
    NUMBER,
    Criterion,
    day_of,
    day_words,
    days_errors,
    days_words,
    since,
    split_names,
)
from backoffice.audiences.criteria.inputs import whether
from backoffice.customers.models import Contact, Customer
from backoffice.lib.masking import masked_phone


class Country(NamedTuple):
    label: str | Promise
    prefixes: tuple[str, ...]


ABROAD = "other"
# Digits behind the code of the country that a masked number shows, see lib.masking.
DIGITS_SHOWN = 3
# Among so many customers a beginning of a number tells of none of them.
FEWEST = 1_000
# Russia and Kazakhstan share +7: Kazakhstan's numbers begin with 6 or 7 (ITU E.164 national numbering plans).
COUNTRIES = {
    "RU": Country(gettext_lazy("Russia"), ("+73", "+74", "+75", "+78", "+79")),
    "KZ": Country(gettext_lazy("Kazakhstan"), ("+76", "+77")),
    "BY": Country(gettext_lazy("Belarus"), ("+375",)),
    "UZ": Country(gettext_lazy("Uzbekistan"), ("+998",)),
    "KG": Country(gettext_lazy("Kyrgyzstan"), ("+996",)),
    "TJ": Country(gettext_lazy("Tajikistan"), ("+992",)),
    "TM": Country(gettext_lazy("Turkmenistan"), ("+993",)),
    "AM": Country(gettext_lazy("Armenia"), ("+374",)),
    "AZ": Country(gettext_lazy("Azerbaijan"), ("+994",)),
    "GE": Country(gettext_lazy("Georgia"), ("+995",)),
    "MD": Country(gettext_lazy("Moldova"), ("+373",)),
    "UA": Country(gettext_lazy("Ukraine"), ("+380",)),
    "TR": Country(gettext_lazy("Turkey"), ("+90",)),
    "CN": Country(gettext_lazy("China"), ("+86",)),
    "AE": Country(gettext_lazy("United Arab Emirates"), ("+971",)),
    "IL": Country(gettext_lazy("Israel"), ("+972",)),
    "DE": Country(gettext_lazy("Germany"), ("+49",)),
    ABROAD: Country(gettext_lazy("another country"), ()),
}


def begins_with(prefixes: tuple[str, ...] | list[str]) -> Q:
    return reduce(or_, (Q(phone__startswith=prefix) for prefix in prefixes))


class AboutNumber(Criterion):
    """A condition on the phone number. What is known is told with the middle of the number hidden."""

    def answer(self, value: Any, customer: Any) -> str:
        return masked_phone(customer.phone) or _("no number")


class HasNumber(AboutNumber):
    criterion = "has_number"
    has = whether("has", gettext_lazy("has a number"), gettext_lazy("has none"))

    class Meta:
        label = gettext_lazy("Phone number")
        label_format = "{label}: {has}"
        help_text = gettext_lazy("Only customers with a number can get a message.")
        icon = "mobile-alt"
        group = NUMBER

    def to_q(self, value: Any) -> Q:
        return Q(phone="") if value["has"] == "not" else ~Q(phone="")

    def sentence(self, value: Any) -> str:
        return _("there is no phone number") if value["has"] == "not" else _("there is a phone number")


class NumberCountry(AboutNumber):
    criterion = "country"
    countries = blocks.MultipleChoiceBlock(
        choices=[(code, country.label) for code, country in COUNTRIES.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("which"),
    )

    class Meta:
        label = gettext_lazy("Country of the number")
        label_format = "{label}: {countries}"
        help_text = gettext_lazy("By the first digits of the number. Customers without a number do not fit.")
        icon = "globe"
        group = NUMBER

    def errors(self, value: Any) -> dict[str, str]:
        return {} if value["countries"] else {"countries": _("Choose at least one country.")}

    def to_q(self, value: Any) -> Q:
        prefixes = [prefix for code in value["countries"] for prefix in COUNTRIES[code].prefixes]
        q = begins_with(prefixes) if prefixes else Q(pk__in=[])
        if ABROAD in value["countries"]:
            listed = [prefix for country in COUNTRIES.values() for prefix in country.prefixes]
            q |= ~Q(phone="") & ~begins_with(listed)
        return q

    def sentence(self, value: Any) -> str:
        names = [str(COUNTRIES[code].label) for code in value["countries"]]
        return _("the number is of %(countries)s") % {"countries": get_text_list(names, _("or"))}


class NumberPrefix(AboutNumber):
    criterion = "number_prefix"
    is_or_not = whether("begins", gettext_lazy("begins with"), gettext_lazy("does not begin with"))
    prefixes = blocks.CharBlock(label=gettext_lazy("which digits, for example +7916, +7926"), required=False)

    class Meta:
        label = gettext_lazy("Number begins with (prefix)")
        label_format = "{label}: {prefixes}"
        help_text = gettext_lazy(
            "With a plus and the code of the country. Customers without a number fit “does not begin with”."
        )
        icon = "keyboard"
        group = NUMBER

    def errors(self, value: Any) -> dict[str, str]:
        prefixes = number_prefixes(value["prefixes"])
        if not prefixes:
            return {"prefixes": _("Say which digits, separated by commas.")}
        for prefix in prefixes:
            if not (prefix.startswith("+") and prefix[1:].isdecimal() and len(prefix) <= 16):
                return {
                    "prefixes": _(
                        "“%(prefix)s” cannot be the beginning of a number. Write it with a plus, for example +7916."
                    )
                    % {"prefix": prefix}
                }
            if says_more_than_shown(prefix):
                return {
                    "prefixes": _(
                        "Too few customers have numbers that begin with “%(prefix)s”, so that it could tell who is who. "
                        "Write fewer digits."
                    )
                    % {"prefix": prefix}
                }
        return {}

    def to_q(self, value: Any) -> Q:
        q = begins_with(number_prefixes(value["prefixes"]))
        return ~q if value["is_or_not"] == "not" else q

    def sentence(self, value: Any) -> str:
        words = {"prefixes": get_text_list(number_prefixes(value["prefixes"]), _("or"))}
        if value["is_or_not"] == "not":
            return _("the number does not begin with %(prefixes)s, or there is none") % words
        return _("the number begins with %(prefixes)s") % words


def says_more_than_shown(prefix: str) -> bool:
    """Whether a beginning of a number would tell more of a single number than its masked form does.

    With one more digit at a time, and a condition that only one customer meets, the number could be found out.
    """
    digits = prefix.lstrip("+")
    country = next((length for length in (1, 2, 3) if int(digits[:length]) in COUNTRY_CODE_TO_REGION_CODE), 3)
    if len(digits) <= country + DIGITS_SHOWN:
        return False
    return Customer.objects.filter(phone__startswith=prefix)[:FEWEST].count() < FEWEST


def number_prefixes(text: str | None) -> list[str]:
    """Beginnings of numbers as typed, without the blanks, brackets and hyphens that people write in numbers."""
    return [piece.translate(str.maketrans("", "", " ()-\u00a0")) for piece in split_names(text)]


class Unreachable(Criterion):
    criterion = "unreachable"
    state = whether("unreachable", gettext_lazy("cannot be reached"), gettext_lazy("can be reached"))
    days = blocks.IntegerBlock(label=gettext_lazy("for at least … days"), default=0, required=False)

    class Meta:
        label = gettext_lazy("Cannot be reached by SMS")
        label_format = "{label}: {state} {days}"
        help_text = gettext_lazy(
            "The last message did not arrive, and none has arrived for so many days, or ever. Those whom we never wrote to "
            "can be reached as far as we know."
        )
        icon = "circle-xmark"
        group = NUMBER

    def errors(self, value: Any) -> dict[str, str]:
        return days_errors("days", value["days"])

    def to_q(self, value: Any) -> Q:
        later = Q(last_failed_at__gt=F("last_delivered_at")) & Q(last_delivered_at__lt=since(value["days"]))
        if value["days"] == 0:
            later = Q(last_failed_at__gt=F("last_delivered_at"))
        failed = Q(last_failed_at__isnull=False) & (Q(last_delivered_at__isnull=True) | later)
        q = Q(Exists(Contact.objects.filter(failed, customer=OuterRef("pk"))))
        return ~q if value["state"] == "not" else q

    def sentence(self, value: Any) -> str:
        words = {"days": days_words(value["days"])}
        if value["state"] == "not":
            if value["days"] == 0:
                return _("they can be reached as far as we know")
            return _("it is not so that they cannot be reached for at least %(days)s") % words
        if value["days"] == 0:
            return _("they cannot be reached: the last message did not arrive")
        return _("they cannot be reached: the last message did not arrive, and none did for %(days)s") % words

    def answer(self, value: Any, customer: Any) -> str:
        contact = Contact.objects.filter(customer=customer).first()
        if contact is None:
            return _("no message yet")
        return _("last arrived: %(arrived)s; last failed: %(failed)s") % {
            "arrived": day_words(_day(contact.last_delivered_at)) or _("never"),
            "failed": day_words(_day(contact.last_failed_at)) or _("never"),
        }


def _day(moment: Any) -> Any:
    return day_of(moment) if moment else None


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
        help_text = gettext_lazy("Whether the CRM knows an e-mail address.")
        icon = "mail"
        group = NUMBER

    def to_q(self, value: Any) -> Q:
        return Q(email="") if value["has"] == "no" else ~Q(email="")

    def sentence(self, value: Any) -> str:
        return _("there is no e-mail address") if value["has"] == "no" else _("there is an e-mail address")

    def answer(self, value: Any, customer: Any) -> str:
        return _("has an e-mail address") if customer.email else _("no e-mail address")
