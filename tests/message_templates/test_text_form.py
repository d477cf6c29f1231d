"""Whichever way a text or a value comes, it has one form: in the model, in the editor, in files, and in what is merged."""

from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backoffice.customers.models import Customer
from backoffice.message_templates.merge import compile_sql, render
from backoffice.message_templates.models import MessageTemplate, TextVariant
from backoffice.message_templates.text_import import read, take_over
from kannel.models import TestMessage
from kannel.text import GSM_CODING, measure
from kannel.text_field import SmsTextField
from kannel.text_form import folded, plain_value
from tests.kannel.test_text_form import TEXTS
from tests.message_templates.test_merge import selected
from tests.message_templates.test_screens import form, phone

pytestmark = pytest.mark.django_db
TYPED = "Hello\u200b,\r\n come\u00a0in to the cafe\u0301.\r\n"
KEPT = "Hello,\n come in to the café."
# Texts that came from a telephone, and those that the plan writes: merged in PostgreSQL from texts that have the form.
OTHER_TEXTS = {"replies.Reply", "kannel.Event", "mailings.Message"}


def test_every_column_for_a_text_that_leaves_to_a_customer_gives_it_the_form() -> None:
    found = {
        model._meta.label: type(model._meta.get_field("text"))
        for model in apps.get_models()
        if model.__module__.startswith(("backoffice", "kannel", "reports"))
        and any(
            field.name == "text" and isinstance(field, models.Field) for field in model._meta.get_fields()
        )
    }
    assert set(found) >= {
        "message_templates.MessageTemplate",
        "message_templates.TextVariant",
        "kannel.TestMessage",
    }
    assert {label for label, field in found.items() if field is not SmsTextField} == OTHER_TEXTS


def test_a_text_has_its_form_as_soon_as_it_is_set() -> None:
    assert MessageTemplate(text=TYPED).text == KEPT
    assert TextVariant(text=TYPED).text == KEPT
    assert TestMessage(text=TYPED).text == KEPT


def test_rows_that_are_written_in_sets_have_it_too() -> None:
    MessageTemplate.objects.bulk_create([MessageTemplate(name="One"), MessageTemplate(name="Two")])
    MessageTemplate.objects.update(text=TYPED)
    MessageTemplate.objects.filter(name="Two").update(text=models.F("text"))
    assert stored() == {KEPT}


def test_a_text_typed_with_enter_is_measured_as_it_is_kept(pages: Client) -> None:
    answer = phone(pages, field=["text"], language=[""], text=["a" * 158 + "\r\n" + "b"])
    assert "1 part" in answer["meters"]["text"]
    pages.post("/texts/add/", form(text="a" * 158 + "\r\n" + "b", **{"action-publish": "1"}))
    (text,) = stored()
    assert (text, measure(text).parts) == ("a" * 158 + "\nb", 1)


def test_enter_counts_as_one_character_where_the_text_is_at_its_longest(pages: Client) -> None:
    words = "\r\n".join(["abcdefghi"] * 67)
    assert pages.post("/texts/add/", form(text=words, **{"action-publish": "1"})).status_code == 302
    assert len(next(iter(stored()))) == 669


def test_variants_and_copies_have_it(pages: Client) -> None:
    old = MessageTemplate.objects.create(name="Old", text="Hello")
    TextVariant.objects.create(template=old, language="ru", text=TYPED)
    assert TextVariant.objects.get().text == KEPT
    values = form(name="New", text=TYPED, **{"language_variants-0-text": TYPED, "action-publish": "1"})
    pages.post(f"/texts/copy/{old.pk}/", values)
    assert set(MessageTemplate.objects.get(name="New").variants().values()) == {KEPT}


def test_an_old_version_comes_back_in_its_form() -> None:
    text = MessageTemplate.objects.create(name="Old", text="Hello")
    revision = text.save_revision()
    revision.content["text"] = TYPED
    revision.save()
    assert text.get_latest_revision_as_object().text == KEPT
    revision.publish()
    assert stored() == {KEPT}


def test_a_file_of_texts_gives_it(tmp_path: Path) -> None:
    path = tmp_path / "texts.csv"
    path.write_bytes(f'name;text\r\nFile;"{TYPED}"\r\n'.encode())
    take_over(read(path), None, publishes=False)
    assert stored() == {KEPT}


@pytest.mark.parametrize(
    "name",
    [
        "Anna\u00a0",
        "\ufeffAnna",
        "An\u200bna",
        "An\u00adna",
        "\tAnna\r\n",
        "Anna\u2009Maria",
        "O’Neil",
        "“Anna”",
        "Rene\u0301",
        "Anna – Maria",
        "Anna…",
    ],
)
def test_a_name_that_looks_plain_costs_as_a_plain_one(name: str) -> None:
    text = "Hello {first_name}, " + "come in " * 15
    merged = render(text, Customer(first_name=name))
    assert (measure(merged).coding, measure(merged).parts) == (GSM_CODING, 1)


def test_signs_of_a_name_stay_in_a_text_of_another_alphabet() -> None:
    assert render("Привет, {first_name}", Customer(first_name="O’Neil")) == "Привет, O’Neil"


def test_a_phrase_in_another_alphabet_leaves_the_names_outside_of_it_plain() -> None:
    text = "{first_name}{if debt > 0} — {last_name}{end}"
    merged = render(text, Customer(first_name="O’Neil", last_name="O’Neil", debt=5))
    assert merged == "O'Neil — O’Neil"


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    TEXTS.filter(lambda value: "\x00" not in value and not set(value) & set(map(chr, range(0xD800, 0xE000))))
)
def test_postgresql_folds_values_and_makes_them_plain_as_python_does(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT parley_folded(%s), parley_plain(parley_folded(%s))", [value, value])
        assert cursor.fetchone() == (folded(value), plain_value(folded(value)))


NAMES = st.text(st.sampled_from("Anna’“—…\u00a0\u200be\u0301Ж"), max_size=12)
WORDS = st.sampled_from(
    ["Hi {first_name}", "Привет, {first_name}", "{if debt > 0}— {last_name}{end} {first_name}", "«{city}»"]
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WORDS, NAMES, NAMES, st.sampled_from([0, 5]))
def test_what_is_previewed_is_what_is_planned(text: str, first: str, last: str, debt: int) -> None:
    customer = Customer.objects.create(
        external_id="1", first_name=first, last_name=last, debt=debt, city=last
    )
    try:
        assert selected(customer, *compile_sql(text)) == render(text, customer)
    finally:
        customer.delete()


def stored() -> set[str]:
    """Texts as the database has them, whatever the model makes of them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM message_templates_messagetemplate")
        found: set[Any] = {row[0] for row in cursor.fetchall()}
    return found
