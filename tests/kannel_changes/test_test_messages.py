"""A test message over a real Kannel: handed over once, and followed by its reports."""

import pytest

from backoffice.operators import tasks
from kannel import test_messages
from kannel.models import TestMessage
from kannel.reports import outcome_of
from kannel.simulator.record import counts
from tests.kannel.house import listening, until
from tests.kannel_changes.conftest import Lines

PHONE = "+79169990001"


def made(lines: Lines, **values: object) -> TestMessage:
    fields = {"connection": lines.north, "phone": PHONE, "sender": "Parley", "text": "Test"}
    return TestMessage.objects.create(**(fields | values))


def outcomes(message: TestMessage) -> set[str]:
    return {outcome_of(one) for one in test_messages.reports_of(message)}


@pytest.mark.parametrize("text", ["Test", "Проверка"])
def test_a_test_message_goes_its_whole_way(text: str, lines: Lines) -> None:
    message = made(lines, text=text)
    with listening(lines.gateway):
        tasks.send_test.call_local(message.pk)
        until(lambda: outcomes(message) == {"sent", "delivered"})
    message.refresh_from_db()
    assert message.answer == "taken"
    assert message.created_at <= message.handed_over_at <= message.answered_at


def test_a_test_message_is_handed_over_once(lines: Lines) -> None:
    before = counts(lines.folder / "north.record").messages[PHONE]
    message = made(lines)
    with listening(lines.gateway):
        test_messages.send(message.pk)
        test_messages.send(message.pk)
        until(lambda: outcomes(message) == {"sent", "delivered"})
    assert counts(lines.folder / "north.record").messages[PHONE] == before + 1


def test_a_line_that_kannel_does_not_know_is_refused(lines: Lines) -> None:
    row = lines.add("north-9")
    message = made(lines, connection=row)
    test_messages.send(message.pk)
    message.refresh_from_db()
    assert message.answer == "refused"


def test_without_a_gateway_nothing_was_taken(lines: Lines) -> None:
    lines.gateway.box_port = 1
    lines.gateway.save()
    message = made(lines)
    test_messages.send(message.pk)
    message.refresh_from_db()
    assert message.answer == "not_now"


def test_a_gateway_that_does_not_answer_leaves_it_open(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(test_messages, "ANSWER_WITHIN_SECONDS", 0.0)
    message = made(lines)
    test_messages.send(message.pk)
    message.refresh_from_db()
    assert message.answer == "unknown"


def test_over_http_it_goes_to_the_other_port(lines: Lines) -> None:
    lines.gateway.transport, lines.gateway.sendsms_port = "sendsms", 1
    lines.gateway.save()
    message = made(lines)
    test_messages.send(message.pk)
    message.refresh_from_db()
    assert message.answer == "not_now"
