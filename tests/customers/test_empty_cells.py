"""An empty cell keeps what is there, unless somebody wants it emptied; and what a file would do is known before."""

import csv
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from backoffice.customers.columns import customer_columns
from backoffice.customers.importing import Order, import_file, look_at_file, remarks_heading
from backoffice.customers.models import Customer
from backoffice.customers.reading import bad_rows_heading
from backoffice.lib.files.confirmed import guess

pytestmark = pytest.mark.django_db

EMPTYING = Order(empties=True)


@pytest.fixture
def anna() -> Customer:
    found: Customer = Customer.objects.create(
        external_id="A",
        phone="+79161234567",
        first_name="Anna",
        city="Kazan",
        balance=Decimal("5.50"),
        birth_date="1990-05-12",
        tags=["tea"],
        attributes={"shoe": "38", "hat": "7"},
    )
    return found


def file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "customers.csv"
    path.write_text(text)
    return path


EMPTY = (
    "external_id,phone,first_name,balance,birth_date,tags,is_blocked,attributes.shoe\n"
    "A,,,NULL,0000-00-00,,,\nB,,,,,,,\n"
)


def test_an_empty_cell_keeps_what_is_there(anna: Customer, tmp_path: Path) -> None:
    before = Customer.objects.filter(pk=anna.pk).values().get()
    result = import_file(file(tmp_path, EMPTY))
    assert (result.added, result.changed, result.unchanged, result.emptied) == (1, 0, 1, 0)
    assert Customer.objects.filter(pk=anna.pk).values().get() == before


def test_an_empty_cell_empties_what_is_there_where_that_is_wanted(anna: Customer, tmp_path: Path) -> None:
    result = import_file(file(tmp_path, EMPTY), EMPTYING)
    assert (result.changed, result.emptied) == (1, 6)
    anna.refresh_from_db()
    assert (anna.phone, anna.first_name, anna.balance, anna.birth_date, anna.tags) == ("", "", 0, None, [])
    assert (anna.attributes, anna.city) == ({"hat": "7"}, "Kazan")


def test_a_new_customer_has_nothing_where_cells_are_empty(tmp_path: Path) -> None:
    import_file(file(tmp_path, EMPTY))
    b = Customer.objects.get(external_id="B")
    assert (b.phone, b.balance, b.birth_date, b.tags, b.is_blocked) == ("", 0, None, [], False)
    assert b.attributes == {}


MIXED = (
    "external_id,first_name,city,phone\n"
    "A,,Omsk,\n"  # changed; a name that emptying would take
    "C,Carl,,\n"  # unchanged; emptying changes its city
    "N,New,,8 495 123-45-67\n"
    ",Bad,,\n"
    "D,One,,\n"
    "D,Two,,\n"
)


@pytest.mark.parametrize("order", [Order(), EMPTYING])
def test_the_look_says_what_the_import_then_does(anna: Customer, tmp_path: Path, order: Order) -> None:
    Customer.objects.create(external_id="C", first_name="Carl", city="Perm")
    path = file(tmp_path, MIXED)
    look = look_at_file(path)
    assert look.emptied == {"first_name": 1, "city": 1, "phone": 1}
    assert not Customer.objects.filter(external_id="N").exists()
    done = import_file(path, order)
    assert (done.read, done.bad, done.doubled, done.not_mobile) == (6, 1, 1, 1)
    said = look.result
    assert (said.read, said.bad, said.doubled, said.not_mobile) == (6, 1, 1, 1)
    changed, unchanged = said.changed, said.unchanged
    if order.empties:
        changed, unchanged = look.changed_emptying, look.unchanged_emptying
    assert (done.added, done.changed, done.unchanged) == (said.added, changed, unchanged)
    assert done.emptied == (sum(look.emptied.values()) if order.empties else 0)


def heading_of(path: Path) -> list[str]:
    return guess(path, customer_columns())[0].heading(path)


def listed(path: Path) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """The bad rows and the remarks of an import of the file."""
    bad, remarks = io.StringIO(), io.StringIO()
    bad.write(bad_rows_heading(heading_of(path)))
    remarks.write(remarks_heading(heading_of(path)))
    import_file(path, bad_rows=bad, remarks=remarks)
    return [list(csv.DictReader(io.StringIO(text.getvalue()))) for text in (bad, remarks)]  # type: ignore[return-value]


def test_a_bad_row_is_listed_whole_with_all_that_is_wrong_with_it(tmp_path: Path) -> None:
    text = "external_id,notes,birth_date,balance\nA,keep me,31.02.1990,ten\n"
    ((row,), remarks) = listed(file(tmp_path, text))
    assert (row["external_id"], row["notes"], row["birth_date"], row["balance"]) == (
        "A",
        "keep me",
        "31.02.1990",
        "ten",
    )
    assert "birth_date: There is no such day." in row["what is wrong"]
    assert "balance: This is no amount." in row["what is wrong"]
    assert remarks == []


def test_a_doubled_row_is_no_bad_one_and_stands_whole_among_the_remarks(tmp_path: Path) -> None:
    text = "external_id,phone,first_name\nA,+79161234567,Anna\nB,,\nA,,Ann\n"
    bad, (row,) = listed(file(tmp_path, text))
    assert bad == []
    assert "stands again in row 4" in row["what was not done"]
    assert (row["row"], row["external_id"], row["first_name"]) == ("2", "A", "Anna")


def test_the_mended_list_of_bad_rows_erases_nothing(tmp_path: Path) -> None:
    path = file(
        tmp_path, "external_id,phone,first_name,balance\nA,9161234567,Anna,1\nB,,Bo,ten\nA,9161234567,Ann,2\n"
    )
    bad = io.StringIO()
    bad.write(bad_rows_heading(heading_of(path)))
    import_file(path, bad_rows=bad)
    mended = tmp_path / "mended.csv"
    mended.write_text(bad.getvalue().replace("ten", "10"))
    assert import_file(mended).added == 1
    anna = Customer.objects.get(external_id="A")
    assert (anna.phone, anna.first_name, anna.balance) == ("+79161234567", "Ann", 2)
    assert Customer.objects.get(external_id="B").balance == 10


def test_a_row_with_more_cells_than_headings_is_bad_and_listed_whole(tmp_path: Path) -> None:
    path = file(tmp_path, "external_id,first_name\nA,Anna,Ivanova\nB,Bo,\n")
    listed_rows = io.StringIO()
    result = import_file(path, bad_rows=listed_rows)
    assert (result.bad, result.added) == (1, 1)
    assert "Ivanova" in listed_rows.getvalue()


def test_names_lose_what_nobody_sees_on_the_way_in(tmp_path: Path) -> None:
    import_file(file(tmp_path, "external_id,first_name\nA,\u200bZo\u00ade\u0301\u00a0\n"))
    assert Customer.objects.get().first_name == "Zoé"


def test_one_customer_however_a_program_writes_its_number(anna: Customer, tmp_path: Path) -> None:
    Customer.objects.create(external_id="777001")
    result: Any = import_file(file(tmp_path, "external_id,first_name\n777001.0,Ivan\n"))
    assert (result.added, result.changed) == (0, 1)
