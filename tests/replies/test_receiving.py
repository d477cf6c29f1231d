"""Inbound messages become replies: once, of the right customer, to the right message."""

import logging
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from django.conf import settings
from django.utils import timezone
from huey.contrib.djhuey import HUEY

from backoffice.customers.models import Contact
from backoffice.mailings.models import Mailing, Message, PeriodicRun
from backoffice.replies import receiving, tasks
from backoffice.replies.answers import answers_of
from backoffice.replies.models import Reply
from kannel import events
from kannel.models import Event
from tests.mailings.conftest import MakeCustomer
from tests.mailings.history import inbound, sent

pytestmark = pytest.mark.django_db
State = Message.State
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def test_a_reply_is_kept_with_its_customer_its_message_and_its_first_word(
    make_customer: MakeCustomer, mailing: Mailing
) -> None:
    anna = make_customer("+79161234567")
    message = sent(anna, mailing, sent_at=at(0))
    kannel_id = inbound("+79161234567", " «стоп», пожалуйста", at=at(5))
    assert receiving.apply_inbound() == 1
    reply = Reply.objects.get()
    assert (reply.customer, reply.message_id, reply.mailing) == (anna, message.pk, mailing)
    assert (reply.kannel_id, reply.received_at) == (kannel_id, at(5))
    assert (reply.text, reply.word) == (" «стоп», пожалуйста", "СТОП")
    assert Event.objects.get().applied_at is not None


def test_the_moment_of_the_latest_reply_is_kept_of_the_customer(make_customer: MakeCustomer) -> None:
    anna = make_customer("+79161234567")
    Contact.objects.create(customer=anna, last_sent_at=at(-9))
    for minute in (5, 9, 7):
        inbound("+79161234567", "yes", at=at(minute))
        receiving.apply_inbound()
    contact = Contact.objects.get()
    assert (contact.last_reply_at, contact.last_sent_at) == (at(9), at(-9))


def test_an_event_that_kannel_gives_twice_is_one_reply(make_customer: MakeCustomer) -> None:
    make_customer("+79161234567")
    kannel_id = inbound("+79161234567", "yes")
    inbound("+79161234567", "yes", kannel_id=kannel_id)
    assert receiving.apply_inbound() == 2
    inbound("+79161234567", "yes", kannel_id=kannel_id)
    assert receiving.apply_inbound() == 1
    assert receiving.apply_inbound() == 0
    assert Reply.objects.count() == 1
    assert not Event.objects.filter(applied_at=None).exists()


def test_an_unknown_number_is_counted_and_named_nowhere(
    make_customer: MakeCustomer, caplog: pytest.LogCaptureFixture
) -> None:
    make_customer("+79161234567")
    inbound("+79160000000", "who are you")
    inbound("900", "your code is 1234")
    inbound("BANK", "your code is 1234")
    with caplog.at_level(logging.INFO):
        assert receiving.apply_inbound() == 3
    assert not Reply.objects.exists()
    assert not Event.objects.filter(applied_at=None).exists()
    said = str([record.msg for record in caplog.records if "inbound_applied" in str(record.msg)])
    assert "'from_unknown_numbers': 3" in said
    assert "9160000000" not in said


def test_of_two_customers_with_one_number_the_one_last_written_to_has_answered(
    make_customer: MakeCustomer, mailing: Mailing
) -> None:
    mother, son, _daughter = (make_customer("+79161234567") for _ in range(3))
    sent(son, mailing, sent_at=at(0))
    latest = sent(mother, mailing, sent_at=at(1))
    sent(son, mailing, sent_at=at(9))
    inbound("+79161234567", "yes", at=at(5))
    receiving.apply_inbound()
    reply = Reply.objects.get()
    assert (reply.customer, reply.message_id) == (mother, latest.pk)
    assert list(Contact.objects.values_list("customer_id", flat=True)) == [mother.pk]


def test_if_nobody_with_the_number_was_written_to_the_first_of_them_has_answered(
    make_customer: MakeCustomer,
) -> None:
    first, _second = make_customer("+79161234567"), make_customer("+79161234567")
    inbound("+79161234567", "hello")
    receiving.apply_inbound()
    reply = Reply.objects.get()
    assert (reply.customer, reply.message_id, reply.mailing) == (first, None, None)


@pytest.mark.parametrize(
    "state", [State.WAITING, State.EXCLUDED, State.HELD_OUT, State.CANCELLED, State.REJECTED]
)
def test_a_message_that_did_not_reach_anybody_is_not_answered(
    state: str, make_customer: MakeCustomer, mailing: Mailing
) -> None:
    sent(make_customer("+79161234567"), mailing, state=state, submitted_at=at(0))
    inbound("+79161234567", "yes", at=at(5))
    receiving.apply_inbound()
    assert Reply.objects.get().message_id is None


def test_an_answer_may_be_faster_than_the_operators_acceptance(
    make_customer: MakeCustomer, mailing: Mailing
) -> None:
    moment = at(0) + timedelta(milliseconds=900)
    message = sent(make_customer("+79161234567"), mailing, state=State.ACCEPTED, submitted_at=moment)
    inbound("+79161234567", "yes", at=at(0))
    receiving.apply_inbound()
    assert Reply.objects.get().message_id == message.pk


@pytest.mark.parametrize(
    "sender",
    [
        "+79161234567", "79161234567", "89161234567", "9161234567", "+89161234567", "+9161234567", "0079161234567",
        " 79161234567", "+7 916 123-45-67",
    ],
)  # fmt: skip
def test_the_sender_is_recognised_as_operators_write_it(sender: str, make_customer: MakeCustomer) -> None:
    make_customer("+79161234567")
    inbound(sender, "yes")
    receiving.apply_inbound()
    assert Reply.objects.count() == 1


def test_a_number_of_another_country_is_recognised_without_its_plus(make_customer: MakeCustomer) -> None:
    make_customer("+375291234567")
    inbound("375291234567", "yes")
    receiving.apply_inbound()
    assert Reply.objects.count() == 1


def test_a_number_of_another_country_is_nobody_at_home(make_customer: MakeCustomer) -> None:
    make_customer("+79161234567")
    inbound("+919161234567", "yes")
    receiving.apply_inbound()
    assert not Reply.objects.exists()


def test_the_number_that_was_written_to_is_kept(make_customer: MakeCustomer) -> None:
    anna = make_customer("+79161234567")
    inbound("+79161234567", "yes")
    receiving.apply_inbound()
    assert Reply.objects.get().recipient == "1234"
    assert [one.note for one in answers_of(anna.pk)] == ["Written to 1234."]


def test_what_is_no_text_is_kept_whole_and_shown_as_octets(make_customer: MakeCustomer) -> None:
    anna = make_customer("+79161234567")
    inbound("+79161234567", "", octets=bytes(range(200, 256)))
    receiving.apply_inbound()
    reply = Reply.objects.get()
    assert (bytes(reply.octets or b""), reply.word) == (bytes(range(200, 256)), "")
    assert answers_of(anna.pk)[0].text.startswith("This is no text but data, 56 octets: c8 c9 ca")
    assert answers_of(anna.pk)[0].text.endswith(" …")


@pytest.mark.parametrize("is_at_once", [True, False])
def test_a_message_that_the_operator_sends_twice_in_one_second_is_one_reply(
    is_at_once: bool, make_customer: MakeCustomer
) -> None:
    make_customer("+79161234567")
    for _ in range(2):
        inbound("+79161234567", "yes", at=at(5))
        if not is_at_once:
            receiving.apply_inbound()
    receiving.apply_inbound()
    assert Reply.objects.count() == 1
    assert not Event.objects.filter(applied_at=None).exists()


@pytest.mark.parametrize("is_at_once", [True, False])
def test_the_same_words_within_minutes_are_marked_and_later_ones_are_not(
    is_at_once: bool, make_customer: MakeCustomer
) -> None:
    anna = make_customer("+79161234567")
    for minute, text in ((1, "yes"), (3, "yes"), (4, "no"), (30, "yes")):
        inbound("+79161234567", text, at=at(minute))
        if not is_at_once:
            receiving.apply_inbound()
    receiving.apply_inbound()
    marks = Reply.objects.order_by("received_at").values_list("is_repeat", flat=True)
    assert list(marks) == [False, True, False, False]
    assert answers_of(anna.pk)[2].note == "Written to 1234. The same words had come a few minutes before."


def test_parts_that_come_alone_say_so_until_the_last_one_joins_them(make_customer: MakeCustomer) -> None:
    anna = make_customer("+79161234567")
    now = timezone.now()
    inbound("+79161234567", "ing me messages", at=now, part=(7, 2, 2))
    receiving.apply_inbound()
    assert answers_of(anna.pk)[0].note == "Written to 1234. This is part 2 of 2; the rest has not come."
    inbound("+79161234567", "Other words", at=now, part=(8, 1, 2))
    inbound("+79161234567", "Stop send", at=now + timedelta(seconds=5), part=(7, 1, 2))
    receiving.apply_inbound()
    whole = Reply.objects.get(parts=1)
    assert (whole.text, whole.word, whole.part) == ("Stop sending me messages", "STOP", 1)
    assert Reply.objects.filter(parts=2).get().text == "Other words"


def test_parts_with_data_are_joined_as_data(make_customer: MakeCustomer) -> None:
    make_customer("+79161234567")
    inbound("+79161234567", "ab", at=timezone.now(), part=(7, 1, 2))
    inbound("+79161234567", "", at=timezone.now(), octets=b"\xff", part=(7, 2, 2))
    receiving.apply_inbound()
    reply = Reply.objects.get()
    assert (reply.text, bytes(reply.octets or b""), reply.parts) == ("", b"ab\xff", 1)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Stop, please.", "STOP"),
        ("1", "1"),
        ("", ""),
        (" \n…!", ""),
        ("straße", "STRASSE"),
        ("x" * 60, "X" * 40),
    ],
)
def test_the_first_word_is_told_apart_from_signs_and_case(text: str, word: str) -> None:
    assert receiving.first_word(text) == word


def test_everything_that_waits_is_applied_in_batches(
    make_customer: MakeCustomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "BATCH", 2)
    make_customer("+79161234567")
    for _ in range(5):
        inbound("+79161234567", "yes")
    assert receiving.drain() == 5
    assert Reply.objects.count() == 5


def test_reports_are_left_to_the_mailings(make_customer: MakeCustomer) -> None:
    make_customer("+79161234567")
    inbound("+79161234567", "yes")
    Event.objects.update(kind=Event.Kind.REPORT)
    assert receiving.drain() == 0
    assert not Event.objects.filter(applied_at__isnull=False).exists()


def new_event(kind: Event.Kind) -> events.NewEvent:
    return events.NewEvent(
        gateway_id=1, kind=kind, kannel_id=uuid.uuid4(), connection_name="", text="yes",
        occurred_at=timezone.now(), message_id=1, dlr_type=8, sender="+79161234567",
    )  # fmt: skip


def queued() -> list[str]:
    return sorted(task.name for task in HUEY.pending())


@pytest.mark.parametrize(
    ("kinds", "woken"),
    [
        ([Event.Kind.INBOUND, Event.Kind.INBOUND], ["apply_replies"]),
        ([Event.Kind.REPORT], ["apply_receipts"]),
        ([Event.Kind.REPORT, Event.Kind.INBOUND], ["apply_receipts", "apply_replies"]),
    ],
)
def test_only_those_are_woken_whom_the_events_concern(
    kinds: list[Event.Kind], woken: list[str], clean_redis: "redis.Redis[bytes]"
) -> None:
    events.write([new_event(kind) for kind in kinds])
    assert queued() == woken


@pytest.mark.parametrize("wakes", [{}, {"inbound": "no.such.function"}])
def test_events_are_kept_also_if_nobody_can_be_woken(
    wakes: dict[str, str], clean_redis: "redis.Redis[bytes]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "KANNEL_EVENTS_COMMITTED", wakes)
    events.write([new_event(Event.Kind.INBOUND)])
    assert Event.objects.count() == 1
    assert queued() == []


def test_a_wake_up_applies_what_waits(make_customer: MakeCustomer, clean_redis: Any) -> None:
    make_customer("+79161234567")
    inbound("+79161234567", "yes")
    tasks.wake_replies()
    tasks.apply_replies.call_local()
    assert Reply.objects.count() == 1
    tasks.wake_replies()
    assert queued() == ["apply_replies", "apply_replies"]


def test_the_sweep_finds_what_no_wake_up_was_told_of_once_a_minute(make_customer: MakeCustomer) -> None:
    make_customer("+79161234567")
    inbound("+79161234567", "yes")
    tasks.sweep_replies.call_local()
    assert Reply.objects.count() == 1
    assert PeriodicRun.objects.count() == 1


def test_a_reply_is_named_by_its_customer_and_moment(make_customer: MakeCustomer) -> None:
    anna = make_customer("+79161234567")
    assert str(Reply(customer=anna, received_at=NOON)) == f"{anna.pk} 2026-11-24 12:00"
