"""Workbooks: large, sparse, packed too tightly, hidden."""

import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from backoffice.lib.files import gate, workbook
from backoffice.lib.files.look import look_at
from backoffice.lib.files.problems import FileProblem


def made(tmp_path: Path, cells: dict[tuple[int, int], Any], **sheets: dict[tuple[int, int], Any]) -> Path:
    """A workbook with a first sheet and more, by name; cells by row and column from 0."""
    path = tmp_path / "book.xlsx"
    book = xlsxwriter.Workbook(path)
    for name, content in {"First": cells, **sheets}.items():
        sheet = book.add_worksheet(name)
        for (row, column), value in content.items():
            if isinstance(value, date):
                sheet.write_datetime(row, column, value, book.add_format({"num_format": "dd.mm.yyyy hh:mm"}))
            else:
                sheet.write(row, column, value)
    book.close()
    return path


TABLE = {(0, 0): "external_id", (0, 1): "phone", (1, 0): "A1", (1, 1): 79161234567}


@pytest.mark.parametrize("at_once", [gate.CELLS_AT_ONCE, 0])
def test_a_sheet_is_read_the_same_at_once_and_row_by_row(
    at_once: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "CELLS_AT_ONCE", at_once)
    cells = {
        (3, 2): "external_id", (3, 3): "balance", (3, 4): "day", (3, 5): "at", (4, 2): "A1", (4, 3): 12.5,
        (4, 4): datetime.fromisoformat("2026-11-30"), (4, 5): datetime.fromisoformat("2026-11-30T10:30"), (6, 2): 777001.0, (6, 3): "'=1+x",
    }  # fmt: skip
    look = look_at(made(tmp_path, cells), frozenset({"external id"}))
    assert look.heading == ["", "", "external_id", "balance", "day", "at"]
    assert look.rows == [
        (5, ["", "", "A1", "12.5", "2026-11-30", "2026-11-30 10:30:00"]),
        (7, ["", "", "777001", "=1+x", "", ""]),
    ]
    assert (look.account.above, look.account.blank) == (3, 1)


def test_a_cell_at_the_far_corner_builds_no_table_of_all_between(tmp_path: Path) -> None:
    path = made(tmp_path, TABLE | {(1_048_575, 16_383): " "})
    account = look_at(path).account
    assert (account.rows, account.named, account.goes_on) == (1, 0, False)


@pytest.mark.parametrize(
    ("place", "code"),
    [((1, 16_383), "too_many_columns"), ((1_048_575, 0), "far_row"), ((0, 3999), "too_many_columns")],
)
def test_something_far_outside_the_table_is_refused(
    place: tuple[int, int], code: str, tmp_path: Path
) -> None:
    with pytest.raises(FileProblem) as problem:
        look_at(made(tmp_path, TABLE | {place: "left here"}))
    assert problem.value.code == code


def test_a_packed_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/sharedStrings.xml", "w") as part,
    ):
        for _mib in range(64):
            part.write(b" " * (1 << 20))
    with pytest.raises(FileProblem) as problem:
        look_at(path)
    assert problem.value.code == "unpacks_to_too_much"


def test_another_sheet_can_be_chosen(tmp_path: Path) -> None:
    path = made(tmp_path, TABLE, Second={(0, 0): "phone", (1, 0): "79161234568"})
    look = look_at(path, frozenset(), {"sheet": "Second"})
    assert look.rows == [(2, ["79161234568"])]
    assert look.sheets == [("First", True), ("Second", True)]


def test_a_cell_beyond_the_headings_is_named(tmp_path: Path) -> None:
    look = look_at(made(tmp_path, TABLE | {(1, 4): "note"}), frozenset({"phone"}))
    assert look.problems == [(2, "too_many_cells", 5)]


def test_a_workbook_without_anything_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileProblem) as problem:
        look_at(made(tmp_path, {}))
    assert problem.value.code == "empty"
