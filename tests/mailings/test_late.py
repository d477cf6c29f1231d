"""A mailing that starts late, or not at all, is told; nothing is dropped silently."""

from datetime import timedelta

import pytest
from django.utils import timezone

from backoffice.accounts.models import User
from backoffice.alerts.models import Alert
from backoffice.mailings import late, lifecycle
from backoffice.mailings.models import Mailing
from kannel.models import Connection
from tests.mailings.in_state import add_messages, put

pytestmark = pytest.mark.django_db
State = Mailing.State


@pytest.fixture
def approved(mailing: Mailing, north: Connection, editor: User, approver: User) -> Mailing:
    """It was to start at noon, two hours ago, and to end tomorrow."""
    now = timezone.now()
    Mailing.objects.update(starts_at=now - timedelta(hours=2), ends_at=now + timedelta(days=1))
    add_messages(mailing, "waiting")
    return put(mailing, State.APPROVED, editor, approver)


def test_after_two_hours_down_what_was_due_starts_and_the_feed_says_how_late(approved: Mailing) -> None:
    assert lifecycle.start_due() == [approved]
    alert = Alert.objects.get()
    assert alert.sentence == "“Autumn” started 2 h 0 min later than planned. Look whether its end still fits."
    assert alert.level == Alert.Level.WARNING
    approved.refresh_from_db()
    assert late.words(approved) == "It started 2 h 0 min later than planned."


def test_what_starts_in_time_is_no_news(approved: Mailing, editor: User, approver: User) -> None:
    Mailing.objects.update(starts_at=timezone.now() - timedelta(seconds=30))
    put(approved, State.APPROVED, editor, approver)
    assert lifecycle.start_due() == [approved]
    assert not Alert.objects.exists()
    approved.refresh_from_db()
    assert late.words(approved) == ""


def test_whose_time_was_over_does_not_start_and_the_feed_says_why(
    approved: Mailing, editor: User, approver: User
) -> None:
    Mailing.objects.update(ends_at=timezone.now() - timedelta(minutes=1))
    put(approved, State.APPROVED, editor, approver)
    assert lifecycle.start_due() == []
    alert = Alert.objects.get()
    assert alert.level == Alert.Level.ALARM
    assert alert.sentence == (
        "“Autumn” was due and did not start. The time to send was over before the mailing could start. Plan it again."
    )


def test_a_start_after_a_refusal_closes_what_was_told(
    approved: Mailing, editor: User, approver: User
) -> None:
    late.tell_not_started(approved, "Its time was over.")
    Mailing.objects.update(starts_at=timezone.now())
    put(approved, State.APPROVED, editor, approver)
    lifecycle.start_due()
    assert not Alert.objects.filter(closed_at=None).exists()


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.APPROVED, "It should have started 2 h 0 min ago. Parley starts it as soon as it can."),
        (
            State.SUBMITTED,
            "It should have started 2 h 0 min ago, but nobody has approved it. It needs a later start.",
        ),
        (State.PLANNED, ""),
        (State.CANCELLED, ""),
    ],
)
def test_what_is_overdue_says_so_on_its_page(state: str, words: str, approved: Mailing, editor: User) -> None:
    assert late.words(put(approved, state, editor)) == words


def test_a_mailing_without_a_start_is_never_late(approved: Mailing) -> None:
    approved.starts_at = None
    assert late.lateness(approved) == timedelta(0)
