"""What is kept of each customer's messages: the same result whatever order the reports come in."""

import itertools
import random
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from backoffice.customers.contacts import tell_sql
from backoffice.customers.models import Contact, Customer
from backoffice.mailings import receipts
from backoffice.mailings.contacts import rebuild
from backoffice.mailings.models import Mailing, Message
from kannel.models import Connection, Event
from tests.mailings.conftest import MakeCustomer
from tests.mailings.history import sent
from tests.mailings.test_receipts import (
    ACCEPTED,
    BUFFERED,
    DELIVERED,
    EXPIRED,
    FAILED,
    PART_REFUSED,
    RECEIPT,
    REFUSED,
    report,
)

pytestmark = pytest.mark.django_db
State = Message.State
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


@pytest.fixture
def anna(make_customer: MakeCustomer) -> Customer:
    return make_customer()


def facts(customer: Customer) -> tuple[Any, ...]:
    """Sent, delivered, failed, failure; in minutes after noon."""
    contact = Contact.objects.get(customer=customer)
    minutes = [
        moment and (moment - NOON) // timedelta(minutes=1)
        for moment in (contact.last_sent_at, contact.last_delivered_at, contact.last_failed_at)
    ]
    return (*minutes, contact.last_failure)


def accepted(customer: Customer, mailing: Mailing) -> Message:
    return sent(customer, mailing, state=State.ACCEPTED, submitted_at=at(0))


def test_an_accepted_message_is_the_last_one_sent(anna: Customer, mailing: Mailing) -> None:
    report(accepted(anna, mailing).pk, ACCEPTED, at=at(1))
    receipts.apply_events()
    assert facts(anna) == (1, None, None, "")


def test_a_delivered_message_is_the_last_one_delivered(anna: Customer, mailing: Mailing) -> None:
    message = accepted(anna, mailing)
    report(message.pk, ACCEPTED, at=at(1))
    report(message.pk, DELIVERED, at=at(2))
    receipts.apply_events()
    assert facts(anna) == (1, 2, None, "")


@pytest.mark.parametrize(
    ("dlr_type", "text", "last_sent", "failure"),
    [
        (FAILED, RECEIPT.format("UNDELIV", "021"), 5, "err:021"),
        (EXPIRED, RECEIPT.format("EXPIRED", "005"), 5, "err:005"),
        (REFUSED, "NACK/11/Invalid Destination", None, "NACK/11/Invalid Destination"),
    ],
)
def test_a_failure_is_kept_with_the_operators_words(
    dlr_type: int, text: str, last_sent: int | None, failure: str, anna: Customer, mailing: Mailing
) -> None:
    report(accepted(anna, mailing).pk, dlr_type, text, at=at(5))
    receipts.apply_events()
    assert facts(anna) == (last_sent, None, 5, failure)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_the_order_of_reports_changes_nothing(
    order: tuple[int, ...], anna: Customer, mailing: Mailing
) -> None:
    first, second = accepted(anna, mailing), accepted(anna, mailing)
    told = [
        (first, ACCEPTED, "", at(1)),
        (first, FAILED, RECEIPT.format("UNDELIV", "021"), at(9)),
        (second, ACCEPTED, "", at(3)),
        (second, DELIVERED, "", at(4)),
    ]
    for number in (*order, *order):
        message, dlr_type, text, moment = told[number]
        report(message.pk, dlr_type, text, at=moment)
        receipts.apply_events()
    assert facts(anna) == (3, 4, 9, "err:021")


def test_the_failure_that_is_kept_is_the_latest_one(anna: Customer, mailing: Mailing) -> None:
    for minute, code in ((7, "007"), (9, "009"), (8, "008")):
        report(accepted(anna, mailing).pk, FAILED, RECEIPT.format("UNDELIV", code), at=at(minute))
        receipts.apply_events()
    assert facts(anna)[2:] == (9, "err:009")


def test_a_verdict_that_proves_wrong_is_taken_back(anna: Customer, mailing: Mailing) -> None:
    earlier, late = accepted(anna, mailing), accepted(anna, mailing)
    report(earlier.pk, FAILED, RECEIPT.format("UNDELIV", "021"), at=at(2))
    receipts.apply_events()
    report(late.pk, EXPIRED, RECEIPT.format("EXPIRED", "005"), at=at(5))
    receipts.apply_events()
    assert facts(anna) == (5, None, 5, "err:005")
    report(late.pk, DELIVERED, at=at(4))
    receipts.apply_events()
    assert facts(anna) == (4, 4, 2, "err:021")


def test_taking_back_does_not_touch_what_is_older(anna: Customer, mailing: Mailing) -> None:
    """Its message may have been deleted since."""
    Contact.objects.create(
        customer=anna, last_delivered_at=at(-60), last_failed_at=at(-90), last_failure="err:1"
    )
    message = accepted(anna, mailing)
    for dlr_type, word, minute in ((EXPIRED, "EXPIRED", 5), (FAILED, "UNDELIV", 6)):
        report(message.pk, dlr_type, RECEIPT.format(word, "021"), at=at(minute))
        receipts.apply_events()
    assert facts(anna) == (5, -60, 6, "err:021")


def test_an_acceptance_that_is_told_last_is_still_the_moment_of_sending(
    anna: Customer, mailing: Mailing
) -> None:
    message = accepted(anna, mailing)
    report(message.pk, DELIVERED, at=at(9))
    receipts.apply_events()
    report(message.pk, ACCEPTED, at=at(1))
    receipts.apply_events()
    message.refresh_from_db()
    assert (message.state, message.sent_at, message.final_at) == (State.DELIVERED, at(1), at(9))
    assert facts(anna) == (1, 9, None, "")


def test_a_refusal_of_an_earlier_attempt_does_not_hide_the_acceptance_of_the_present_one(
    anna: Customer, mailing: Mailing
) -> None:
    message = accepted(anna, mailing)
    Message.objects.update(attempt=2)
    report(message.pk, REFUSED, "NACK/8/System Error", attempt=1, at=at(1))
    report(message.pk, ACCEPTED, attempt=2, at=at(2))
    receipts.apply_events()
    message.refresh_from_db()
    assert message.state == State.SENT
    assert facts(anna) == (2, None, None, "")


@pytest.mark.parametrize("seed", range(12))
def test_a_random_history_told_in_pieces_is_the_history_told_at_once(
    seed: int, make_customer: MakeCustomer, mailing: Mailing
) -> None:
    dice = random.Random(seed)
    people = [make_customer() for _ in range(3)]
    messages = [accepted(dice.choice(people), mailing) for _ in range(5)]
    kinds = [ACCEPTED, REFUSED, DELIVERED, FAILED, BUFFERED, EXPIRED]
    told = [
        (dice.choice(messages).pk, kind, RECEIPT.format("UNDELIV", f"{minute:03}"), at(minute))
        for minute, kind in enumerate(dice.choices(kinds, k=14))
    ]
    # Kannel says of a text of several parts either that all were taken, or that one was refused.
    texts = [
        sent(dice.choice(people), mailing, state=State.ACCEPTED, submitted_at=at(0), parts=2)
        for _ in range(4)
    ]
    for number, text in enumerate(texts):
        of_parts = [
            PART_REFUSED if number % 2 else (ACCEPTED, "ACK/"),
            (DELIVERED, ""),
            (FAILED, "stat:UNDELIV"),
        ]
        told += [(text.pk, *one, at(dice.randint(0, 20))) for one in dice.choices(of_parts, k=4)]

    def results(pieces: int) -> tuple[list[Any], list[Any]]:
        Message.objects.update(state=State.ACCEPTED, reason="", error="", sent_at=None, final_at=None)
        Event.objects.all().delete()
        Contact.objects.all().delete()
        dice.shuffle(told)
        for number, (message_id, kind, text, moment) in enumerate([*told, *told[:4]]):
            report(message_id, kind, text, at=moment)
            if number % (40 // pieces) == 0:
                receipts.apply_events()
        receipts.apply_events()
        return (
            list(Message.objects.order_by("id").values_list("state", "error", "sent_at", "final_at")),
            list(Contact.objects.order_by("customer_id").values_list()),
        )

    at_once = results(1)
    assert results(40) == at_once
    assert results(5) == at_once
    rebuild()
    assert list(Contact.objects.order_by("customer_id").values_list()) == at_once[1]


def test_a_message_without_a_receipt_counts_as_failed(
    north: Connection, anna: Customer, mailing: Mailing
) -> None:
    over = timezone.now() - timedelta(hours=2)
    sent(anna, mailing, state=State.SENT, connection=north, sent_at=at(1), latest_at=over)
    assert receipts.close_without_receipt() == 1
    contact = Contact.objects.get()
    assert contact.last_failed_at == Message.objects.get().final_at
    assert (contact.last_sent_at, contact.last_failure) == (at(1), "no_receipt")


def test_a_message_that_never_left_is_no_failure(anna: Customer, mailing: Mailing) -> None:
    sent(anna, mailing, state=State.EXPIRED, reason="window_closed", final_at=at(1))
    assert rebuild() == 0
    assert not Contact.objects.exists()


def test_customers_who_are_gone_are_passed_over(anna: Customer, mailing: Mailing) -> None:
    message = accepted(anna, mailing)
    anna.consents.all().delete()
    Customer.objects.filter(pk=anna.pk)._raw_delete("default")
    report(message.pk, DELIVERED)
    assert receipts.apply_events() == 1
    assert not Contact.objects.exists()


def test_rebuilding_mends_whatever_was_wrong_and_keeps_replies(anna: Customer, mailing: Mailing) -> None:
    sent(anna, mailing, state=State.DELIVERED, sent_at=at(1), final_at=at(2))
    Contact.objects.create(customer=anna, last_failed_at=at(50), last_failure="err:1", last_reply_at=at(7))
    said = StringIO()
    call_command("rebuild_contacts", stdout=said)
    assert said.getvalue() == "Told about 1 customers.\n"
    assert facts(anna) == (1, 2, None, "")
    assert Contact.objects.get().last_reply_at == at(7)


def test_of_two_failures_of_one_moment_the_same_one_is_kept_in_any_order(anna: Customer) -> None:
    def tell(*failures: str) -> str:
        Contact.objects.all().delete()
        with connection.cursor() as cursor:
            for failure in failures:
                source = """(SELECT %s AS customer_id, NULL::timestamptz AS sent_at, NULL::timestamptz AS delivered_at,
                    %s::timestamptz AS failed_at, %s AS failure, NULL::timestamptz AS reply_at)"""
                cursor.execute(tell_sql(source), [anna.pk, at(1), failure])
        return Contact.objects.get().last_failure

    assert tell("err:1", "err:2") == tell("err:2", "err:1") == "err:2"
