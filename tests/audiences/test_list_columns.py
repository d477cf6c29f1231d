"""Which column of a table names customers."""

from pathlib import Path

import pytest

from backoffice.audiences.list_columns import Column, column_in, looked_at, recognised, table_of
from backoffice.customers.models import Customer
from backoffice.lib.files.reading import look_at
from backoffice.lib.spreadsheets import UnreadableTable

pytestmark = pytest.mark.django_db


@pytest.fixture
def _known(db: None) -> None:
    Customer.objects.create(external_id="C1", phone="+79161234567")
    Customer.objects.create(external_id="C2", phone="+79161234568")


@pytest.mark.usefixtures("_known")
@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([["+79161234567"], ["8 916 123-45-68"]], Column(0, "phone", False)),
        ([["Телефон"], ["+79161234567"]], Column(0, "phone", True)),
        ([["name", "number"], ["Anna", "9161234567"], ["Boris", "9161234568"]], Column(1, "phone", True)),
        ([["C1"], ["C2"]], Column(0, "external_id", False)),
        ([["n", "who"], ["1", "C1"], ["2", "C2"]], Column(1, "external_id", False)),
        ([["external_id", "phone"], ["C1", "+7 916 ••• •• 67"]], Column(0, "external_id", True)),
        ([["external_id", "phone"], ["X", "+79990000000"]], Column(1, "phone", True)),
        ([["phone"], ["12"]], Column(0, "phone", True)),
        ([["a", "external_id"], ["x", "y"]], Column(1, "external_id", True)),
        ([["a", "b"], ["x", "y"]], Column(0, "phone", True)),
        ([["12"], ["+79161234567"]], Column(0, "phone", False)),
        ([["phone"]], Column(0, "phone", True)),
    ],
)
def test_the_column_is_found_by_its_heading_or_its_cells(rows: list[list[str]], expected: Column) -> None:
    assert column_in(rows) == expected


@pytest.mark.usefixtures("_known")
def test_known_customers_are_counted_in_the_column() -> None:
    rows = [["+79161234567"], ["9161234568"], ["9990000000"], [""], ["hello"], []]
    assert recognised(rows, Column(0, "phone", False)) == (2, 4)
    assert recognised([["C1"], ["C9"]], Column(0, "external_id", False)) == (1, 2)


@pytest.mark.parametrize(
    ("pasted", "rows"),
    [
        ("+7 916 123-45-67\r\n8 916 123 45 68\n", ["+7 916 123-45-67", "8 916 123 45 68"]),
        ("C1, C2;C3\n\nC4,", ["C1", "C2", "C3", "C4"]),
        ("Anna\tC1\nBoris\tC2", ["Anna\tC1", "Boris\tC2"]),
    ],
)
def test_pasted_numbers_become_rows(pasted: str, rows: list[str]) -> None:
    assert table_of(pasted).split() == "\n".join(rows).split()


def test_short_rows_are_filled_up_and_empty_ones_left_out(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a;b\n\n ; \n1\n")
    assert looked_at(look_at(path)) == [["a", "b"], ["1", ""]]


@pytest.mark.parametrize("text", ["", "\n\n", ";;\n;;"])
def test_a_table_of_nothing_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "empty.csv"
    path.write_text(text)
    with pytest.raises(UnreadableTable, match="The file is empty"):
        look_at(path)
