"""Merge fields: what editors may write, and that SQL and Python give the same text."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings

from backoffice.customers.models import Action, Customer
from backoffice.message_templates.facts import MailingFacts
from backoffice.message_templates.fields import Recipient
from backoffice.message_templates.merge import (
    MergeError,
    compile_gaps,
    compile_sql,
    compile_variants,
    fields_of,
    gaps_of,
    parse,
    problems,
    render,
    render_variant,
)
from tests.message_templates import random_texts

ANNA = Customer(
    external_id="1",
    first_name="Anna",
    debt=Decimal("1499.90"),
    balance=Decimal("-20.00"),
    loyalty_points=7,
    contract_ends_on=date(2026, 12, 31),
)


@pytest.mark.parametrize(
    ("text", "merged"),
    [
        ("Hello {first_name}", "Hello Anna"),
        ("Hello { First_Name }", "Hello Anna"),
        ('Hello {last_name|default:"customer"}', "Hello customer"),
        ("Hello {last_name|default:“O'Neil”}", "Hello O'Neil"),
        ('Hello {first_name|default:"customer"}', "Hello Anna"),
        ("{last_name}", ""),
        ("{{first_name}} 100%", "{first_name} 100%"),
        ("{debt}", "1499.90"),
        ("{debt|comma}", "1499,90"),
        ("{debt|whole}", "1499"),
        ("{balance}", "-20"),
        ("{loyalty_points}", "7"),
        ("{contract_ends_on}", "31.12.2026"),
        ("{contract_ends_on|day}", "31.12"),
        ("{contract_ends_on|iso}", "2026-12-31"),
        ('{last_purchase_on|day|default:"never"}', "never"),
        ("", ""),
    ],
)
def test_a_text_is_merged(text: str, merged: str) -> None:
    assert render(text, ANNA) == merged


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("Hi {frist_name}", 3, "Did you mean {first_name}?"),
        ("Hi {xyzzy}", 3, "Choose one"),
        ("Hi {phone}", 3, "no field {phone}"),
        ("Hi {}", 3, "Write the name"),
        ("Hi {first_name", 3, "has no end"),
        ("Hi {first_name and {city}", 3, "has no end"),
        ("Hi first_name}", 13, "must begin with {"),
        ("Hi {first_name|default:customer}", 3, "in quotes"),
        ("Hi {first_name|upper}", 3, "Leave it out"),
        ("Hi {debt|roubles}", 3, "It knows: comma, whole"),
    ],
)
def test_a_wrong_field_is_explained_with_its_place(text: str, position: int, words: str) -> None:
    with pytest.raises(MergeError) as caught:
        parse(text)
    assert caught.value.position == position
    assert words in caught.value.sentence


def test_all_mistakes_are_found_at_once() -> None:
    assert [error.position for error in problems("{a} {first_name} {b}")] == [0, 17]


def test_the_fields_of_a_text_are_listed_once() -> None:
    assert fields_of("{city} {first_name} {city}") == ["city", "first_name"]


def test_a_text_can_never_become_sql() -> None:
    sql, parameters = compile_sql("'; DROP TABLE x; -- %s {city|default:\"'; --\"}")
    assert "DROP" not in sql
    assert parameters == ["'; DROP TABLE x; -- %s ", "'; --"]


def test_an_alias_must_be_a_name() -> None:
    with pytest.raises(ValueError, match="no alias"):
        compile_sql("x", alias="c; --")


@pytest.mark.django_db
@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    values=random_texts.customers,
    done=random_texts.actions,
    facts=random_texts.facts,
    text=random_texts.texts,
    russian=random_texts.texts,
)
def test_sql_and_python_give_the_same_text(
    values: dict[str, Any], done: list[dict[str, Any]], facts: MailingFacts, text: str, russian: str
) -> None:
    customer = Customer.objects.create(external_id="1", **values)
    Action.objects.bulk_create([Action(customer=customer, **one) for one in done])
    variants = {"": text, "ru": russian}
    try:
        from_sql = selected(customer, *compile_sql(text, facts=facts))
        assert render(text, customer, facts) == from_sql
        customer.refresh_from_db()
        assert render(text, customer, facts) == from_sql
        in_their_language = selected(customer, *compile_variants(variants, facts=facts))
        assert render_variant(variants, customer, facts) == in_their_language
        recipient = Recipient(customer, facts)
        gaps = sum(merged.value(recipient) is None for merged in gaps_of(text))
        assert selected(customer, *compile_gaps({"": text}, facts=facts)) == gaps
    finally:
        customer.actions.all().delete()
        customer.delete()


def selected(customer: Customer, sql: str, parameters: list[str]) -> Any:
    """What an expression gives for one row."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sql} FROM customers_customer c WHERE c.id = %s", [*parameters, customer.pk])
        return cursor.fetchone()[0]
