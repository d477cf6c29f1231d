"""Variants by language: everybody gets the text in their own language, or the one for everybody else."""

import pytest
from django.db import connection

from backoffice.customers.models import Customer
from backoffice.message_templates.languages import LANGUAGES, language_of
from backoffice.message_templates.merge import compile_variants, render_variant
from backoffice.message_templates.models import MessageTemplate, TextVariant

pytestmark = pytest.mark.django_db
CODES = [code for code, _name in LANGUAGES]


@pytest.fixture
def in_all_languages() -> MessageTemplate:
    made = MessageTemplate(name="Greeting", text="for everybody else, {first_name}")
    made.language_variants = [TextVariant(language=code, text=f"{code}: {{first_name}}") for code in CODES]
    made.full_clean()
    made.save()
    return made


def test_each_language_gets_its_own_variant(in_all_languages: MessageTemplate) -> None:
    for code in CODES:
        Customer.objects.create(external_id=code, first_name="Anna", language=code)
    sql, values = compile_variants(in_all_languages.variants())
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT c.language, {sql} FROM customers_customer c", values)
        texts = dict(cursor.fetchall())
    assert texts == {code: f"{code}: Anna" for code in CODES}
    assert texts == {
        one.language: render_variant(in_all_languages.variants(), one) for one in Customer.objects.all()
    }


@pytest.mark.parametrize(
    ("code", "language"),
    [("ru", "ru"), ("ru-RU", "ru"), ("RU", "ru"), ("ru_RU", "ru"), ("", ""), ("deu", "deu")],
)
def test_a_code_is_read_in_whatever_form_the_crm_gives_it(code: str, language: str) -> None:
    assert language_of(code) == language


@pytest.mark.parametrize("code", ["xx", "", "eng", "-"])
def test_an_unknown_language_gets_the_text_for_everybody_else(
    code: str, in_all_languages: MessageTemplate
) -> None:
    customer = Customer.objects.create(external_id="1", first_name="Anna", language=code)
    sql, values = compile_variants(in_all_languages.variants())
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sql} FROM customers_customer c", values)
        assert cursor.fetchone() == ("for everybody else, Anna",)
    assert render_variant(in_all_languages.variants(), customer) == "for everybody else, Anna"
    assert in_all_languages.text_for(code) == "for everybody else, {first_name}"
