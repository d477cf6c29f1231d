"""Texts with real values, for readers who may not see names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.customers.disguise import disguised
from backoffice.customers.models import Customer
from backoffice.message_templates.merge import render
from kannel.text import measure

ANNA = Customer(first_name="Anna-Maria", middle_name="Ольга", last_name="O’Neil")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Dear Anna-Maria, you owe 5", "Dear Axxx-Mxxxx, you owe 5"),
        ("Ольга, вы должны 5", "Оxxxx, вы должны 5".replace("x", "х")),
        ("Mr O’Neil and O'Neil", "Mr O’xxxx and O'xxxx"),
        ("Annabelle, come in", "Annabelle, come in"),
    ],
)
def test_only_the_first_letters_of_names_stay(text: str, shown: str) -> None:
    assert disguised(text, ANNA) == shown


def test_a_customer_without_a_name_has_nothing_to_hide() -> None:
    assert disguised("Hello , pay", Customer()) == "Hello , pay"


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12))
def test_a_disguised_text_is_as_long_and_has_as_many_parts(name: str) -> None:
    customer = Customer(first_name=name)
    text = render("Hello {first_name}. " + "Come in " * 8, customer)
    shown = disguised(text, customer)
    assert measure(shown) == measure(text)
