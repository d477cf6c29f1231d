"""Tables that people upload and download."""

import pytest

from backoffice.lib import spreadsheets
from backoffice.lib.files.quoting import plain_cell
from backoffice.lib.spreadsheets import csv_line, csv_pieces, safe_cell


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_would_run_is_quoted(start: str) -> None:
    assert safe_cell(f"{start}A1") == f"'{start}A1"
    assert plain_cell(f"'{start}A1") == f"{start}A1"


def test_an_apostrophe_of_its_own_stays() -> None:
    assert plain_cell("'tis") == "'tis"


def test_a_table_leaves_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "PIECE_ROWS", 2)
    pieces = list(csv_pieces(["n"], [[1], [2], [3]]))
    assert pieces == ["\ufeffn\r\n", "1\r\n2\r\n", "3\r\n"]


def test_numbers_and_plain_texts_are_left_alone() -> None:
    assert csv_line([-1, "a,b", None]) == '-1,"a,b",\r\n'
