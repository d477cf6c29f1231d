from datetime import timedelta

import pytest
from django import forms

from backoffice.lib.hours_field import HoursField


@pytest.mark.parametrize(
    ("typed", "length"),
    [("12", timedelta(hours=12)), ("1.5", timedelta(minutes=90)), ("0.25", timedelta(minutes=15))],
)
def test_hours_become_a_length_of_time_and_are_shown_as_they_were_typed(
    typed: str, length: timedelta
) -> None:
    field = HoursField()
    assert field.clean(typed) == length
    assert field.prepare_value(length) == typed
    assert not field.has_changed(length, typed)
    assert field.has_changed(length, "99")


def test_what_was_typed_wrongly_is_shown_again() -> None:
    assert HoursField().prepare_value("soon") == "soon"
    with pytest.raises(forms.ValidationError, match="Enter a number"):
        HoursField().clean("soon")


def test_nothing_is_nothing_where_that_is_allowed() -> None:
    assert HoursField(required=False).clean("") is None
