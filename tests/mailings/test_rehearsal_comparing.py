"""What the comparison finds: each kind of difference by itself, without a Kannel."""

import threading
import uuid
from decimal import Decimal

import pytest

from backoffice.mailings.rehearsal.arrived import Way, difference, text_of
from backoffice.mailings.rehearsal.comparing import Comparison, Line, Planned
from backoffice.mailings.rehearsal.lanes import cost_of_part
from backoffice.mailings.rehearsal.numbers import invented_number, place_of
from backoffice.mailings.rehearsal.reports import Reports
from backoffice.mailings.rehearsal.size import PlannedLine, Size
from backoffice.mailings.rehearsal.words import about
from kannel.dlr_urls import dlr_url
from kannel.models import Gateway
from kannel.simulator import septets
from kannel.simulator.witness import Seen
from kannel.wire import Sms

NORTH, SOUTH = Way(1, "smpp"), Way(2, "http")


def planned(text: str = "Come in.", **values: object) -> Planned:
    fields = {"message_id": 17, "connection_id": 1, "coding": 0, "parts": 1, "cost": Decimal(2)}
    return Planned(**{"text": text, "cost_of_part": Decimal(2), **fields, **values})  # type: ignore[arg-type]


def comparison(count: int = 9) -> Comparison:
    return Comparison("Parley", count, {"north": NORTH, "south": SOUTH})


def seen(number: str, text: str = "Come in.", **values: object) -> Seen:
    part = Seen("north", number, "Parley", 0, 1, 1, septets.to_octets(text))
    return part._replace(**values)


def test_what_arrives_as_planned_is_counted_and_billed() -> None:
    compared = comparison()
    compared.see(seen(compared.expect(1, "+7916", planned())))
    compared.report(1, 8)
    compared.report(1, 1)
    compared.report(1, 1)
    counts = compared.counts()
    assert (counts["taken"], counts["delivered"], counts["different"]) == (1, 1, 0)
    assert (counts["parts"], counts["cost"], counts["faults"]) == (1, Decimal(2), {})
    assert (compared.on_the_way, compared.inside(1)) == (0, 0)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"body": septets.to_octets("Come on.")}, "text"),
        ({"coding": 8}, "coding"),
        ({"coding": 4}, "coding"),
        ({"source": "Other"}, "sender"),
    ],
)
def test_each_difference_is_named(change: dict[str, object], fault: str) -> None:
    compared = comparison()
    compared.see(seen(compared.expect(1, "+7916", planned()), **change))
    assert fault in compared.counts()["faults"]
    assert compared.counts()["different"] == 1
    assert compared.examples[0].message_id == 17


def test_a_message_in_another_number_of_parts_costs_something_else() -> None:
    compared = comparison()
    number = compared.expect(1, "+7916", planned("AB"))
    compared.see(seen(number, "A", total=2, part=1))
    assert compared.counts()["taken"] == 0
    compared.see(seen(number, "B", total=2, part=2))
    assert compared.counts()["faults"] == {"parts": 1, "cost": 1}
    assert compared.counts()["cost"] == Decimal(4)


def test_parts_may_come_in_any_order() -> None:
    compared = comparison()
    number = compared.expect(1, "+7916", planned("AB", parts=2, cost=Decimal(4)))
    compared.see(seen(number, "B", total=2, part=2))
    compared.see(seen(number, "A", total=2, part=1))
    assert compared.counts()["faults"] == {}


def test_a_message_over_another_operator_is_found() -> None:
    compared = comparison()
    number = compared.expect(1, "+7916", planned())
    compared.see(seen(number, operator="south", body=b"Come in."))
    assert compared.counts()["faults"] == {"way": 1}


def test_what_comes_again_and_what_nobody_planned_are_found() -> None:
    compared = comparison()
    number = compared.expect(1, "+7916", planned())
    for _ in range(2):
        compared.see(seen(number))
    compared.see(seen(invented_number("+7916", 5, 9)))
    compared.see(seen("nobody"))
    twice = compared.expect(2, "+7916", planned())
    compared.see(seen(twice, "A", total=2, part=1))
    compared.see(seen(twice, "A", total=2, part=1))
    assert compared.counts()["faults"] == {"doubled": 2, "stranger": 2}


def test_what_never_arrives_and_what_is_refused_are_found() -> None:
    compared = comparison()
    compared.expect(1, "+7916", planned())
    compared.expect(2, "+7916", planned())
    compared.report(2, 16)
    compared.refused(2)
    compared.close()
    compared.missing(3)
    assert compared.counts()["faults"] == {"refused": 1, "lost": 4}
    assert compared.counts()["different"] == 5


def test_few_examples_are_kept_however_many_there_are() -> None:
    compared = comparison(200)
    for place in range(1, 200):
        compared.see(seen(compared.expect(place, "+7916", planned()), "Other"))
    assert [example.fault for example in compared.examples] == ["text", "text"]


def test_texts_with_letters_that_plain_ones_lack_are_no_plain_texts() -> None:
    assert not NORTH.carries([seen("+7", "???")], "При", 0)


def test_an_operator_with_an_alphabet_of_its_own_is_read_in_it() -> None:
    way = Way(1, "smpp", "ISO-8859-1")
    part = seen("+7", body="Ä".encode("latin-1"))
    assert way.carries([part], "Ä", 0)
    assert not way.carries([part], "€", 0)
    assert text_of([part], way) == "Ä"
    assert text_of([seen("+7", body="При".encode("utf-16-be"), coding=8)], way) == "При"


def test_behind_an_adapter_parts_are_counted_from_the_text() -> None:
    way = Way(3, "adapter")
    part = Seen("adapted", "+7", "Parley", 0, 1, 1, ("ж" * 71).encode())
    assert way.parts_of([part]) == 2
    assert way.coding_of(part) is None
    assert way.carries([part], "ж" * 71, 2)


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [("abc", "abd", ("U+0063", "U+0064", 3)), ("ab", "abc", ("", "U+0063", 3)), ("", "", ("", "", 1))],
)
def test_where_texts_begin_to_differ(one: str, other: str, found: tuple[str, str, int]) -> None:
    assert difference(one, other) == found


def test_invented_numbers_are_unique_and_longer_than_real_ones() -> None:
    prefixes = ["+7", "+7916", "+79161234567", "", "+700"]
    numbers = [invented_number(prefix, place, 12_000) for place in (1, 12_000) for prefix in prefixes]
    assert {len(number) for number in numbers} == {16}
    assert {place_of(number, 12_000) for number in numbers} == {1, 12_000}
    assert invented_number("+79161234567", 7, 12_000) == "+791612345600007"


def test_a_part_costs_what_the_plan_says_unless_its_way_says_otherwise() -> None:
    price, factor = Decimal("2.5000"), Decimal("0.83333")
    assert cost_of_part(Decimal("4.166666"), 2, price, factor) == Decimal("2.083333")
    assert cost_of_part(Decimal("4.0000"), 2, price, factor) == Decimal("2.083325")
    assert cost_of_part(Decimal("4.0000"), 2, None, None) == Decimal(2)
    assert cost_of_part(Decimal(0), 0, None, None) == 0


def test_a_line_that_moved_for_less_than_a_second_has_no_speed() -> None:
    line = Line()
    line.add(2, Decimal(4))
    assert line.parts_per_second == 0
    line.first_at = line.last_at - 2
    assert line.parts_per_second == 1


def test_a_small_plan_is_rehearsed_whole_and_a_large_one_by_a_round_sample() -> None:
    small = Size([PlannedLine(1, 4644, 6120, Decimal(1))], {1: 100})
    assert (small.is_long, round(small.seconds())) == (False, 67)
    large = Size(
        [PlannedLine(1, 1_000_000, 1_200_000, Decimal(1)), PlannedLine(2, 1, 1, Decimal(1))], {1: 100, 2: 9}
    )
    assert large.is_long
    assert large.usual_sample == 49_000
    assert large.seconds(large.usual_sample / large.messages) < 600
    fast = Size([PlannedLine(1, 1_000_000, 1_000_000, Decimal(1))], {1: 10_000})
    assert fast.seconds() == 506, "one host does not play as fast as ten operators are"


@pytest.mark.parametrize(
    ("seconds", "said"), [(7.4, "7 s"), (69, "1 min 10 s"), (1008, "17 min"), (12_040, "3 h 21 min")]
)
def test_an_estimate_is_no_more_exact_than_it_can_be(seconds: float, said: str) -> None:
    assert about(seconds) == said


def test_reports_that_are_none_of_ours_are_left_aside() -> None:
    told: list[tuple[int, int]] = []
    reports = Reports(Gateway(), threading.Event(), lambda place, kind: told.append((place, kind)))
    ours = Sms(id=uuid.uuid4(), sms_type=3, dlr_mask=1, dlr_url=dlr_url(5, 0).encode())
    forged = Sms(id=uuid.uuid4(), sms_type=3, dlr_mask=1, dlr_url=b"http://x/kannel/dlr/none")
    inbound = Sms(id=uuid.uuid4(), sms_type=0)
    reports._keep([ours, forged, inbound])
    assert told == [(5, 1)]
