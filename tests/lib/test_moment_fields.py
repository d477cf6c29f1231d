"""One input for days, times and moments in the whole product: every form that has such a field uses it."""

import importlib
import pkgutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, time

import pytest
from django import forms
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import translation
from django.utils.html import escape
from wagtail import blocks
from wagtail.admin.filters import DateRangePickerWidget
from wagtail.admin.forms.models import formfield_for_dbfield

import backoffice
import reports
from backoffice.audiences.criteria.base import Criterion
from backoffice.lib.moment_fields import ClockField, DayBlock, DayField, MomentField, MomentInput

OF_DJANGO = (forms.DateField, forms.TimeField, forms.DateTimeField, forms.SplitDateTimeField)
OURS = {models.DateTimeField: MomentField, models.DateField: DayField, models.TimeField: ClockField}


def below(base: type) -> Iterator[type]:
    """All classes made from one."""
    for one in base.__subclasses__():
        yield one
        yield from below(one)


def all_forms() -> set[type[forms.BaseForm]]:
    """Every form class of the product, whichever module it is in."""
    for package in (backoffice, reports):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "migrations" not in module.name:
                importlib.import_module(module.name)

    ours = ("backoffice.", "reports.")
    return {one for one in below(forms.BaseForm) if one.__module__.startswith(ours)}


def test_no_form_of_the_product_has_another_input() -> None:
    other = {
        f"{form.__module__}.{form.__name__}.{name}"
        for form in all_forms()
        for name, field in getattr(form, "base_fields", {}).items()
        if isinstance(field, OF_DJANGO)
        or isinstance(field.widget, (forms.DateInput, forms.TimeInput, forms.DateTimeInput))
        or getattr(field.widget, "input_type", "") in ("date", "time", "datetime-local")
    }
    assert other == set()


def test_every_field_of_every_model_gets_it_in_wagtails_forms() -> None:
    seen = set()
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if field.editable and isinstance(field, (models.DateField, models.TimeField)):
                wanted = next(OURS[kind] for kind in OURS if isinstance(field, kind))
                assert isinstance(formfield_for_dbfield(field), wanted), field
                seen.add(wanted)
    assert seen == set(OURS.values())


def test_every_condition_on_a_day_gets_it() -> None:
    found = [
        child.field
        for criterion in below(Criterion)
        for child in criterion.base_blocks.values()
        if isinstance(child, (blocks.DateBlock, blocks.DateTimeBlock, blocks.TimeBlock))
    ]
    assert found
    assert {type(field) for field in found} == {DayField}


def test_the_filters_of_wagtails_own_pages_get_it() -> None:
    assert all(isinstance(widget, MomentInput) for widget in DateRangePickerWidget().widgets)


@pytest.mark.parametrize(
    "field", [MomentField(), DayField(), ClockField()], ids=lambda one: type(one).__name__
)
@pytest.mark.parametrize("typed", ["tomorrow", "31.13.2026", "30.02.2027 10:00", "25:00", "<b>"])
def test_what_is_refused_stays_as_it_was_typed(field: forms.Field, typed: str) -> None:
    form_class = type("Form", (forms.Form,), {"at": field})
    form = form_class({"at": typed})
    assert not form.is_valid()
    assert form["at"].value() == typed
    assert f'value="{escape(typed)}"' in str(form["at"])


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        (MomentField(), datetime(2026, 12, 31, 7, 0, tzinfo=UTC), "31.12.2026 10:00"),
        (DayField(), date(2026, 12, 31), "31.12.2026"),
        (ClockField(), time(9, 5), "09:05"),
    ],
    ids=["moment", "day", "time"],
)
def test_a_value_is_shown_as_it_is_typed_and_has_not_changed(
    field: forms.Field, value: object, shown: str
) -> None:
    assert field.prepare_value(value) == shown
    assert field.clean(shown) == value
    assert not field.has_changed(value, shown)
    assert field.has_changed(value, "")
    assert field.has_changed(value, "never")


def test_a_field_that_is_needed_says_so() -> None:
    with pytest.raises(ValidationError):
        DayField().clean("")
    assert DayField(required=False).clean("") is None


def test_a_moment_names_the_clock_beside_it_and_a_day_does_not() -> None:
    assert "Moscow time" in MomentField().widget.render("at", None)
    assert "Moscow time" not in DayField().widget.render("on", None)
    assert "Choose in the calendar" not in ClockField().widget.render("at", None)


def test_a_condition_keeps_what_was_typed_and_stores_the_day() -> None:
    block = DayBlock()
    typed = block.value_from_datadict({"on": "30.02.2027"}, {}, "on")
    with pytest.raises(ValidationError, match=r"There is no day 30\.02\.2027"):
        block.clean(typed)
    assert block.get_form_state(typed) == "30.02.2027"
    day = block.clean(block.value_from_datadict({"on": "31.12.2026"}, {}, "on"))
    assert (day, block.get_form_state(day)) == (date(2026, 12, 31), "31.12.2026")
    assert block.to_python("2026-12-31") == day


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_filters_of_wagtails_own_pages_read_the_day_before_the_month(language: str) -> None:
    with translation.override(language):
        field = forms.DateField()
        assert field.clean("01.02.2027") == field.clean("2027-02-01") == date(2027, 2, 1)
        for typed in ("02/01/2027", "30.02.2027", "tomorrow"):
            with pytest.raises(ValidationError):
                field.clean(typed)
