"""Receipts are counted where they are applied: once, by the ten seconds in which the message was taken."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from backoffice.mailings import cohorts, receipts
from backoffice.mailings.models import Cohort, Mailing, Message
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer
from tests.mailings.test_receipts import ACCEPTED, DELIVERED, EXPIRED, RECEIPT, REFUSED, report

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 25, 12, 0, 3, tzinfo=UTC)
FAILED = 2


@pytest.fixture
def message(north: Connection, make_customer: MakeCustomer, running: Callable[[], Mailing]) -> Message:
    """One message that Kannel has taken."""
    make_customer()
    running()
    Message.objects.update(state="accepted", attempt=1, submitted_at=timezone.now())
    return Message.objects.get()


def counted() -> dict[tuple[str, str], tuple[int, ...]]:
    """What is counted, by outcome and code: how many, and how many within 20, 60, 300 and 900 s."""
    rows = Cohort.objects.exclude(messages=0).values_list(
        "outcome", "error", "messages", "within_20", "within_60", "within_300", "within_900"
    )
    return {(outcome, error): tuple(rest) for outcome, error, *rest in rows}


def test_a_message_is_taken_once_and_ends_once(message: Message) -> None:
    for _ in range(2):
        report(message.pk, ACCEPTED, at=AT)
        report(message.pk, DELIVERED, at=AT + timedelta(seconds=40))
        receipts.apply_events()
    assert counted() == {("taken", ""): (1, 1, 1, 1, 1), ("delivered", ""): (1, 0, 1, 1, 1)}
    row = Cohort.objects.first()
    assert row is not None
    assert (row.at, row.mailing_id, row.connection_id) == (
        AT.replace(second=0),
        message.mailing_id,
        message.connection_id,
    )


def test_failures_are_counted_by_code(message: Message) -> None:
    report(message.pk, ACCEPTED, at=AT)
    report(message.pk, FAILED, RECEIPT.format("UNDELIV", "021"), at=AT)
    receipts.apply_events()
    assert counted()["undelivered", "err:021"][0] == 1


def test_a_refusal_counts_without_being_taken(message: Message) -> None:
    report(message.pk, REFUSED, "NACK/0x0000000b/Invalid Destination Address", at=AT)
    receipts.apply_events()
    assert counted() == {("rejected", "0x0000000b"): (1, 1, 1, 1, 1)}


def test_a_better_report_takes_the_earlier_end_away(message: Message) -> None:
    report(message.pk, ACCEPTED, at=AT)
    report(message.pk, EXPIRED, at=AT + timedelta(seconds=30))
    receipts.apply_events()
    report(message.pk, DELIVERED, at=AT + timedelta(seconds=70))
    receipts.apply_events()
    assert counted() == {("taken", ""): (1, 1, 1, 1, 1), ("delivered", ""): (1, 0, 0, 1, 1)}


def test_recent_counts_stay_apart_and_older_ones_are_added_up(message: Message) -> None:
    now = timezone.now()
    for minutes in (1, 2, 60, 120):
        Cohort.objects.create(
            connection_id=message.connection_id,
            mailing_id=message.mailing_id,
            at=now - timedelta(minutes=minutes),
            outcome="taken",
            messages=minutes,
        )
    found = sorted((one.at is None, one.messages) for one in cohorts.slices(now))
    assert found == [(False, 1), (False, 2), (True, 180)]


def test_old_counts_are_deleted(message: Message) -> None:
    values = {"connection_id": message.connection_id, "mailing_id": message.mailing_id, "outcome": "taken"}
    Cohort.objects.create(at=timezone.now() - timedelta(days=4), **values)
    Cohort.objects.create(at=timezone.now(), **values)
    assert cohorts.forget_old() == 1
