"""Rows of price lists as operators write them, each read as it was meant or refused with a sentence."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings as of_django
from hypothesis import given
from hypothesis import strategies as st

from backoffice.operators.models import Operator
from backoffice.operators.tariff_import import read
from backoffice.operators.tariff_values import prefix_of, price_of_part
from kannel.models import Connection

PREFIXES = [
    ("+7916", "+7916"),
    ("7916", "+7916"),
    ("'+7916", None),
    ("+39 33", "+3933"),
    ("39 33", "+3933"),
    ("0039 34", "+3934"),
    ("00 39 34", "+3934"),
    ("+7 (916)", "+7916"),
    ("7(916)", "+7916"),
    ("+7-916", "+7916"),
    ("7 916.", "+7916"),
    ("7916*", "+7916"),
    ("+7916xxxxxxx", "+7916"),
    ("7916%", "+7916"),
    ("7916.0", "+7916"),
    ("+7\u00a0916", "+7916"),
    ("7910-7919", None),
    ("+7910-+7919", None),
    ("7910–7919", None),
    ("7916, 7917", None),
    ("7916;7917", None),
    ("7916/7917", None),
    ("7916 and 7917", None),
    ("33-39", None),
    ("250-01", None),
    ("250/01", None),
    ("222-10", None),
    ("Italy", None),
    ("", None),
    ("+", None),
    ("0", None),
    ("8916", None),
    ("8x", None),
    ("3", "+3"),
    ("+0039", None),
    ("+12345678901234567", None),
]
PRICES = [
    ("0.0512", "EUR", "0.0512"),
    ("0,0512", "EUR", "0.0512"),
    ("€0,0512", "EUR", "0.0512"),
    ("€ 0.0512", "EUR", "0.0512"),
    ("0.05 EUR", "EUR", "0.05"),
    ("EUR 0.05", "EUR", "0.05"),
    ("0,05 €", "EUR", "0.05"),
    ("0.05 eur", "EUR", "0.05"),
    ("2,50 ₽", "RUB", "2.50"),
    ("2.50 руб.", "RUB", "2.50"),
    ("2.50р", "RUB", "2.50"),
    (".035", "EUR", "0.035"),
    ("0.034553", "EUR", "0.034553"),
    ("0.0345530", "EUR", "0.034553"),
    ("0.05000000000000001", "EUR", "0.05"),
    ("1,234", "RUB", "1.234"),
    ("1 234,50", "RUB", "1234.50"),
    ("1,234.50", "RUB", "1234.50"),
    ("1.234,50", "RUB", "1234.50"),
    ("1'234.50", "RUB", "1234.50"),
    ("1 234", "RUB", "1234"),
    ("0", "RUB", "0"),
    ("€0,0512", "RUB", None),
    ("0.05 EUR", "RUB", None),
    ("$0.05", "EUR", None),
    ("0.05 USD", "EUR", None),
    ("0.0345531", "EUR", None),
    ("-0.05", "EUR", None),
    ("(0.05)", "EUR", None),
    ("free", "EUR", None),
    ("n/a", "EUR", None),
    ("0.05/0.06", "EUR", None),
    ("1.2.3", "EUR", None),
    ("5 %", "EUR", None),
    ("1000000", "RUB", None),
    ("", "RUB", None),
]


@pytest.mark.parametrize(("written", "meant"), PREFIXES)
def test_a_prefix_is_read_as_meant_or_refused(written: str, meant: str | None) -> None:
    if meant is None:
        with pytest.raises(ValueError, match=r"\.$"):
            prefix_of(written)
    else:
        assert prefix_of(written) == meant


@pytest.mark.parametrize(("written", "currency", "meant"), PRICES)
def test_a_price_is_read_as_meant_or_refused(written: str, currency: str, meant: str | None) -> None:
    if meant is None:
        with pytest.raises(ValueError, match=r"\.$"):
            price_of_part(written, currency)
    else:
        assert price_of_part(written, currency) == Decimal(meant)


@given(st.text(max_size=30))
def test_any_text_is_a_price_or_refused_with_a_sentence(text: str) -> None:
    refused = ""
    try:
        price = price_of_part(text, of_django.CURRENCY)
    except ValueError as error:
        refused = str(error)
    assert refused.endswith(".") or 0 <= price < 1_000_000


def _read(
    tmp_path: Path, operator: Operator | None, *lines: str
) -> tuple[list[tuple[str, Decimal]], str, list[int]]:
    """Prices that were read, all that is wrong, and the rows that are there twice."""
    path = tmp_path / "prices.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    sheet = read(path, operator)
    prices = [(one.prefix, one.price) for found in sheet.prices.values() for one in found]
    return prices, " ".join(f"{bad.row}: {bad.sentence}" for bad in sheet.bad), sheet.doubled


@pytest.mark.django_db
def test_exact_duplicates_are_one_row_and_told(north: Connection, tmp_path: Path) -> None:
    found, wrong, doubled = _read(
        tmp_path,
        north.operator,
        "prefix;price;valid from",
        "+39 33;0,05;2026-01-01",
        "003933;0.0500;01.01.2026",
        "+3934;0.05;2026-01-01",
        "+3933;0.05;2026-01-01",
    )
    assert found == [("+3933", Decimal("0.05")), ("+3934", Decimal("0.05"))]
    assert (wrong, doubled) == ("", [3, 5])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "lines",
    [
        ("country code;price;valid from", "39;0.05;2026-01-01", "39;0.06;2026-01-01"),
        (
            "country code;MCC/MNC;price;valid from",
            "39;22201;0.05;2026-01-01",
            "39;22210;0.05;2026-01-01",
        ),
        ("prefix;MNC;price;valid from", "+39;01;0.05;2026-01-01", "+39;10;0.06;2026-02-01"),
    ],
)
def test_two_networks_under_one_prefix_are_refused(
    lines: tuple[str, ...], north: Connection, tmp_path: Path
) -> None:
    _found, wrong, _doubled = _read(tmp_path, north.operator, *lines)
    assert wrong.startswith("3: Row 2 says something else about +39.")
    assert "write the number ranges of each" in wrong


@pytest.mark.django_db
def test_codes_of_networks_are_no_prefixes(north: Connection, tmp_path: Path) -> None:
    _found, wrong, _doubled = _read(
        tmp_path, north.operator, "prefix;price;valid from", "250-01;0.05;2026-01-01"
    )
    assert "This looks like the code of a network (MCC and MNC)." in wrong


@pytest.mark.django_db
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (1, 3, 2, 0)])
def test_the_currency_beside_a_price_is_the_operators(
    order: tuple[int, ...], north: Connection, south: Connection, tmp_path: Path
) -> None:
    Operator.objects.filter(pk=south.operator_id).update(currency="EUR")
    rows = [
        ("operator", "prefix", "price", "valid from"),
        ("North", "+7916", "2,50 ₽", "2026-01-01"),
        ("South", "+7916", "€0,0512", "2026-01-01"),
        ("North", "+7917", "€0,0512", "2026-01-01"),
    ]
    lines = [";".join(row[place] for place in order) for row in rows]
    found, wrong, _doubled = _read(tmp_path, None, *lines)
    assert found == [("+7916", Decimal("2.5")), ("+7916", Decimal("0.0512"))]
    assert wrong == "4: price_per_part: This price is in €, and the operator bills in RUB."


@pytest.mark.django_db
def test_a_column_of_currencies_is_compared(north: Connection, tmp_path: Path) -> None:
    found, wrong, _doubled = _read(
        tmp_path,
        north.operator,
        "prefix;price;currency;valid from",
        "+7916;2.50;RUB;2026-01-01",
        "+7917;2.50;;2026-01-01",
        "+7918;0.05;EUR;2026-01-01",
    )
    assert [prefix for prefix, _price in found] == ["+7916", "+7917"]
    assert wrong == "4: currency: This price is in EUR, and the operator bills in RUB."
