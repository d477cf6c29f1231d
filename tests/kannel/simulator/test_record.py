from collections import Counter
from pathlib import Path

import pytest

from kannel.simulator import septets
from kannel.simulator.behaviour import Outcome
from kannel.simulator.record import Record, counts, read
from kannel.text import GSM_BASIC, GSM_EXTENSION

ANNA, BORIS = "+79120000001", "+79120000002"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "north.record"
    path.write_text(
        f"1.000 {ANNA} 101 7 2 1 0 delivered 0000000a\n"
        f"1.001 {ANNA} 102 7 2 2 0 delivered 0000000b\n"
        f"1.002 {BORIS} - 0 1 1 8 throttled 0000000c\n"
        f"1.003 {BORIS} 104 0 1 1 8 unanswered 0000000c\n"
        f"1.004 {BORIS} 105 0 1 1 8 undelivered 0000000c\n"
        f"1.005 {BORIS} 106 0 1 1"
    )
    return path


def test_a_half_written_line_is_left_out(path: Path) -> None:
    assert [part.message_id for part in read(path)] == ["101", "102", "-", "104", "105"]


def test_messages_count_once_whatever_their_parts(path: Path) -> None:
    assert counts(path).messages == {ANNA: 1, BORIS: 2}


def test_a_message_that_lacks_a_part_does_not_count(tmp_path: Path) -> None:
    north, south = tmp_path / "north.record", tmp_path / "south.record"
    north.write_text(
        f"1.000 {ANNA} 101 7 2 1 0 delivered 0000000a\n1.001 {BORIS} 102 8 2 2 0 delivered 0000000b\n"
    )
    south.write_text(f"1.000 {ANNA} 103 7 2 2 0 delivered 0000000b\n")

    assert counts(north, south).messages == {}
    with north.open("a") as more:
        more.write(f"1.002 {BORIS} 103 8 2 1 0 delivered 0000000a\n")
    assert counts(north, south).messages == {BORIS: 1}


def test_the_same_part_again_is_doubled_unless_it_was_refused(path: Path) -> None:
    assert counts(path).doubled == 1
    assert counts(path).outcomes[Outcome.THROTTLED] == 1


def test_lost_is_what_was_expected_and_never_came(path: Path) -> None:
    tally = counts(path)

    assert tally.lost([ANNA, BORIS]) == Counter()
    assert tally.lost({ANNA: 2, "+79120000003": 1}) == {ANNA: 1, "+79120000003": 1}


def test_a_message_may_arrive_at_any_of_several_operators(path: Path, tmp_path: Path) -> None:
    south = tmp_path / "south.record"
    south.write_text("1.000 +79120000003 9 0 1 1 0 delivered 0000000a\n")

    tally = counts(path, south, tmp_path / "not-yet.record")

    assert tally.lost([ANNA, BORIS, "+79120000003"]) == Counter()


def test_a_line_is_in_the_file_as_soon_as_it_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "new" / "north.record"
    record = Record(path)

    record.add("a\n")
    assert path.read_text() == "a\n"
    record.add("b\n")
    assert path.read_text() == "a\nb\n"
    record.close()
    record.close()


def test_a_record_without_a_file_keeps_nothing() -> None:
    record = Record(None)

    record.add("a\n")
    record.close()


def test_septets_go_there_and_back() -> None:
    assert septets.to_text(septets.to_octets(GSM_BASIC + GSM_EXTENSION)) == GSM_BASIC + GSM_EXTENSION
    assert septets.to_octets("@€") == b"\x00\x1b\x65"


def test_an_unknown_escape_reads_as_a_blank_before_the_character() -> None:
    assert septets.to_text(b"\x1bA") == " A"


def test_what_came_since_an_earlier_count_is_counted_alone(path: Path) -> None:
    earlier = counts(path)
    with path.open("a") as more:
        more.write(f" 8 delivered 0000000c\n1.006 {ANNA} 107 0 1 1 0 delivered 0000000d\n")

    assert counts(path).since(earlier).messages == {ANNA: 1, BORIS: 1}
    assert counts(path).since(earlier).doubled == 0
