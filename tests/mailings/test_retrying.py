"""What certainly was not delivered is sent again where the catalogue says that it helps, so often and no more."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum
from django.utils import timezone
from pytest_django import Settings

from backoffice.customers.models import Contact
from backoffice.mailings import ledger, receipts
from backoffice.mailings.claiming import claim
from backoffice.mailings.models import Cohort, Mailing, Message
from backoffice.mailings.watch import finish_ended
from backoffice.operators.error_codes import ErrorCode
from backoffice.operators.models import Standing
from kannel.models import ApplyRun, Connection
from tests.mailings.conftest import MakeCustomer
from tests.mailings.test_receipts import ACCEPTED, DELIVERED, RECEIPT, REFUSED, report

pytestmark = pytest.mark.django_db
FAILED = 2
QUEUE_FULL = "NACK/0x00000014/Message Queue Full"
SYSTEM_ERROR = "NACK/0x00000008/System Error"
UNKNOWN_NUMBER = "NACK/0x0000000b/Invalid Destination Address"


@pytest.fixture
def message(
    north: Connection, south: Connection, make_customer: MakeCustomer, running: Callable[[], Mailing]
) -> Message:
    """One message that Kannel has taken for South, at 2.00; over North it costs 2.50."""
    make_customer()
    running()
    Mailing.objects.update(extra_percent=300)
    Message.objects.update(state="accepted", attempt=1, submitted_at=timezone.now())
    return Message.objects.get()


def told(message: Message, dlr_type: int, text: str = "", attempt: int = 1) -> Message:
    """The message after a report."""
    report(message.pk, dlr_type, text, attempt=attempt)
    receipts.apply_events()
    message.refresh_from_db()
    return message


def own_code(via: Connection, source: str, code: str, action: str) -> None:
    ErrorCode.objects.create(operator=via.operator, source=source, code=code, sentence="Ours.", action=action)


def test_what_kannel_gave_back_waits_again_at_once(message: Message) -> None:
    told(message, REFUSED, "NACK/no SMSC")
    assert (message.state, message.reason, message.final_at) == ("waiting", "again", None)
    assert message.earliest_at is not None
    assert message.earliest_at <= timezone.now()


# Kannel gives no reason for a text of several parts, whatever became of it.
SILENT = "NACK/"


def seconds_ago(seconds: float) -> datetime:
    return timezone.now() - timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("out_for", "in_since", "state"),
    [(10, None, "waiting"), (60, 2, "waiting"), (120, 60, "rejected"), (None, None, "rejected")],
    ids=["still out", "in again", "in again long before", "never out"],
)
def test_a_refusal_without_a_reason_is_given_back_only_if_its_bind_was_out(
    message: Message, south: Connection, out_for: float | None, in_since: float | None, state: str
) -> None:
    Standing.objects.create(
        connection=south,
        withdrawn_at=None if out_for is None else seconds_ago(out_for),
        restored_at=None if in_since is None else seconds_ago(in_since),
    )
    assert told(message, REFUSED, SILENT).state == state
    # Only what an operator refused is counted as refused, also beside the lines.
    refused = Cohort.objects.filter(outcome="rejected").aggregate(count=Sum("messages", default=0))["count"]
    assert refused == (1 if state == "rejected" else 0)


def test_what_was_given_back_and_is_not_sent_again_was_still_not_refused(
    message: Message, south: Connection
) -> None:
    Mailing.objects.update(state="cancelled")
    Standing.objects.create(connection=south, withdrawn_at=seconds_ago(10))
    told(message, REFUSED, SILENT)
    assert (message.state, message.error) == ("rejected", "NACK/no SMSC")
    assert not Cohort.objects.filter(outcome="rejected").exists()
    told(message, DELIVERED)
    assert Cohort.objects.get(outcome="delivered").messages == 1
    assert not Cohort.objects.filter(messages__lt=0).exists()


@pytest.mark.parametrize("receipt_is_first", [False, True])
def test_a_text_given_back_after_its_first_part_was_delivered_waits_again(
    message: Message, south: Connection, receipt_is_first: bool
) -> None:
    Standing.objects.create(connection=south, withdrawn_at=seconds_ago(10))
    Message.objects.update(parts=2)
    reports = [(DELIVERED, ""), (REFUSED, SILENT)]
    for dlr_type, text in reports if receipt_is_first else reversed(reports):
        told(message, dlr_type, text)

    assert (message.state, message.reason, message.sent_at) == ("waiting", "again", None)


@pytest.mark.parametrize(("ended", "state"), [(None, "waiting"), (2, "waiting"), (60, "rejected")])
def test_a_change_of_the_gateway_takes_binds_out_too(
    message: Message, south: Connection, ended: float | None, state: str
) -> None:
    run = ApplyRun.objects.create(
        gateway=south.gateway, state="done", finished_at=None if ended is None else seconds_ago(ended)
    )
    ApplyRun.objects.filter(pk=run.pk).update(created_at=seconds_ago(90))
    assert told(message, REFUSED, SILENT).state == state


def test_the_next_attempt_has_its_own_number_and_its_report_counts(
    message: Message, south: Connection
) -> None:
    told(message, REFUSED, "NACK/no SMSC")
    [again] = claim(south, 10)
    assert again.attempt == 2
    message.refresh_from_db()
    assert message.reason == ""
    assert told(message, DELIVERED, attempt=2).state == "delivered"


def test_the_same_refusal_told_twice_changes_nothing(message: Message, south: Connection) -> None:
    told(message, REFUSED, "NACK/no SMSC")
    assert told(message, REFUSED, "NACK/no SMSC").state == "waiting"
    claim(south, 10)
    assert told(message, REFUSED, "NACK/no SMSC").state == "submitting"


def test_a_late_sign_of_the_first_attempt_ends_the_second_before_it_leaves(
    message: Message, south: Connection
) -> None:
    told(message, REFUSED, "NACK/no SMSC")
    assert told(message, DELIVERED).state == "delivered"
    assert claim(south, 10) == []


def test_a_full_queue_is_tried_again_later_and_each_time_later(message: Message) -> None:
    told(message, REFUSED, QUEUE_FULL)
    first = message.earliest_at
    assert message.state == "waiting"
    assert first is not None
    assert timedelta(minutes=1) < first - timezone.now() < timedelta(minutes=3)
    Message.objects.update(state="accepted", attempt=2, reason="")
    second = told(message, REFUSED, QUEUE_FULL, attempt=2).earliest_at
    assert second is not None
    assert timedelta(minutes=3) < second - timezone.now() < timedelta(minutes=5)


def test_tries_are_bounded(message: Message, settings: Settings) -> None:
    settings.MESSAGE_TRIES = 2
    Message.objects.update(attempt=2)
    assert told(message, REFUSED, QUEUE_FULL, attempt=2).state == "rejected"


def test_what_would_be_too_late_is_not_tried_again(message: Message) -> None:
    Message.objects.update(latest_at=timezone.now() + timedelta(minutes=1))
    assert told(message, REFUSED, QUEUE_FULL).state == "rejected"


def test_a_number_that_does_not_exist_is_not_tried_again(message: Message) -> None:
    assert told(message, REFUSED, UNKNOWN_NUMBER).state == "rejected"


def test_a_code_that_nobody_knows_is_not_tried_again(message: Message) -> None:
    assert told(message, REFUSED, "NACK/0x00000499/Vendor specific").state == "rejected"


def test_a_failure_of_the_operators_system_goes_over_another_operator(message: Message) -> None:
    told(message, REFUSED, SYSTEM_ERROR)
    assert message.connection is not None
    assert (message.state, message.connection.name, message.cost) == ("waiting", "north-1", Decimal("2.5000"))


def test_without_another_operator_it_waits_for_the_same_one(message: Message, north: Connection) -> None:
    Connection.objects.filter(pk=north.pk).update(is_enabled=False)
    told(message, REFUSED, SYSTEM_ERROR)
    assert message.connection is not None
    assert (message.state, message.connection.name) == ("waiting", "south-1")
    assert message.earliest_at is not None
    assert message.earliest_at > timezone.now()


@pytest.mark.parametrize("state", ["cancelled", "finished"])
def test_a_mailing_that_is_over_sends_nothing_again(state: str, message: Message) -> None:
    Mailing.objects.update(state=state)
    assert told(message, REFUSED, QUEUE_FULL).state == "rejected"


def test_an_operator_may_mean_something_else_by_a_code(message: Message, south: Connection) -> None:
    own_code(south, "submit", "B", "later")
    assert told(message, REFUSED, UNKNOWN_NUMBER).state == "waiting"


def test_what_was_billed_is_not_sent_again_by_itself(message: Message) -> None:
    told(message, ACCEPTED, "ACK/")
    assert told(message, FAILED, RECEIPT.format("UNDELIV", "027")).state == "undelivered"


def test_it_is_when_the_operators_entry_says_so_and_then_it_costs_twice(
    message: Message, south: Connection
) -> None:
    own_code(south, "receipt", "27", "later")
    told(message, ACCEPTED, "ACK/")
    told(message, FAILED, RECEIPT.format("UNDELIV", "027"))
    assert (message.state, message.cost) == ("waiting", Decimal("4.0000"))
    assert ledger.ledger(message.mailing_id).balanced
    assert told(message, FAILED, RECEIPT.format("UNDELIV", "027")).state == "waiting"


def test_nothing_is_paid_twice_beyond_the_limit_of_its_mailing(message: Message, south: Connection) -> None:
    own_code(south, "receipt", "27", "later")
    Mailing.objects.update(extra_percent=50)
    told(message, ACCEPTED, "ACK/")
    assert told(message, FAILED, RECEIPT.format("UNDELIV", "027")).state == "undelivered"


def test_a_failure_that_was_answered_by_another_try_is_none_of_the_customer(message: Message) -> None:
    told(message, REFUSED, QUEUE_FULL)
    assert not Contact.objects.exclude(last_failed_at=None).exists()


def test_a_mailing_does_not_end_while_one_of_its_messages_is_tried_again(message: Message) -> None:
    told(message, REFUSED, QUEUE_FULL)
    assert finish_ended() == []


def test_many_are_handled_in_the_same_statements(
    message: Message, make_customer: MakeCustomer, django_assert_max_num_queries: Any
) -> None:
    report(message.pk, REFUSED, SYSTEM_ERROR)
    with django_assert_max_num_queries(40):
        receipts.apply_events()
