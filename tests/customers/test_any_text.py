"""Whatever stands in a cell of any upload: a value that the database takes, or a sentence."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from backoffice.customers.reading import _cell
from backoffice.customers.resources import attribute, cleaners, identity
from backoffice.lib.copying import copy_lines, text_cell
from backoffice.lib.phones import normalise
from backoffice.lib.plain_text import cell_text
from backoffice.operators import tariff_resource
from backoffice.operators.models import Operator

pytestmark = pytest.mark.django_db

NASTY = [
    "NaN",
    "-inf",
    "Infinity",
    "sNaN",
    "a\0b",
    "\ud800",
    "\udfff x",
    "9999999999.999",
    "9999999999.995",
    "-9999999999.99",
    "1e400",
    "1e-400",
    "9" * 5000,
    "0." + "0" * 5000,
    "31.12.0000",
    "0000-00-00",
    "99999-01-01",
    "-0001-01-01",
    "2026-13-45",
    "١٢٣",
    "९८७६",
    "²",
    "½",
    "1_000",
    "0x10",
    "+7٩161234567",
    "\\N",
    "\\.",
    "a\tb\nc\rd",
    '{"a": "\\u0000"}',
    ",",
    '"}',
    "\\",
    "a" * 400,
    "\U0010ffff" * 90,
    "e\u0301" * 80,
    "+" * 30,
    "00" * 20,
    "٫5",
    "1’234’567",
    "İ" * 80,
    "ß" * 80,
    "2147483648.0",
    "-2147483649",
]
TEXTS = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(), max_size=300),
    st.text("0123456789 .,'-+()eE/:TZ₽٠१²", max_size=30),
    st.tuples(st.sampled_from(NASTY), st.sampled_from(["", " ", ".", "0", "\u00a0"])).map("".join),
    st.decimals(allow_nan=True, allow_infinity=True).map(str),
    st.floats().map(str),
    st.datetimes().map(str),
    st.dates().map(str),
)
MANY = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def taken(column_type: str, cell: str) -> Any:
    """What PostgreSQL keeps of a cell; fails where it takes none."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS taking (value {column_type})")
        cursor.execute("DELETE FROM taking")
        copy_lines(cursor, "taking", ["value"], iter([cell + "\n"]))
        cursor.execute("SELECT value FROM taking")
        ((value,),) = cursor.fetchall()
    return value


def column_types(table: str) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0",
            [table],
        )
        return dict(cursor.fetchall())


def value_of(clean: Callable[[str], Any], text: str) -> tuple[bool, Any]:
    """Whether the text is accepted, and its value; any other error than ValueError with a sentence fails."""
    refusal = None
    try:
        return True, clean(text)
    except ValueError as error:
        refusal = error
    assert type(refusal) is ValueError
    assert str(refusal).endswith("."), refusal
    return False, None


@pytest.mark.parametrize("column", sorted(cleaners()))
def test_any_text_in_a_file_of_customers(column: str) -> None:
    types = column_types("customers_customer") | dict.fromkeys(
        ["consent_marketing", "consent_service"], "text"
    )
    types |= {"consent_source": "varchar(80)", "consent_on": "timestamptz"}
    clean, kept = cleaners()[column], types[column]

    @MANY
    @given(TEXTS)
    @example("NaN")
    @example("a\0b")
    @example("9999999999.999")
    def check(text: str) -> None:
        accepted, value = value_of(clean, text)
        if not accepted:
            return
        found = taken(kept, _cell(value))
        if not hasattr(value, "isoformat"):
            assert found == value

    check()


@MANY
@given(TEXTS)
def test_any_text_in_a_further_attribute(text: str) -> None:
    accepted, value = value_of(attribute, text)
    if accepted:
        assert taken("jsonb", text_cell(json.dumps({"shoe": value}, ensure_ascii=False))) is not None


@MANY
@given(TEXTS)
def test_any_text_in_a_list_or_a_file_of_ported_numbers(text: str) -> None:
    for clean in (
        identity,
        cell_text,
        lambda text: normalise(text, django_settings.DEFAULT_REGION),
        lambda text: normalise(cell_text(text), "GB"),
    ):
        accepted, value = value_of(clean, text)
        if accepted:
            assert taken("text", text_cell(value)) == value


@pytest.mark.parametrize("column", sorted(tariff_resource.cleaners()))
def test_any_text_in_a_file_of_prices(column: str) -> None:
    Operator.objects.create(name="North", currency="RUB", receipt_margin=timedelta(hours=24))
    clean = tariff_resource.cleaners()[column]
    kept = column_types("operators_tariff").get(column)

    @MANY
    @given(TEXTS)
    @example("NaN")
    @example("9999999999.999")
    def check(text: str) -> None:
        accepted, value = value_of(clean, text)
        if accepted and kept:
            taken(kept, _cell(value))

    check()
