"""What operator staff learn about receipts from what reaches us."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from backoffice.alerts.models import Alert
from backoffice.mailings import receipt_desk, receipts, tasks
from backoffice.mailings.models import Cohort, Mailing, Message
from backoffice.mailings.receipt_desk import IdForms, Line, lines, suggested_ids, tell_silence
from kannel.models import Connection, Event
from tests.mailings.conftest import MakeCustomer
from tests.mailings.test_receipts import ACCEPTED, DELIVERED, report

pytestmark = pytest.mark.django_db


@pytest.fixture
def message(north: Connection, make_customer: MakeCustomer, running: Callable[[], Mailing]) -> Message:
    make_customer()
    running()
    Message.objects.update(state="accepted", attempt=1)
    return Message.objects.get()


def of(via: Connection) -> Line:
    """The line of a connection."""
    [line] = [one for one in lines() if one.via == via]
    return line


def count(via: Connection, minutes_ago: float, **outcomes: int) -> None:
    for outcome, messages in outcomes.items():
        at = timezone.now() - timedelta(minutes=minutes_ago)
        Cohort.objects.create(connection=via, mailing_id=1, at=at, outcome=outcome, messages=messages)


@pytest.mark.parametrize(
    ("forms", "present", "wanted"),
    [
        (IdForms(hexadecimal=50, decimal=3), 0, 1),
        (IdForms(decimal=50), 0, 2),
        (IdForms(decimal=50, leading_zero=20), 0, 3),
        (IdForms(hexadecimal=50), 1, 3),
        (IdForms(decimal=50), 2, 3),
        (IdForms(decimal=50), 3, 2),
        (IdForms(decimal=50, leading_zero=1), 3, None),
        (IdForms(), 0, None),
    ],
)
def test_the_other_form_is_suggested_then_both_as_numbers(
    forms: IdForms, present: int, wanted: int | None
) -> None:
    assert suggested_ids(forms, present) == wanted


def test_a_connection_without_one_receipt_is_silent_and_told_once(
    message: Message, north: Connection
) -> None:
    count(north, 8, taken=150)
    tell_silence()
    tell_silence()
    alert = Alert.objects.get()
    assert alert.sentence == (
        "No receipt has come over north-1 for 8 minutes, although North took 150 messages. "
        "Ask the operator whether it sends receipts, and where to."
    )
    count(north, 7, delivered=100)
    tell_silence()
    assert not Alert.objects.filter(closed_at=None).exists()


def test_what_was_taken_just_now_is_not_missed_yet(message: Message, north: Connection) -> None:
    count(north, 2, taken=150)
    assert (of(north).taken, of(north).is_silent) == (0, False)


def test_few_messages_are_no_alarm(message: Message, north: Connection) -> None:
    count(north, 8, taken=99)
    assert (of(north).missing, of(north).is_silent) == (99, False)


def test_a_connection_with_receipts_for_few_is_told_of_receipts_that_come_too_early(
    message: Message, north: Connection
) -> None:
    count(north, 8, taken=150)
    count(north, 7, delivered=60)
    assert "not before its answer (submit_sm_resp)" in of(north).advice
    count(north, 6, delivered=60)
    assert of(north).advice == ""


def test_ids_of_answers_tell_what_to_set(message: Message, north: Connection) -> None:
    count(north, 8, taken=150)
    report(message.pk, ACCEPTED)
    Event.objects.update(connection_name="north-1", smsc_message_id="01A9F")
    line = of(north)
    assert line.forms == IdForms(hexadecimal=1, decimal=0, leading_zero=1)
    assert "Set “message ids” of north-1 to “hex in both” and send a test." in line.advice


def test_an_http_operator_has_no_such_setting(message: Message, north: Connection) -> None:
    Connection.objects.update(kind="http")
    count(north, 8, taken=150)
    report(message.pk, ACCEPTED)
    Event.objects.update(connection_name="north-1", smsc_message_id="1A9F")
    assert of(north).suggestion is None


def test_odd_reports_are_counted(message: Message, north: Connection) -> None:
    report(message.pk, DELIVERED)
    report(message.pk, ACCEPTED)
    report(message.pk, ACCEPTED)
    report(message.pk + 1, DELIVERED)
    Event.objects.update(connection_name="north-1")
    receipts.apply_events()
    line = of(north)
    assert (line.unmatched, line.duplicates, line.early) == (1, 1, 1)


def test_what_fitted_no_message_is_matched_again(message: Message, north: Connection) -> None:
    report(message.pk, DELIVERED)
    Event.objects.update(connection_name="north-1", tries=1)
    assert of(north).unmatched == 1
    receipts.apply_events(again=True)
    assert of(north).unmatched == 0


def test_two_statements_and_the_connections_however_many_there_are(
    message: Message, north: Connection, south: Connection, django_assert_num_queries: Any
) -> None:
    count(north, 8, taken=150)
    with django_assert_num_queries(3):
        lines()


def test_the_watch_runs_each_minute(message: Message, north: Connection) -> None:
    count(north, 8, taken=150)
    tasks.look_after_receipts.call_local()
    assert Alert.objects.count() == 1
    assert receipt_desk.NEWEST == 50_000
