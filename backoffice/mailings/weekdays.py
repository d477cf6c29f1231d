"""Days of the week: a field with a box for each, and how they are said."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.dates import WEEKDAYS
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from backoffice.mailings.hours import EVERY_DAY

# Monday is 1, as in ISO 8601; Django counts from 0.
CHOICES = [(number + 1, name) for number, name in WEEKDAYS.items()]


def every_day() -> list[int]:
    return sorted(EVERY_DAY)


if TYPE_CHECKING:
    Numbers = ArrayField[Any, list[int]]
else:
    Numbers = ArrayField  # it takes no types at run time


class WeekdaysField(Numbers):
    """Numbers of weekdays, Monday is 1."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("base_field", models.SmallIntegerField())
        super().__init__(*args, **kwargs)

    def formfield(self, **kwargs: Any) -> Any:
        choosing = {
            "form_class": forms.TypedMultipleChoiceField,
            "choices": CHOICES,
            "coerce": int,
            "widget": forms.CheckboxSelectMultiple,
            "show_hidden_initial": False,
        }
        # Past ArrayField's own, which would ask for a list of numbers with commas between them.
        return models.Field.formfield(self, **{**kwargs, **choosing})


def names(weekdays: Iterable[int]) -> str:
    """“Monday and Thursday”."""
    known = dict(CHOICES)
    return str(get_text_list([str(known[day]) for day in sorted(weekdays)], _("and")))
