"""Whoever changes several messages at the same time waits for the others, and never in a ring."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.utils import timezone

from backoffice.mailings import receipts, sending, settling, watch
from backoffice.mailings.models import Mailing, Message
from backoffice.mailings.sending import kannel_id
from kannel.models import Connection
from tests.kannel.simulator.operators import wait_for
from tests.mailings.conftest import MakeCustomer
from tests.mailings.test_receipts import ACCEPTED, report

pytestmark = pytest.mark.django_db(transaction=True)
Running = Callable[[], Mailing]
State = Message.State
MESSAGES = 3


class Together:
    """Pieces of work at the same time, each with a connection of its own; what stops one of them is kept."""

    def __init__(self) -> None:
        self.problems: list[OperationalError] = []
        self._threads: list[threading.Thread] = []

    def begin(self, work: Callable[[], object]) -> None:
        thread = threading.Thread(target=self._do, args=[work])
        thread.start()
        self._threads.append(thread)
        wait_for(lambda: waiting() == len(self._threads), 10)

    def end(self) -> None:
        for thread in self._threads:
            thread.join(30)

    def _do(self, work: Callable[[], object]) -> None:
        try:
            work()
        except OperationalError as problem:
            self.problems.append(problem)
        finally:
            connections.close_all()


def waiting() -> int:
    """Sessions that wait for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
        return int(cursor.fetchone()[0])


@pytest.fixture
def submitting(north: Connection, make_customer: MakeCustomer, running: Running) -> list[int]:
    """Ids of messages that are being handed over, with a report about each."""
    for _ in range(MESSAGES):
        make_customer()
    running()
    Message.objects.update(state=State.SUBMITTING, attempt=1)
    ids = list(Message.objects.order_by("id").values_list("id", flat=True))
    # They lie in the table in the reverse order of their ids.
    for pk in reversed(ids):
        Message.objects.filter(id=pk).update(error="")
    for pk in ids:
        report(pk, ACCEPTED, "ACK/")
    return ids


def settle_backwards(ids: list[int]) -> None:
    """The database takes the rows as they lie in the table, unless it is told otherwise."""
    with connection.cursor() as cursor:
        for name in ("indexscan", "indexonlyscan", "bitmapscan", "hashjoin", "mergejoin"):
            cursor.execute(f"SET enable_{name} = off")
    sending.accept([kannel_id(pk, 1) for pk in reversed(ids)])


def test_answers_and_receipts_about_the_same_messages_never_wait_for_each_other_in_a_ring(
    submitting: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody holds the one in the middle, so both have taken some of the others when they go on."""
    settle, apply = sending._settle.__wrapped__, receipts.apply_events.__wrapped__  # type: ignore[attr-defined]
    monkeypatch.setattr(sending, "_settle", settle)
    together = Together()
    with transaction.atomic():
        Message.objects.select_for_update().get(pk=submitting[1])
        together.begin(lambda: settle_backwards(submitting))
        together.begin(apply)
    together.end()
    assert not together.problems
    assert set(Message.objects.values_list("state", flat=True)) == {State.SENT}


@pytest.mark.parametrize(
    "sweep", [watch.expire_late, watch.cancel_waiting, receipts.close_without_receipt, settling.follow_policy]
)
def test_a_sweep_leaves_what_another_one_holds_for_the_next_time(
    sweep: Callable[[], int], submitting: list[int]
) -> None:
    over = timezone.now() - timedelta(days=3)
    states = {
        watch.expire_late: (State.WAITING, Mailing.State.RUNNING),
        watch.cancel_waiting: (State.WAITING, Mailing.State.CANCELLED),
        receipts.close_without_receipt: (State.SENT, Mailing.State.RUNNING),
        settling.follow_policy: (State.UNCERTAIN, Mailing.State.RUNNING),
    }
    message, mailing = states[sweep]
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE kannel_event")
    Mailing.objects.update(state=mailing)
    Message.objects.update(state=message, latest_at=over, state_at=over)
    counted: list[int] = []
    together = Together()

    def sweep_once() -> None:
        counted.append(sweep())

    with transaction.atomic():
        Message.objects.select_for_update().get(pk=submitting[1])
        thread = threading.Thread(target=together._do, args=[sweep_once])
        thread.start()
        thread.join(30)
    assert not together.problems
    assert counted == [MESSAGES - 1]
