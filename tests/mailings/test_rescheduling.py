from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings
from wagtail.models import ModelLogEntry

from backoffice.accounts.models import User
from backoffice.mailings import rescheduling
from backoffice.mailings.lifecycle import Refused
from backoffice.mailings.models import Mailing
from kannel.models import Connection
from tests.mailings.in_state import add_messages, put

pytestmark = pytest.mark.django_db
State = Mailing.State
NOON = datetime(2026, 11, 20, 9, tzinfo=UTC)  # by the clock of Moscow


@pytest.fixture(autouse=True)
def _middle_of_november() -> object:
    with time_machine.travel(datetime(2026, 11, 15, 9, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def approved(mailing: Mailing, north: Connection, editor: User, approver: User) -> Mailing:
    """To start on Friday the 20th at noon and to end on Saturday at nine in the evening."""
    Mailing.objects.update(starts_at=NOON, ends_at=NOON + timedelta(hours=33))
    mailing.planned_at = timezone.now()
    add_messages(mailing, "waiting")
    return put(mailing, State.APPROVED, editor, approver)


def test_a_move_keeps_the_time_of_day_and_takes_the_end_along(approved: Mailing, editor: User) -> None:
    starts_at = rescheduling.new_start(approved, date(2026, 11, 25))
    assert rescheduling.move_to(approved, starts_at, editor)
    assert approved.starts_at == NOON + timedelta(days=5)
    assert approved.ends_at == NOON + timedelta(days=5, hours=33)


def test_over_a_change_of_the_clock_the_time_of_day_stays(
    approved: Mailing, editor: User, settings: Settings
) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    Mailing.objects.update(
        starts_at=datetime(2027, 3, 26, 9, tzinfo=UTC), ends_at=datetime(2027, 3, 26, 20, tzinfo=UTC)
    )
    approved.refresh_from_db()
    starts_at = rescheduling.new_start(approved, date(2027, 3, 29))
    rescheduling.move_to(approved, starts_at, editor)
    assert approved.starts_at == datetime(2027, 3, 29, 8, tzinfo=UTC)
    assert approved.ends_at == datetime(2027, 3, 29, 19, tzinfo=UTC)


def test_a_move_takes_plan_and_approval_away_and_is_written_down(approved: Mailing, editor: User) -> None:
    rescheduling.move_to(approved, NOON + timedelta(days=5), editor)
    assert (approved.state, approved.content_hash, approved.planned_count) == (State.DRAFT, "", None)
    actions = list(ModelLogEntry.objects.for_instance(approved).order_by("pk").values_list("action", "user"))
    assert actions == [("mailings.edited", editor.pk), ("mailings.another_day", editor.pk)]


def test_a_draft_has_nothing_to_lose(approved: Mailing, editor: User) -> None:
    put(approved, State.DRAFT, editor)
    assert not rescheduling.move_to(approved, NOON + timedelta(days=5), editor)
    assert rescheduling.effect(approved) == ""


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.PLANNED, "Its plan is taken away: it has to be planned again."),
        (
            State.SUBMITTED,
            "Its plan is taken away and nobody can approve it any more: it has to be planned and submitted again.",
        ),
        (
            State.APPROVED,
            "Its plan and its approval are taken away: it has to be planned, submitted and approved again.",
        ),
    ],
)
def test_what_a_move_takes_away_is_said_first(
    state: str, words: str, approved: Mailing, editor: User
) -> None:
    assert rescheduling.effect(put(approved, state, editor)) == words


def test_another_time_of_day_can_be_chosen(approved: Mailing) -> None:
    assert rescheduling.new_start(approved, date(2026, 11, 25), time(15, 30)) == datetime(
        2026, 11, 25, 12, 30, tzinfo=UTC
    )


def test_a_mailing_without_an_end_moves_its_start_alone(approved: Mailing, editor: User) -> None:
    Mailing.objects.update(ends_at=None)
    rescheduling.move_to(approved, NOON + timedelta(days=5), editor)
    assert approved.ends_at is None


def test_nothing_moves_into_the_past(approved: Mailing, editor: User) -> None:
    with pytest.raises(Refused, match="This moment is over"):
        rescheduling.move_to(approved, timezone.now(), editor)


def test_what_has_started_stays(approved: Mailing, editor: User) -> None:
    put(approved, State.RUNNING, editor)
    with pytest.raises(Refused, match="running"):
        rescheduling.move_to(approved, NOON + timedelta(days=5), editor)


def test_what_would_make_no_sense_is_refused_with_the_reason(approved: Mailing, editor: User) -> None:
    Mailing.objects.update(local_from=time(21), local_to=time(10))
    with pytest.raises(Refused, match="The evening must come after the morning"):
        rescheduling.move_to(approved, NOON + timedelta(days=5), editor)
    approved.refresh_from_db()
    assert (approved.state, approved.starts_at) == (State.APPROVED, NOON)
