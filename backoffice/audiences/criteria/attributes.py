"""Further attributes of the CRM: one condition for each type. What is chosen among is read when the page is shown.

A value that does not have the type, such as "many" for a number, does not fit and never breaks a statement.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any, ClassVar

from django.db.models import CharField, Q
from django.db.models.functions import Upper
from django.db.models.lookups import Contains, GreaterThanOrEqual, In, LessThan, LessThanOrEqual
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import blocks

from backoffice.audiences.criteria.attribute_values import DayOf, NumberOf, TextOf, certainly, text_of
from backoffice.audiences.criteria.base import (
    LABELS,
    Between,
    Criterion,
    ago_words,
    between_words,
    days_errors,
    last_words,
    next_words,
    split_names,
    today,
)
from backoffice.audiences.criteria.inputs import NamesBlock, offers
from backoffice.audiences.criteria.membership import users_of
from backoffice.customers.attributes import NO_WORDS, YES_WORDS, definitions, values_in_use
from backoffice.customers.models import AttributeDefinition

Kind = AttributeDefinition.Kind
PHONE_DIGITS = 9
_BEGINS_WITH_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def attributes_of(kind: str) -> Callable[[], list[tuple[str, str]]]:
    """The known attributes of a type, to choose from."""

    def choices() -> list[tuple[str, str]]:
        return [(key, one.label) for key, one in definitions().items() if one.kind == kind]

    return choices


def attribute_input(kind: str) -> blocks.ChoiceBlock:
    return blocks.ChoiceBlock(
        choices=attributes_of(kind), required=False, label=gettext_lazy("which attribute")
    )


class AttributeCriterion(Criterion):
    """A condition on one of the attributes of a type."""

    kind: ClassVar[str] = ""

    class Meta:
        label_format = "{label}: {key}"
        group = LABELS

    def errors(self, value: Any) -> dict[str, str]:
        if value["key"]:
            return {}
        return {"key": _("Choose an attribute. They are made known under Customers, Attributes.")}

    def name_of(self, value: Any) -> str:
        """What colleagues call the attribute."""
        known = definitions().get(value["key"])
        return known.label if known else str(value["key"])

    def answer(self, value: Any, customer: Any) -> str:
        said = (customer.attributes or {}).get(value["key"])
        if said is None or said == "":
            return _("not known")
        if isinstance(said, bool):
            return _("yes") if said else _("no")
        return _masked(str(said))


def users_of_attribute(key: str) -> list[str]:
    """The names of the audiences that ask for this attribute of the CRM in a condition."""
    return users_of((one.criterion for one in AttributeCriterion.__subclasses__()), "key", key)


def _masked(text: str) -> str:
    """Attributes are the CRM's own: what looks like a phone number in them is not shown in full either."""
    digits = [index for index, character in enumerate(text) if character.isdigit()]
    if len(digits) < PHONE_DIGITS or _BEGINS_WITH_DAY.match(text):
        return text
    hidden = set(digits[4:-2])
    return "".join("•" if index in hidden else character for index, character in enumerate(text))


class AttributeText(AttributeCriterion):
    criterion = "attribute_text"
    kind = Kind.TEXT
    key = attribute_input(Kind.TEXT)
    how = blocks.ChoiceBlock(
        choices=[
            ("in", gettext_lazy("is one of")),
            ("not", gettext_lazy("is none of, or not known")),
            ("contains", gettext_lazy("contains one of")),
            ("known", gettext_lazy("is known")),
            ("unknown", gettext_lazy("is not known")),
        ],
        default="in",
        label=gettext_lazy("how"),
    )
    names = NamesBlock(
        lambda: {
            key: one.names() or offers(values_in_use(key))
            for key, one in definitions().items()
            if one.kind == Kind.TEXT
        },
        by="key",
        label=gettext_lazy("which, separated by commas"),
    )

    class Meta:
        label = gettext_lazy("Further attribute: text")
        label_format = "{label}: {key} {how} {names}"
        help_text = gettext_lazy(
            "What else the CRM tells of customers. Upper and lower case do not matter. “Is none of” takes those, too, of whom "
            "it is not known."
        )
        icon = "title"

    def errors(self, value: Any) -> dict[str, str]:
        found = super().errors(value)
        if value["how"] in ("known", "unknown"):
            return found
        names = split_names(value["names"])
        if not names:
            return {**found, "names": _("Say which, separated by commas.")}
        known = definitions().get(value["key"])
        if known and known.names() and value["how"] != "contains":
            possible = {name.upper() for name in known.names()}
            if wrong := [name for name in names if name.upper() not in possible]:
                words = {"name": wrong[0], "names": ", ".join(known.names())}
                found["names"] = _("“%(name)s” is not a value of it. Possible are: %(names)s.") % words
        return found

    def to_q(self, value: Any) -> Q:
        text = text_of(value["key"])
        if value["how"] in ("known", "unknown"):
            unknown = Q(In(text, [""]))
            return unknown if value["how"] == "unknown" else ~unknown
        upper = Upper(text, output_field=CharField())
        names = [name.upper() for name in split_names(value["names"])]
        if value["how"] == "contains":
            return reduce(or_, (Q(Contains(upper, name)) for name in names))
        q = Q(In(upper, names))
        return ~q if value["how"] == "not" else q

    def sentence(self, value: Any) -> str:
        words = {
            "what": self.name_of(value),
            "names": get_text_list(split_names(value["names"]), _("or")),
        }
        return {
            "in": _("“%(what)s” is %(names)s"),
            "not": _("“%(what)s” is not %(names)s, or is not known"),
            "contains": _("“%(what)s” contains %(names)s"),
            "known": _("“%(what)s” is known"),
            "unknown": _("“%(what)s” is not known"),
        }[value["how"]] % words


class AttributeNumber(AttributeCriterion, Between):
    criterion = "attribute_number"
    kind = Kind.NUMBER
    may_be_negative = True
    key = attribute_input(Kind.NUMBER)
    at_least = blocks.DecimalBlock(label=gettext_lazy("at least"), required=False)
    at_most = blocks.DecimalBlock(label=gettext_lazy("at most"), required=False)

    class Meta:
        label = gettext_lazy("Further attribute: number")
        label_format = "{label}: {key} {at_least} – {at_most}"
        help_text = gettext_lazy(
            "What else the CRM tells of customers. Who has no number there does not fit."
        )
        icon = "decimal"

    def errors(self, value: Any) -> dict[str, str]:
        return {**super().errors(value), **Between.errors(self, value)}

    def to_q(self, value: Any) -> Q:
        number, q = NumberOf(TextOf(value["key"])), Q()
        if value["at_least"] is not None:
            q &= certainly(GreaterThanOrEqual(number, Decimal(value["at_least"])))
        if value["at_most"] is not None:
            q &= certainly(LessThanOrEqual(number, Decimal(value["at_most"])))
        return q

    def sentence(self, value: Any) -> str:
        return between_words(f"“{self.name_of(value)}”", value["at_least"], value["at_most"])


class AttributeFlag(AttributeCriterion):
    criterion = "attribute_flag"
    kind = Kind.FLAG
    key = attribute_input(Kind.FLAG)
    said = blocks.ChoiceBlock(
        choices=[
            ("yes", gettext_lazy("yes")),
            ("no", gettext_lazy("no")),
            ("unknown", gettext_lazy("not known")),
        ],
        default="yes",
        label=gettext_lazy("what it says"),
    )

    class Meta:
        label = gettext_lazy("Further attribute: yes or no")
        label_format = "{label}: {key} {said}"
        help_text = gettext_lazy(
            "What else the CRM tells of customers. “No” takes only those of whom the CRM says no."
        )
        icon = "circle-check"

    def to_q(self, value: Any) -> Q:
        words = {"yes": YES_WORDS, "no": NO_WORDS, "unknown": YES_WORDS | NO_WORDS}[value["said"]]
        # Not lower(): in a database with the locale C it leaves Cyrillic letters as they are.
        written = sorted({way(word) for word in words for way in (str.lower, str.upper, str.title)})
        q = Q(In(text_of(value["key"]), written))
        return ~q if value["said"] == "unknown" else q

    def sentence(self, value: Any) -> str:
        words = {
            "yes": _("“%(what)s” is yes"),
            "no": _("“%(what)s” is no"),
            "unknown": _("“%(what)s” is neither yes nor no"),
        }[value["said"]]
        return words % {"what": self.name_of(value)}


class AttributeDay(AttributeCriterion):
    criterion = "attribute_day"
    kind = Kind.DAY
    key = attribute_input(Kind.DAY)
    when = blocks.ChoiceBlock(
        choices=[
            ("last", gettext_lazy("within the last … days")),
            ("before", gettext_lazy("longer ago than … days")),
            ("next", gettext_lazy("within the next … days")),
            ("unknown", gettext_lazy("is not known")),
        ],
        default="next",
        label=gettext_lazy("when"),
    )
    days = blocks.IntegerBlock(label=gettext_lazy("days"), default=30, required=False)

    class Meta:
        label = gettext_lazy("Further attribute: date")
        label_format = "{label}: {key} {when} {days}"
        help_text = gettext_lazy(
            "What else the CRM tells of customers. 0 days means today. Who has no date there fits only “is not known”."
        )
        icon = "date"

    def errors(self, value: Any) -> dict[str, str]:
        found = super().errors(value)
        return found if value["when"] == "unknown" else {**found, **days_errors("days", value["days"])}

    def to_q(self, value: Any) -> Q:
        day = DayOf(TextOf(value["key"]))
        if value["when"] == "unknown":
            return ~certainly(LessThanOrEqual(day, day))
        span = timedelta(days=value["days"])
        if value["when"] == "before":
            return certainly(LessThan(day, today() - span))
        first, last = (today(), today() + span) if value["when"] == "next" else (today() - span, today())
        return certainly(GreaterThanOrEqual(day, first)) & certainly(LessThanOrEqual(day, last))

    def sentence(self, value: Any) -> str:
        what = self.name_of(value)
        if value["when"] == "unknown":
            return _("“%(what)s” is not known") % {"what": what}
        if value["when"] == "next":
            return _("“%(what)s” is %(when)s") % {"what": what, "when": next_words(value["days"])}
        when = ago_words(value["days"]) if value["when"] == "before" else last_words(value["days"])
        return _("“%(what)s” was %(when)s") % {"what": what, "when": when}
