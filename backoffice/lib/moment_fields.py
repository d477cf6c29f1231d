"""The one way in which days, times and moments are typed in the whole product: fields, their inputs, and a block.

What is understood, and how it is refused, stands in `moments.py`. An input keeps what was typed; a button beside it opens a
calendar that begins on Monday, below the input and above nothing (`accounts/static/accounts/moments.js`).
"""

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import cached_property
from wagtail import blocks
from wagtail.admin import filters
from wagtail.admin.forms.models import register_form_field_override

from backoffice.lib import moments


class MomentInput(forms.TextInput):
    """A text input for a day and a time by the company's clock, which is named beside it."""

    template_name = "accounts/moment_input.html"
    has_day = True
    has_time = True
    example = "31.12.2026 10:00"

    def __init__(self, attrs: dict[str, Any] | None = None, **_options: Any) -> None:
        # Wagtail's own inputs take a format; what is typed here is always shown in the same one.
        super().__init__({"autocomplete": "off", "placeholder": self.example, **(attrs or {})})

    def format_value(self, value: Any) -> str | None:
        return shown(value)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["widget"] |= {
            "has_day": self.has_day,
            "has_time": self.has_time,
            "zone": moments.zone_words() if self.has_day and self.has_time else "",
            "today": moments.company_day().isoformat() if self.has_day else "",
        }
        return context


class DayInput(MomentInput):
    """The same for a day."""

    has_time = False
    example = "31.12.2026"


class ClockInput(MomentInput):
    """The same for a time of the clock."""

    has_day = False
    example = "10:00"


def shown(value: Any) -> str | None:
    """A value as somebody would type it; what is typed stays as it is."""
    match value:
        case None | "":
            return None
        case datetime():
            return moments.moment_words(value)
        case date():
            return f"{value:%d.%m.%Y}"
        case time():
            return moments.time_words(value)
    return str(value)


class _Typed(forms.Field):
    """A field that takes text and gives what ``read`` makes of it."""

    read: Callable[[str], Any]
    of: type

    def prepare_value(self, value: Any) -> Any:
        return shown(value)

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        if isinstance(value, self.of):
            return value
        try:
            return type(self).read(str(value))
        except ValueError as problem:
            raise ValidationError(str(problem), code="invalid") from problem

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(shown(initial)) != self.to_python(data))
        except ValidationError:
            return True


class MomentField(_Typed):
    """A day and a time by the company's clock; gives an aware datetime."""

    widget = MomentInput
    read = staticmethod(moments.read_moment)
    of = datetime


class DayField(_Typed):
    """A day; gives a date."""

    widget = DayInput
    read = staticmethod(moments.read_day)
    of = date


class ClockField(_Typed):
    """A time of the clock; gives a time without a zone."""

    widget = ClockInput
    read = staticmethod(moments.read_time)
    of = time


class DayBlock(blocks.DateBlock):
    """A day in a stream of conditions."""

    @cached_property
    def field(self) -> forms.Field:
        return DayField(**self.field_options)


def use_everywhere() -> None:
    """Makes every form that Wagtail builds, and its filters, use these. Called once, before any form is built."""
    for of, field in (
        (models.DateTimeField, MomentField),
        (models.DateField, DayField),
        (models.TimeField, ClockField),
    ):
        register_form_field_override(of, override={"form_class": field})
    # The filters of Wagtail's own pages (history, reports) look this name up when a page is drawn.
    filters.AdminDateInput = DayInput
