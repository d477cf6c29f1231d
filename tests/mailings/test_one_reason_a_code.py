"""Reasons of before, when each message could have one of its own, are mended from the receipts that are still there."""

from collections.abc import Callable
from importlib import import_module

import pytest
from django.db import connection
from django.utils import timezone

from backoffice.customers.models import Contact
from backoffice.mailings import receipts
from backoffice.mailings.models import Mailing, Message
from kannel.models import Connection, Event
from tests.mailings.conftest import MakeCustomer
from tests.mailings.test_receipts import DELIVERED, FAILED, RECEIPT, report

pytestmark = pytest.mark.django_db
Running = Callable[[], Mailing]
State = Message.State
mend = import_module("backoffice.mailings.migrations.0021_one_reason_a_code").mend


@pytest.fixture
def failed(north: Connection, make_customer: MakeCustomer, running: Running) -> Message:
    make_customer()
    running()
    Message.objects.update(
        state=State.UNDELIVERED, attempt=1, submitted_at=timezone.now(), final_at=timezone.now()
    )
    return Message.objects.get()


def mended(error: str) -> str:
    message = Message.objects.get()
    Message.objects.update(error=error)
    Contact.objects.update_or_create(
        customer_id=message.customer_id, defaults={"last_failed_at": timezone.now(), "last_failure": error}
    )
    with connection.cursor() as cursor:
        mend(cursor)
    found = Message.objects.get().error
    assert Contact.objects.get().last_failure == found
    return found


@pytest.mark.parametrize(
    ("stored", "code", "right"),
    [
        ("id:1 sub:001 dlvrd:001 submit date:261124", " 045", "err:045"),
        ("err:EC", "EC_ABSENT_SUBSCRIBER", "err:EC_ABSENT_SUBSCRIBER"),
        ("err:12345678", "1234567890123", "err:1234567890123"),
        ("id:1 sub:001 dlvrd:001 submit date:261124", "", "UNDELIV"),
    ],
)
def test_a_wrong_reason_is_read_again(stored: str, code: str, right: str, failed: Message) -> None:
    report(failed.pk, FAILED, RECEIPT.format("UNDELIV", code))
    assert mended(stored) == right


@pytest.mark.parametrize(
    ("stored", "right"), [("err:0000", "err:000"), ("err:45", "err:045"), ("err:6b", "err:6B")]
)
def test_equal_codes_get_one_form_also_where_the_receipt_is_gone(
    stored: str, right: str, failed: Message
) -> None:
    assert mended(stored) == right


@pytest.mark.parametrize("stored", ["err:045", "NACK/0x0000000b/Invalid Destination Address"])
def test_a_right_reason_stays(stored: str, failed: Message) -> None:
    report(failed.pk, FAILED, RECEIPT.format("UNDELIV", "011"))
    assert mended(stored) == stored


def test_a_message_that_was_delivered_in_other_words_is_corrected(failed: Message) -> None:
    report(failed.pk, FAILED, RECEIPT.format("delivrd", "000"))
    Event.objects.update(applied_at=timezone.now())
    mended("err:000")
    receipts.apply_events()
    assert Message.objects.get().state == State.DELIVERED


def test_receipts_that_say_nothing_else_are_left_alone(failed: Message) -> None:
    report(failed.pk, DELIVERED, RECEIPT.format("DELIVRD", "000"))
    Event.objects.update(applied_at=timezone.now())
    mended("err:045")
    assert not Event.objects.filter(applied_at=None).exists()
