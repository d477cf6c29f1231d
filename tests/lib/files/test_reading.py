"""Files are read in a process of their own, and what is wrong is said in a sentence."""

from pathlib import Path

import pytest

from backoffice.lib.files import child, gate, reading
from backoffice.lib.files.reading import heading_of, look_at, open_table, read
from backoffice.lib.files.shape import Shape
from backoffice.lib.spreadsheets import UnreadableTable
from tests.lib.files.conftest import CASES, KNOWN


def test_a_look_comes_from_another_process() -> None:
    look = look_at(CASES / "hidden_first_sheet.xlsx", KNOWN)
    assert (look.shape.sheet, look.account.is_whole) == ("Клиенты", True)


@pytest.mark.parametrize("name", ["open_quote.csv", "hidden_first_sheet.xlsx"])
def test_rows_come_without_blank_ones_and_what_stands_above(name: str) -> None:
    heading, rows = open_table(CASES / name, KNOWN)
    assert heading[:2] == ["external_id", "phone"]
    assert [row.number for row in rows] == list(range(2, 7 if name == "open_quote.csv" else 3))


def test_a_file_that_takes_too_much_ends_its_process_and_not_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LOOK_SECONDS", 0)
    path = tmp_path / "large.csv"
    path.write_text("phone\n" + "79161234567\n" * 2_000_000)
    with pytest.raises(UnreadableTable, match="more memory or time than there is"):
        look_at(path)


def test_what_cannot_be_read_is_a_sentence_wherever_it_comes_up(tmp_path: Path) -> None:
    old = tmp_path / "old.xls"
    old.write_bytes(b"\xd0\xcf\x11\xe0")
    with pytest.raises(UnreadableTable, match="old form"):
        list(read(old, Shape("utf-8-sig", ";")))
    with pytest.raises(UnreadableTable, match="has no row 9"):
        heading_of(CASES / "open_quote.csv", Shape("utf-8-sig", ";", heading_row=9))
    long = tmp_path / "long.csv"
    long.write_text("phone\n" + "1" * (gate.LINE_CHARACTERS_AT_MOST + 1))
    with pytest.raises(UnreadableTable, match="A line has more than"):
        list(read(long, Shape("utf-8-sig", ";")))


def test_a_table_without_headings_has_none() -> None:
    assert heading_of(CASES / "open_quote.csv", Shape("utf-8-sig", ";", heading_row=0)) == []


def test_a_file_that_is_gone_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        look_at(tmp_path / "gone.csv")


@pytest.mark.parametrize(
    ("path", "last"),
    [(CASES / "open_quote.csv", "end"), (CASES / "../samples/bad-not-a-workbook.xlsx", "problem")],
)
def test_the_child_answers_piece_by_piece(path: Path, last: str) -> None:
    answers: list[dict[str, object]] = []
    sheet = "A" if path.suffix == ".xlsx" else ""
    question = {
        "wish": "rows",
        "path": str(path),
        "shape": {"encoding": "utf-8", "delimiter": ";", "sheet": sheet},
    }
    child.answer(question, answers.append)
    assert list(answers[-1]) == [last]


def test_the_child_says_that_there_is_not_enough_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(*args: object, **kwargs: object) -> None:
        raise MemoryError

    monkeypatch.setattr(child, "look_at", greedy)
    answers: list[dict[str, object]] = []
    child.answer({"wish": "look", "path": "x", "known": [], "asked": None, "is_short": True}, answers.append)
    assert answers == [{"problem": ["too_much", ""]}]
