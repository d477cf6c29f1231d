from collections import Counter
from pathlib import Path

from deploy.drill import Count, compare
from kannel.simulator import record

DELIVERED = "1.5 {phone} {id} 0 1 1 0 delivered aa\n"


def taken(tmp_path: Path, *phones: str) -> record.Tally:
    """The tally of an operator that took one message for each of these numbers."""
    lines = [DELIVERED.format(phone=phone, id=number) for number, phone in enumerate(phones)]
    (tmp_path / "operator.record").write_text("".join(lines))
    return record.counts(tmp_path / "operator.record")


def test_who_reached_an_operator_and_ended_is_not_lost(tmp_path: Path) -> None:
    count = compare([("79120000001", "delivered")], taken(tmp_path, "79120000001"))
    assert count == Count(planned=1, reached=1, lost=0, doubled=0)


def test_who_never_reached_an_operator_is_lost_whatever_the_ledger_says(tmp_path: Path) -> None:
    assert compare([("79120000001", "delivered")], taken(tmp_path)).lost == 1


def test_a_message_that_has_not_ended_is_lost(tmp_path: Path) -> None:
    assert compare([("79120000001", "uncertain")], taken(tmp_path, "79120000001")).lost == 1


def test_what_came_twice_is_counted_as_doubled(tmp_path: Path) -> None:
    count = compare([("79120000001", "delivered")], taken(tmp_path, "79120000001", "79120000001"))
    assert (count.reached, count.doubled) == (1, 1)


def test_a_number_with_a_plus_is_the_same_number() -> None:
    assert (
        compare([("79120000001", "delivered")], record.Tally(messages=Counter(["+79120000001"]))).reached == 1
    )
