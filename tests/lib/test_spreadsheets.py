"""Tables that people upload and download."""

from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation
from openpyxl import load_workbook

from backoffice.lib import spreadsheets
from backoffice.lib.files.quoting import plain_cell
from backoffice.lib.spreadsheets import csv_delimiter, csv_line, csv_pieces, safe_cell, workbook_of


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


MOMENT = datetime(2026, 11, 30, 22, 30, tzinfo=UTC)


def _sheet(name: str = "Autumn sale") -> tuple[str, object]:
    """The name of the sheet of a small workbook, and the sheet."""
    heading = ["message", "when", "day", "cost", "parts", "operator"]
    rows = [
        [3_541_234_567_890_123_456, MOMENT, date(2026, 1, 2), Decimal("0.034553"), 2, "North"],
        ["1", None, date(2026, 1, 3), Decimal("2.5"), 1, "A company with a rather long name"],
    ]
    with timezone.override(ZoneInfo("Europe/Moscow")):
        content = workbook_of(heading, rows, name).read()
    book = load_workbook(BytesIO(content))
    return book.sheetnames[0], book[book.sheetnames[0]]


def test_a_workbook_keeps_what_its_cells_are() -> None:
    _name, sheet = _sheet()
    cells = [str(cell.value) for cell in sheet[2]]  # type: ignore[index]
    # 22:30 UTC is the next day in Moscow.
    assert cells == [
        "3541234567890123456",
        "2026-12-01 01:30:00",
        "2026-01-02 00:00:00",
        "0.034553",
        "2",
        "North",
    ]
    assert sheet["B2"].number_format == "yyyy-mm-dd hh:mm:ss"  # type: ignore[index]
    assert sheet["D2"].number_format == sheet["D3"].number_format == "0.00####"  # type: ignore[index]


def test_a_sheet_has_a_filter_a_heading_that_stays_and_widths() -> None:
    _name, sheet = _sheet()
    assert sheet.auto_filter.ref == "A1:F3"  # type: ignore[attr-defined]
    assert sheet.freeze_panes == "A2"  # type: ignore[attr-defined]
    widths = sheet.column_dimensions  # type: ignore[attr-defined]
    assert 30 < widths["F"].width < 40
    # The second is as wide as the first, and is kept with it.
    assert widths["A"].width > 19


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Autumn sale", "Autumn sale"),
        ("a/b: [c]*?\\", "a b c"),
        ("'quoted'", "quoted"),
        ("x" * 40, "x" * 31),
        ("History", "History 1"),
        ("", "Sheet1"),
        ("???", "Sheet1"),
    ],
)
def test_a_sheet_is_named_for_what_it_holds(name: str, shown: str) -> None:
    assert _sheet(name)[0] == shown


@pytest.mark.parametrize(
    ("language", "chosen", "delimiter"),
    [
        ("en", "", ","),
        ("ru", "", ";"),
        ("ru", "comma", ","),
        ("en", "semicolon", ";"),
        ("en", "tab", ","),
    ],
)
def test_cells_of_a_csv_end_as_chosen_or_as_the_reader_writes(
    language: str, chosen: str, delimiter: str
) -> None:
    with translation.override(language):
        assert csv_delimiter(chosen) == delimiter


def test_a_csv_with_semicolons_has_decimal_commas() -> None:
    assert csv_line([Decimal("0.034553"), "a,b", "c;d"], ";") == '0,034553;a,b;"c;d"\r\n'
    assert csv_line([Decimal("0.034553"), "a,b"]) == '0.034553,"a,b"\r\n'


def test_a_csv_is_made_in_the_zone_and_language_of_whoever_asked() -> None:
    with timezone.override(ZoneInfo("Asia/Vladivostok")), translation.override("ru"):
        pieces = csv_pieces(["when"], ([translation.get_language(), MOMENT] for _ in range(1)))
    assert "".join(pieces) == "\ufeffwhen\r\nru;2026-12-01 08:30:00\r\n"
