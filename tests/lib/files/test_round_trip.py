"""What we write comes in again as it was."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from backoffice.lib.files.quoting import plain_cell, safe_text
from backoffice.lib.files.shape import Shape, rows_of
from backoffice.lib.spreadsheets import csv_pieces, workbook_of

# Office programs and our own cleaners take blanks off the ends of a cell; neither form of file can hold other controls.
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"), max_size=20).map(
    lambda text: text.strip()
)
LIKELY = st.sampled_from(
    [
        "-120,50",
        "+7 916 123-45-67",
        "'=1+1",
        "''=x",
        "=1+1",
        '"a"; b',
        'a\n1;2;"',
        "@x",
        "'",
        '"',
        "-",
        "1;2\n3;4",
    ]
)
CELLS = TEXTS | LIKELY
# No table of ours has one column: there nothing tells a cell of several lines from an open quote.
TABLES = st.integers(2, 5).flatmap(
    lambda width: st.lists(
        st.lists(CELLS, min_size=width, max_size=width).filter(any), min_size=1, max_size=6
    )
)


@given(CELLS)
def test_the_quote_that_guards_a_cell_is_taken_off_again(text: str) -> None:
    assert plain_cell(safe_text(text)) == text


@pytest.mark.parametrize("number", ["-120,50", "+79161234567", "-1 234.50", "+7 916"])
def test_a_number_needs_no_quote(number: str) -> None:
    assert safe_text(number) == number


@pytest.mark.parametrize("formula", ["=1+1", "-1-1", "+7916-123", "@SUM(A1)", "\tx"])
def test_a_formula_is_guarded(formula: str) -> None:
    assert safe_text(formula) == f"'{formula}"


@settings(max_examples=300, deadline=None)
@given(TABLES, st.sampled_from(",;"))
@example([["1;2\n3;4", "1;2\n3;4"]], ";")
def test_a_csv_of_ours_comes_in_as_it_left(table: list[list[str]], delimiter: str) -> None:
    heading = [f"h{number}" for number in range(len(table[0]))]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ours.csv"
        path.write_text("".join(csv_pieces(heading, table, delimiter)), newline="")
        rows = list(rows_of(path, Shape("utf-8-sig", delimiter)))
    assert [row.problem for row in rows] == [None] * len(rows)
    assert [row.cells for row in rows] == [heading, *table]


@settings(max_examples=50, deadline=None)
@given(TABLES)
def test_a_workbook_of_ours_comes_in_as_it_left(table: list[list[str]]) -> None:
    heading = [f"h{number}" for number in range(len(table[0]))]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ours.xlsx"
        path.write_bytes(workbook_of(heading, table, "Ours").read())
        rows = list(rows_of(path, Shape(sheet="Ours")))
    assert [row.cells for row in rows] == [heading, *table]
