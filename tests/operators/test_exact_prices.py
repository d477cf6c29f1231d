"""A price is kept, shown, and carried through files as finely as the contract has it."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backoffice.lib.amounts import to_the_cent
from backoffice.lib.numbers import price_words
from backoffice.lib.spreadsheets import csv_pieces, workbook_of
from backoffice.operators.models import Operator, Tariff
from backoffice.operators.routing import Route
from backoffice.operators.tariff_import import export_rows, read
from kannel.models import Connection
from tests.mailings_screens.conftest import As

PRICES = st.decimals(min_value="0.000001", max_value="999", places=6)
AMOUNTS = st.lists(st.decimals(min_value=0, max_value=1_000_000, places=6), max_size=12)


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(prices=st.lists(PRICES, min_size=1, max_size=9, unique=True), is_workbook=st.booleans())
def test_any_price_of_a_contract_comes_back_from_its_file_as_it_was(
    prices: list[Decimal], is_workbook: bool, north: Connection, tmp_path: Path
) -> None:
    Tariff.objects.all().delete()
    for digit, price in enumerate(prices, start=1):
        Tariff.objects.create(
            operator=north.operator, prefix=f"+7{digit}", price_per_part=price, valid_from="2026-01-01"
        )
    heading = ["operator", "prefix", "price_per_part", "valid_from", "valid_to"]
    rows = export_rows(Tariff.objects.order_by("prefix"))
    path = tmp_path / ("prices.xlsx" if is_workbook else "prices.csv")
    if is_workbook:
        path.write_bytes(workbook_of(heading, rows).read())
    else:
        path.write_text("".join(csv_pieces(heading, rows)), encoding="utf-8")
    sheet = read(path, None)
    assert not sheet.bad
    assert [one.price for one in sheet.prices[Operator.objects.get(pk=north.operator_id)]] == prices


@given(price=PRICES)
def test_a_price_is_shown_in_full(price: Decimal) -> None:
    assert Decimal(price_words(price).replace(",", "")) == price


@given(amounts=AMOUNTS)
def test_the_lines_of_a_bill_add_up_to_the_rounded_sum_of_its_messages(amounts: list[Decimal]) -> None:
    lines = to_the_cent(amounts)
    assert abs(sum(lines, Decimal(0)) - sum(amounts, Decimal(0))) <= Decimal("0.005")
    for line, amount in zip(lines, amounts, strict=True):
        assert line == round(line, 2)
        assert abs(line - amount) < Decimal("0.01")


def test_a_part_costs_its_price_to_the_last_decimal() -> None:
    assert Route("+7", 1, (1,), Decimal("0.034553")).cost_of_part == Decimal("0.034553")


@pytest.mark.django_db
def test_a_price_that_is_typed_is_kept_and_shown_in_full(as_role: As, north: Connection) -> None:
    client = as_role("Operator staff")
    values = {
        "operator": north.operator_id,
        "prefix": "+34",
        "price_per_part": "0.034553",
        "valid_from": "2026-01-01",
        "valid_to": "",
        "is_checked": "on",
    }
    client.post(reverse("tariff:add"), values)
    tariff = Tariff.objects.get(prefix="+34")
    assert tariff.price_per_part == Decimal("0.034553")
    assert "0.034553" in client.get(reverse("tariff:index")).content.decode()
    page = client.post(reverse("tariff:add"), values | {"prefix": "+35", "price_per_part": "0.0345531"})
    assert "Ensure that there are no more than 6 decimal places." in page.content.decode()
    assert not Tariff.objects.filter(prefix="+35").exists()


@pytest.mark.django_db
def test_more_decimals_than_are_kept_are_refused_at_their_row(north: Connection, tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("prefix;price;valid from\n+34;0.0345531;2026-01-01\n+35;0.034553;2026-01-01\n")
    sheet = read(path, north.operator)
    assert [bad.row for bad in sheet.bad] == [2]
    assert "This has more than 6 decimals. Round it." in sheet.bad[0].sentence
