"""Mailings through a real Kannel, our application and an operator of each shape, counted by the operators' records."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kannel.models import Adapter, Event
from kannel.simulator import control
from tests.kannel.house import listening, until
from tests.kannel_adapters.house import ACCEPTED, DELIVERED, REJECTED, AdapterHouse, push, reports_of

MESSAGES = 1000


@contextmanager
def answering_late(house: AdapterHouse, shape: str, seconds: float) -> Iterator[None]:
    house.operators[shape].answer_delay_seconds = seconds
    try:
        yield
    finally:
        house.operators[shape].answer_delay_seconds = 0.0


@contextmanager
def behaving(house: AdapterHouse, shape: str, **shares: float) -> Iterator[None]:
    control.set_behaviour(house.controls[shape], **shares)
    try:
        yield
    finally:
        control.set_behaviour(house.controls[shape], **dict.fromkeys(shares, 0.0))


@pytest.mark.parametrize("shape", ["form", "json", "xml"])
def test_a_mailing_of_1000_is_carried_with_all_receipts(shape: str, house: AdapterHouse) -> None:
    house.saved()
    before = house.record(shape)
    with listening(house.gateway):
        ids = push(house.gateway, shape, MESSAGES)
        until(lambda: reports_of(ids) == {ACCEPTED: MESSAGES, DELIVERED: MESSAGES}, 60)
    taken = house.record(shape).since(before)
    assert (taken.messages.total(), len(taken.messages), taken.doubled) == (MESSAGES, MESSAGES, 0)
    assert Event.objects.count() == 2 * MESSAGES


@pytest.mark.parametrize("shape", ["form", "json", "xml"])
def test_an_operator_that_answers_after_the_time_out_is_called_once(shape: str, house: AdapterHouse) -> None:
    house.saved()
    Adapter.objects.update(answer_seconds=1)
    before = house.record(shape)
    with listening(house.gateway), answering_late(house, shape, 1.5):
        ids = push(house.gateway, shape, 20)
        until(lambda: reports_of(ids)[ACCEPTED] == 20, 30)
    taken = house.record(shape).since(before)
    assert (taken.messages.total(), taken.doubled) == (20, 0)
    known = set(Event.objects.filter(dlr_type=ACCEPTED).values_list("smsc_message_id", flat=True))
    assert all(one.startswith("unknown-") for one in known)


def test_a_receipt_that_names_our_id_finds_a_message_nobody_answered_for(house: AdapterHouse) -> None:
    house.saved()
    Adapter.objects.update(answer_seconds=1)
    with listening(house.gateway), answering_late(house, "json", 1.5):
        ids = push(house.gateway, "json", 3)
        until(lambda: reports_of(ids) == {ACCEPTED: 3, DELIVERED: 3}, 40)


def test_what_was_under_way_when_kannel_died_is_not_sent_again(house: AdapterHouse) -> None:
    house.saved()
    before = house.record("json")
    with listening(house.gateway), answering_late(house, "json", 1.0):
        ids = push(house.gateway, "json", 40)
        until(lambda: house.record("json").since(before).messages.total() >= 20)
        house.kill_bearerbox()
        house.start_bearerbox()
        until(lambda: reports_of(ids)[ACCEPTED] == 40, 60)
    taken = house.record("json").since(before)
    assert (taken.messages.total(), len(taken.messages), taken.doubled) == (40, 40, 0)


@pytest.mark.parametrize("shape", ["form", "json", "xml"])
def test_a_refused_message_ends_with_the_operators_reason(shape: str, house: AdapterHouse) -> None:
    house.saved()
    with listening(house.gateway), behaving(house, shape, rejected=1.0):
        ids = push(house.gateway, shape, 3)
        until(lambda: reports_of(ids) == {REJECTED: 3})


@pytest.mark.parametrize("shape", ["form"])  # one is enough for what takes Kannel 15 s
def test_what_an_operator_is_too_busy_for_comes_again_and_once(shape: str, house: AdapterHouse) -> None:
    house.saved()
    before = house.record(shape)
    with listening(house.gateway), behaving(house, shape, throttled=1.0):
        ids = push(house.gateway, shape, 3)
        until(lambda: reports_of(ids) == {ACCEPTED: 3, DELIVERED: 3}, 60)
    taken = house.record(shape).since(before)
    assert (taken.messages.total(), taken.outcomes["throttled"]) == (3, 3)  # type: ignore[index]


@pytest.mark.parametrize("shape", ["form", "json", "xml"])
def test_a_message_that_did_not_arrive_says_so_with_its_code(shape: str, house: AdapterHouse) -> None:
    house.saved()
    with listening(house.gateway), behaving(house, shape, undelivered=1.0):
        ids = push(house.gateway, shape, 2)
        until(lambda: reports_of(ids) == {ACCEPTED: 2, 2: 2})
    texts = Counter(Event.objects.filter(dlr_type=2).values_list("text", flat=True))
    assert all("stat:UNDELIV err:" in text for text in texts)


@pytest.mark.parametrize("shape", ["form", "json", "xml"])
@pytest.mark.parametrize(
    "text",
    [
        'Say "hi" & <b>\\n {to} 100 % + a=b?',
        "Привет, «мир» — 50 % 👋 ]]> &amp;",
        "long " * 180,
    ],
)
def test_any_text_arrives_as_it_was_written_and_whole(shape: str, text: str, house: AdapterHouse) -> None:
    house.saved()
    operator = house.operators[shape]
    seen: list[str] = []
    asked = operator.shape.asked
    operator.shape.asked = lambda call: seen.append(asked(call).text) or asked(call)  # type: ignore[method-assign,func-returns-value]
    try:
        with listening(house.gateway):
            ids = push(house.gateway, shape, 1, text)
            until(lambda: reports_of(ids) == {ACCEPTED: 1, DELIVERED: 1})
    finally:
        operator.shape.asked = asked  # type: ignore[method-assign]
    assert seen == [text]
