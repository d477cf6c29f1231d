"""Merge fields: what editors may write, and that SQL and Python give the same text."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backoffice.customers.models import Customer
from backoffice.message_templates.fields import FIELDS
from backoffice.message_templates.merge import MergeError, compile_sql, fields_of, parse, problems, render

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


words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
money = st.decimals(Decimal("-999999.99"), Decimal("999999.99"), places=2).map(lambda value: value + 0)
days = st.none() | st.dates(date(1, 1, 1), date(9999, 12, 31))
numbers = st.integers(-(2**31), 2**31 - 1)
customers = st.fixed_dictionaries(
    dict.fromkeys(("first_name", "middle_name", "last_name", "city", "tariff", "segment", "manager"), words)
    | dict.fromkeys(("balance", "debt", "average_receipt"), money)
    | dict.fromkeys(("contract_ends_on", "last_purchase_on", "registered_on"), days)
    | dict.fromkeys(("loyalty_points", "purchases_count"), numbers)
)
defaults = words.filter(lambda word: not set(word) & set('"{}|'))


@st.composite
def fields(draw: st.DrawFn) -> str:
    field = draw(st.sampled_from(list(FIELDS.values())))
    options = [name for name in [draw(st.sampled_from(list(field.formats)))] if name]
    if draw(st.booleans()):
        options.append(f'default:"{draw(defaults)}"')
    return "{" + "|".join([field.name, *options]) + "}"


literals = words.map(lambda word: word.replace("{", "{{").replace("}", "}}"))
texts = st.lists(literals | fields(), max_size=8).map("".join)


@pytest.mark.django_db
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(values=customers, text=texts)
def test_sql_and_python_give_the_same_text(values: dict[str, object], text: str) -> None:
    customer = Customer.objects.create(external_id="1", **values)
    try:
        sql, parameters = compile_sql(text)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {sql} FROM customers_customer c WHERE c.id = %s", [*parameters, customer.pk]
            )
            from_sql = cursor.fetchone()[0]
        assert render(text, customer) == from_sql
        customer.refresh_from_db()
        assert render(text, customer) == from_sql
    finally:
        customer.delete()
