"""A long list is drawn as Django draws it."""

from typing import Any

import pytest
from django import forms
from django.test.html import parse_html

from backoffice.lib.long_select import LongSelect

CHOICES: list[tuple[Any, Any]] = [
    ("", "–"),
    ("a", "Letters & signs <b>"),
    (1, 'One "quoted"'),
    ("Group & more", [("x", "X"), ("y", "Y")]),
]


@pytest.mark.parametrize("value", ["", None, "a", 1, "1", "y", "none of them"])
def test_it_is_the_same_in_html(value: Any) -> None:
    attrs = {"id": "id_of", "class": "w", "required": True, "disabled": False}
    drawn = LongSelect(choices=CHOICES).render("of", value, attrs)
    assert parse_html(drawn) == parse_html(forms.Select(choices=CHOICES).render("of", value, attrs))
