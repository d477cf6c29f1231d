import itertools
import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backoffice.mailings import ledger, receipts, story
from backoffice.mailings.models import Mailing, Message, SentHistory
from kannel.models import Connection, Event
from kannel.monthly import id_default_sql
from tests.mailings.conftest import MakeCustomer

pytestmark = pytest.mark.django_db
Running = Callable[[], Mailing]
State = Message.State

ACCEPTED, REFUSED, DELIVERED, FAILED, BUFFERED, EXPIRED = 8, 16, 1, 2, 4, 34
RECEIPT = "id:1 sub:001 dlvrd:001 submit date:2611240101 done date:2611240102 stat:{} err:{} text:"


@pytest.fixture
def message(north: Connection, make_customer: MakeCustomer, running: Running) -> Message:
    """One message that Kannel has taken."""
    make_customer()
    running()
    Message.objects.update(state=State.ACCEPTED, attempt=1, submitted_at=timezone.now())
    return Message.objects.get()


def report(
    message_id: int, dlr_type: int, text: str = "", *, attempt: int = 1, at: datetime | None = None
) -> None:
    """Writes a delivery report as the listener does."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO kannel_event (id, gateway_id, kind, kannel_id, message_id, attempt, dlr_type, text, occurred_at)
            VALUES ({id_default_sql("kannel_event")}, 1, 'report', %s, %s, %s, %s, %s, %s)
            """,
            [uuid.uuid4(), message_id, attempt, dlr_type, text, at or timezone.now()],
        )


@pytest.mark.parametrize(
    ("dlr_type", "text", "state", "error"),
    [
        (ACCEPTED, "ACK/", State.SENT, ""),
        (BUFFERED, "", State.SENT, ""),
        (DELIVERED, RECEIPT.format("DELIVRD", "000"), State.DELIVERED, ""),
        (FAILED, RECEIPT.format("UNDELIV", "021"), State.UNDELIVERED, "err:021"),
        (FAILED, RECEIPT.format("EXPIRED", "005"), State.EXPIRED, "err:005"),
        (FAILED, RECEIPT.format("UNDELIV", " 045"), State.UNDELIVERED, "err:045"),
        (
            FAILED,
            RECEIPT.format("UNDELIV", "EC_ABSENT_SUBSCRIBER"),
            State.UNDELIVERED,
            "err:EC_ABSENT_SUBSCRIBER",
        ),
        (FAILED, "id:1 stat:UNDELIV", State.UNDELIVERED, "UNDELIV"),
        (FAILED, RECEIPT.format("delivrd", "000"), State.DELIVERED, ""),
        (FAILED, RECEIPT.format("UNKNOWN", "000"), State.SENT, ""),
        (FAILED, RECEIPT.format("Enroute", "000"), State.SENT, ""),
        (EXPIRED, "", State.EXPIRED, "EXPIRED"),
        (
            REFUSED,
            "NACK/11/Invalid Destination Address",
            State.REJECTED,
            "NACK/11/Invalid Destination Address",
        ),
    ],
)
def test_a_report_says_what_became_of_the_message(
    dlr_type: int, text: str, state: str, error: str, message: Message
) -> None:
    report(message.pk, dlr_type, text)
    assert receipts.apply_events() == 1
    message.refresh_from_db()
    assert (message.state, message.error) == (state, error)
    assert (message.final_at is not None) == (state != State.SENT)


@pytest.mark.parametrize("order", list(itertools.permutations([ACCEPTED, BUFFERED, DELIVERED, DELIVERED])))
def test_in_any_order_and_twice_the_result_is_the_same(order: tuple[int, ...], message: Message) -> None:
    for second, dlr_type in enumerate(order):
        report(message.pk, dlr_type, at=datetime(2026, 11, 24, 10, 0, dlr_type, tzinfo=UTC))
        if random.Random(second).random() < 0.5:
            receipts.apply_events()
    receipts.apply_events()
    message.refresh_from_db()
    assert message.state == State.DELIVERED
    assert message.sent_at == datetime(2026, 11, 24, 10, 0, 1, tzinfo=UTC)


HISTORY = st.lists(
    st.tuples(
        st.sampled_from(
            [
                (ACCEPTED, "ACK/"),
                (FAILED, RECEIPT.format("UNKNOWN", "000")),
                (BUFFERED, RECEIPT.format("ENROUTE", "000")),
                (FAILED, RECEIPT.format("ACCEPTED", "000")),
                (FAILED, RECEIPT.format("UNDELIV", "045")),
                (FAILED, RECEIPT.format("UNDELIV", "011")),
                (FAILED, RECEIPT.format("UNDELIV", "")),
                (FAILED, RECEIPT.format("EXPIRED", "027")),
                (DELIVERED, RECEIPT.format("DELIVRD", "000")),
                (FAILED, RECEIPT.format("delivered", "0")),
            ]
        ),
        st.integers(0, 2),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=HISTORY, other=st.randoms(use_true_random=False), batches=st.integers(1, 4))
def test_words_in_any_order_and_any_number_of_times_come_to_one_end(
    history: list[tuple[tuple[int, str], int]], other: random.Random, batches: int, message: Message
) -> None:
    def end_of(reports: list[tuple[tuple[int, str], int]], size: int) -> tuple[object, ...]:
        Event.objects.all().delete()
        Message.objects.update(state=State.ACCEPTED, reason="", error="", sent_at=None, final_at=None)
        for number, ((dlr_type, text), second) in enumerate(reports):
            report(message.pk, dlr_type, text, at=datetime(2026, 11, 24, 10, 0, second, tzinfo=UTC))
            if number % size == 0:
                receipts.apply_events()
        receipts.apply_events()
        message.refresh_from_db()
        return message.state, message.error, message.sent_at, message.final_at

    shuffled = [*history, *other.choices(history, k=3)]
    other.shuffle(shuffled)
    assert end_of(history, 10) == end_of(shuffled, batches)


@pytest.mark.parametrize("word", ["UNKNOWN", "ENROUTE", "ACCEPTD", "unknown", "Accepted"])
def test_a_word_on_the_way_ends_nothing_and_a_later_one_counts(word: str, message: Message) -> None:
    report(message.pk, FAILED, RECEIPT.format(word, "000"))
    receipts.apply_events()
    message.refresh_from_db()
    assert (message.state, message.final_at) == (State.SENT, None)
    report(message.pk, DELIVERED, RECEIPT.format("DELIVRD", "000"))
    receipts.apply_events()
    message.refresh_from_db()
    assert message.state == State.DELIVERED


def test_an_answer_that_says_nothing_clear_is_kept_as_such_until_a_receipt_comes(message: Message) -> None:
    report(message.pk, ACCEPTED, "ACK/")
    Event.objects.update(smsc_message_id="unknown-7")
    receipts.apply_events()
    message.refresh_from_db()
    assert (message.state, message.error) == (State.SENT, receipts.NO_ANSWER)
    [told] = story.story(message.customer_id).told
    assert "Taken by the operator" not in [step.words for step in told.steps]
    assert "nobody knows whether it took it" in told.why
    report(message.pk, DELIVERED, RECEIPT.format("DELIVRD", "000"))
    receipts.apply_events()
    message.refresh_from_db()
    assert (message.state, message.error) == (State.DELIVERED, "")


def test_the_networks_code_counts_where_the_receipt_has_no_words(message: Message) -> None:
    report(message.pk, FAILED, "")
    Event.objects.update(network_error=45)
    receipts.apply_events()
    message.refresh_from_db()
    assert (message.state, message.error) == (State.UNDELIVERED, "err:045")


def test_the_operators_acceptance_makes_it_cost(message: Message) -> None:
    assert ledger.ledger(message.mailing_id).cost == 0
    report(message.pk, ACCEPTED)
    receipts.apply_events()
    assert ledger.ledger(message.mailing_id).cost == message.cost > 0


def test_a_refused_message_costs_nothing(message: Message) -> None:
    report(message.pk, REFUSED, "NACK/11/Invalid Destination Address")
    receipts.apply_events()
    books = ledger.ledger(message.mailing_id)
    assert (books.cost, books.counts[State.REJECTED], books.balanced) == (0, 1, True)


def test_a_report_settles_an_uncertain_message(message: Message) -> None:
    Message.objects.update(state=State.UNCERTAIN)
    report(message.pk, ACCEPTED)
    receipts.apply_events()
    message.refresh_from_db()
    assert message.state == State.SENT


def test_a_refusal_of_an_earlier_attempt_does_not_end_the_present_one(message: Message) -> None:
    Message.objects.update(attempt=2)
    report(message.pk, REFUSED, "NACK/8/System Error", attempt=1)
    assert receipts.apply_events() == 1
    message.refresh_from_db()
    assert message.state == State.ACCEPTED


def test_a_late_receipt_corrects_our_own_verdict(message: Message) -> None:
    Message.objects.update(state=State.EXPIRED, reason="no_receipt")
    report(message.pk, DELIVERED)
    receipts.apply_events()
    message.refresh_from_db()
    assert (message.state, message.reason) == (State.DELIVERED, "")


def test_an_event_that_fits_no_message_is_kept_and_tried_again(message: Message) -> None:
    report(message.pk + 1, DELIVERED)
    assert receipts.apply_events() == 1
    assert receipts.apply_events() == 0
    event = Event.objects.get()
    assert (event.applied_at, event.tries) == (None, 1)
    Message.objects.update(id=message.pk + 1)
    assert receipts.apply_events(again=True) == 1
    event.refresh_from_db()
    assert event.applied_at is not None
    assert Message.objects.get().state == State.DELIVERED


def test_an_event_that_never_fits_is_not_tried_for_ever(message: Message) -> None:
    report(message.pk + 1, DELIVERED)
    receipts.apply_events()
    tries = 1
    while receipts.apply_events(again=True):
        tries += 1
    assert tries == receipts.MAX_TRIES + 1
    assert Event.objects.get().applied_at is None


def test_draining_takes_everything_that_waits(message: Message, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "BATCH", 2)
    for dlr_type in (ACCEPTED, BUFFERED, DELIVERED):
        report(message.pk, dlr_type)
    assert receipts.drain(linger_seconds=0.0) == 3
    assert not Event.objects.filter(applied_at=None).exists()


@pytest.mark.parametrize("state", [State.ACCEPTED, State.SENT])
def test_without_a_receipt_in_time_the_message_ends(state: str, message: Message) -> None:
    Message.objects.update(state=state, latest_at=timezone.now() - timedelta(minutes=59))
    assert receipts.close_without_receipt() == 0
    Message.objects.update(latest_at=timezone.now() - timedelta(minutes=61))
    assert receipts.close_without_receipt() == 1
    message.refresh_from_db()
    assert (message.state, message.reason) == (State.EXPIRED, "no_receipt")


def test_a_receipt_that_waits_to_be_applied_is_not_too_late(message: Message) -> None:
    Message.objects.update(latest_at=timezone.now() - timedelta(minutes=61))
    report(message.pk, DELIVERED)
    assert receipts.close_without_receipt() == 0


def test_the_ledger_balances_after_every_batch_of_a_random_history(
    north: Connection, make_customer: MakeCustomer, running: Running
) -> None:
    for _ in range(40):
        make_customer()
    mailing = running()
    Message.objects.update(state=State.ACCEPTED, attempt=1)
    dice = random.Random(7)
    ids = list(Message.objects.values_list("pk", flat=True))
    for _ in range(10):
        for _ in range(12):
            report(dice.choice(ids), dice.choice([ACCEPTED, REFUSED, DELIVERED, FAILED, BUFFERED, EXPIRED]))
        receipts.apply_events()
        books = ledger.ledger(mailing.pk)
        assert books.balanced
        assert sum(books.counts.values()) == 40


PART_REFUSED = (REFUSED, "NACK/")
OF_FIRST_PART = [
    (DELIVERED, RECEIPT.format("DELIVRD", "000")),
    (FAILED, RECEIPT.format("UNDELIV", "045")),
    (FAILED, RECEIPT.format("EXPIRED", "027")),
]


def parts_told(message: Message, *reports: tuple[int, str], parts: int = 2, at_once: bool = False) -> Message:
    """What a text of so many parts comes to when these reports are applied, one by one or all at once."""
    Message.objects.update(parts=parts)
    for number, (dlr_type, text) in enumerate(reports):
        report(message.pk, dlr_type, text, at=datetime(2026, 11, 24, 10, 0, number, tzinfo=UTC))
        if not at_once:
            receipts.apply_events()
    receipts.apply_events()
    message.refresh_from_db()
    return message


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("receipt", OF_FIRST_PART)
@pytest.mark.parametrize("is_first", [False, True])
def test_a_text_of_which_a_part_was_refused_has_not_arrived_whatever_its_first_part_did(
    is_first: bool, receipt: tuple[int, str], at_once: bool, message: Message
) -> None:
    reports = [receipt, PART_REFUSED] if is_first else [PART_REFUSED, receipt]

    parts_told(message, *reports, at_once=at_once)

    assert (message.state, message.error, message.sent_at) == (State.REJECTED, "NACK/", None)
    assert ledger.ledger(message.mailing_id).cost == 0
    assert not SentHistory.objects.filter(customer=message.customer_id, sent_seconds__len__gt=0).exists()


@pytest.mark.parametrize(
    "order", list(itertools.permutations([(DELIVERED, ""), (ACCEPTED, "ACK/"), PART_REFUSED]))
)
def test_a_text_all_parts_of_which_were_taken_has_arrived_though_a_copy_was_refused(
    order: tuple[tuple[int, str], ...], message: Message
) -> None:
    parts_told(message, *order, at_once=True)

    assert message.state == State.DELIVERED


def test_a_text_of_one_part_that_was_delivered_stays_so(message: Message) -> None:
    parts_told(message, (DELIVERED, ""), PART_REFUSED, parts=1)

    assert message.state == State.DELIVERED


def test_a_refused_part_of_one_attempt_takes_nothing_from_another_that_arrived(message: Message) -> None:
    parts_told(message, (ACCEPTED, "ACK/"), (DELIVERED, ""))
    Message.objects.update(attempt=2)
    report(message.pk, REFUSED, "NACK/", attempt=2)

    receipts.apply_events()

    message.refresh_from_db()
    assert message.state == State.DELIVERED


def test_what_waits_again_for_a_refused_part_is_not_ended_by_the_receipt_of_the_first(
    message: Message,
) -> None:
    parts_told(message, PART_REFUSED)
    Message.objects.update(state=State.SUBMITTING, attempt=2, error="", final_at=None)
    report(message.pk, DELIVERED, attempt=1)
    receipts.apply_events()
    message.refresh_from_db()
    assert message.state == State.SUBMITTING

    report(message.pk, DELIVERED, attempt=2)
    receipts.apply_events()

    message.refresh_from_db()
    assert message.state == State.DELIVERED
