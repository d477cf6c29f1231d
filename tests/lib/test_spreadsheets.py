"""Tables that people upload and download."""

from pathlib import Path

import pytest

from backoffice.lib import spreadsheets
from backoffice.lib.spreadsheets import UnreadableTable, csv_line, csv_pieces, plain_cell, rows_of, safe_cell


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_would_run_is_quoted(start: str) -> None:
    assert safe_cell(f"{start}1") == f"'{start}1"
    assert plain_cell(f"'{start}1") == f"{start}1"


def test_an_apostrophe_of_its_own_stays() -> None:
    assert plain_cell("'tis") == "'tis"


def test_a_table_leaves_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "PIECE_ROWS", 2)
    pieces = list(csv_pieces(["n"], [[1], [2], [3]]))
    assert pieces == ["\ufeffn\r\n", "1\r\n2\r\n", "3\r\n"]


def test_numbers_and_plain_texts_are_left_alone() -> None:
    assert csv_line([-1, "a,b", None]) == '-1,"a,b",\r\n'


def test_text_that_breaks_after_the_look_at_its_beginning_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "broken.csv"
    path.write_bytes(b"external_id\n" + b"a\n" * 40_000 + b"\xff\xfe\n")
    with pytest.raises(UnreadableTable, match="no CSV table"):
        list(rows_of(path))


def test_a_field_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "endless.csv"
    path.write_text('external_id\n"' + "a" * 200_000)
    with pytest.raises(UnreadableTable, match="no CSV table"):
        list(rows_of(path))
