"""Texts with real values, for readers who may not see names."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from hypothesis import given
from hypothesis import strategies as st
from wagtail.models import ModelLogEntry

from backoffice.accounts.models import User
from backoffice.accounts.reading_log import REVEAL
from backoffice.customers.disguise import disguised, text_for
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


@pytest.mark.django_db
def test_who_may_see_names_reads_them_and_it_is_written_down_once(clean_redis: Any) -> None:
    cache.clear()
    reader, other = User.objects.create_user("reader"), User.objects.create_user("other")
    reader.user_permissions.add(Permission.objects.get(codename="reveal_customer"))
    anna = Customer.objects.create(external_id="1", first_name="Anna")
    assert [text_for(User.objects.get(pk=reader.pk), "Hi Anna", anna) for _ in "ab"] == ["Hi Anna"] * 2
    assert text_for(other, "Hi Anna", anna) == "Hi Axxx"
    entry = ModelLogEntry.objects.get(action=REVEAL)
    assert (entry.user, entry.object_id) == (reader, str(anna.pk))
