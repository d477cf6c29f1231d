"""The inputs that several conditions share, each with its unit, and the one that offers what the customers have."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from django import forms
from django.conf import settings
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_lazy
from wagtail import blocks

from backoffice.customers.frequent import Frequent, frequent_values
from backoffice.customers.models import Action
from backoffice.lib.numbers import grouped, rounded

Words = str | Promise
WHICH = gettext_lazy("which, separated by commas")
AT_LEAST = gettext_lazy("at least")
AT_MOST = gettext_lazy("at most")
# A value, or a value and how many customers have it, in words.
Offer = str | tuple[str, str]
# The values on offer, or for each choice of another input of the condition the values on offer then.
Offers = Callable[[], Sequence[Offer] | Mapping[str, Sequence[Offer]]]


class SuggestingInput(forms.TextInput):
    """A line for several values, separated by commas; those on offer are switched on and off by pressing them.

    Anything else can still be typed. ``by`` names the input of the same condition that decides what is on offer. The
    offers are read when the page is shown.
    """

    template_name = "audiences/suggesting_input.html"

    def __init__(self, offers: Offers, by: str = "") -> None:
        super().__init__()
        self.offers, self.by = offers, by

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, {**(attrs or {}), "autocomplete": "off"})
        return context | {"offers": json.dumps(self.offers(), ensure_ascii=False), "by": self.by}

    @property
    def media(self) -> forms.Media:
        return forms.Media(js=["audiences/criteria.js"], css={"all": ["audiences/criteria.css"]})


class NamesBlock(blocks.CharBlock):
    """Names separated by commas."""

    def __init__(self, offers: Offers, by: str = "", **kwargs: Any) -> None:
        super().__init__(**{"required": False, "search_index": False} | kwargs)
        self.field.widget = SuggestingInput(offers, by)


def names_of(column: str, label: Words = WHICH) -> NamesBlock:
    """Names that offers the most frequent values of a column of customers, each with how many have it."""
    return NamesBlock(partial(_offers_of, column), label=label)


def offers(found: Sequence[Frequent]) -> list[Offer]:
    """Values with how many customers have each, as an input shows them."""
    return [(one.value, _count_words(one)) for one in found]


def _offers_of(column: str) -> list[Offer]:
    return offers(frequent_values(column))


def _count_words(one: Frequent) -> str:
    if one.customers is None:
        return ""
    if one.is_exact:
        return grouped(one.customers)
    return gettext("about %(count)s") % {"count": grouped(rounded(one.customers))}


def whole_bounds(unit: Words = "") -> tuple[blocks.IntegerBlock, blocks.IntegerBlock]:
    """ "At least" and "at most", in whole numbers of a unit."""
    return (
        blocks.IntegerBlock(label=_with_unit(AT_LEAST, unit), required=False),
        blocks.IntegerBlock(label=_with_unit(AT_MOST, unit), required=False),
    )


def money_bounds(
    low: Words = AT_LEAST, high: Words = AT_MOST
) -> tuple[blocks.DecimalBlock, blocks.DecimalBlock]:
    """Two bounds of an amount in the company's currency."""
    return (
        blocks.DecimalBlock(label=_with_unit(low, settings.CURRENCY), required=False),
        blocks.DecimalBlock(label=_with_unit(high, settings.CURRENCY), required=False),
    )


def _with_unit(label: Words, unit: Words) -> Words:
    return format_lazy("{label} ({unit})", label=label, unit=unit) if unit else label


def last_days(default: int = 30) -> blocks.IntegerBlock:
    """A period that ends now."""
    return blocks.IntegerBlock(label=gettext_lazy("within the last … days"), default=default, required=False)


def next_days(default: int = 30) -> blocks.IntegerBlock:
    """A period that begins today."""
    return blocks.IntegerBlock(label=gettext_lazy("within the next … days"), default=default, required=False)


def action_kind() -> blocks.ChoiceBlock:
    """What customers can do."""
    return blocks.ChoiceBlock(
        choices=Action.Kind.choices, default=Action.Kind.PURCHASE, label=gettext_lazy("what")
    )


def whether(name: str, yes: Words, no: Words) -> blocks.ChoiceBlock:
    """One of two answers, stored as ``name`` or "not"."""
    return blocks.ChoiceBlock(choices=[(name, yes), ("not", no)], default=name, label=gettext_lazy("whether"))
