"""The calendar by month and week, moving a mailing, and who gets several."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from backoffice.accounts.models import User
from backoffice.accounts.roles import ANALYST, APPROVER, EDITOR, EMPLOYEE
from backoffice.mailings import mailing_calendar
from backoffice.mailings.models import Mailing
from kannel.models import Connection
from tests.mailings.in_state import add_messages, put
from tests.mailings_screens.conftest import As

pytestmark = pytest.mark.django_db
State = Mailing.State
NOON = datetime(2026, 11, 20, 9, tzinfo=UTC)  # by the clock of Moscow
MONTH, WEEK = "/mailings/calendar/", "/mailings/calendar/week/"

# No pg_sleep(): under a set clock nothing stops it.
ENDLESS = "SELECT 1, 1, 1 FROM generate_series(1, 1000000000) AS n WHERE n = 0 AND %(ids)s IS NOT NULL"


@pytest.fixture(autouse=True)
def _middle_of_november() -> object:
    with time_machine.travel(datetime(2026, 11, 15, 9, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def approved(mailing: Mailing, north: Connection, editor: User) -> Mailing:
    """Two messages on Friday the 20th at noon."""
    mailing.planned_at = timezone.now()
    add_messages(mailing, "waiting", "waiting")
    Mailing.objects.update(starts_at=NOON, ends_at=NOON + timedelta(days=1))
    return put(mailing, State.APPROVED, editor)


@pytest.mark.parametrize("url", [MONTH, WEEK + "?week=2026-W47", MONTH + "?month=2026-11"])
def test_a_mailing_stands_on_its_day_with_state_and_size(url: str, approved: Mailing, as_role: As) -> None:
    page = as_role(EDITOR).get(url).content.decode()
    day = page.split('datetime="2026-11-20"')[1].split("</td>")[0]
    for words in ("12:00 Autumn", "approved", "2 messages", "Move “Autumn” to another day"):
        assert words in day, words


def test_who_may_change_nothing_is_not_offered_to_move(approved: Mailing, as_role: As) -> None:
    page = as_role(ANALYST).get(MONTH).content.decode()
    assert "12:00 Autumn" in page
    assert "draggable" not in page
    assert as_role(EMPLOYEE).get(MONTH).status_code in (302, 403)


def test_what_has_started_cannot_be_dragged(approved: Mailing, as_role: As, editor: User) -> None:
    put(approved, State.RUNNING, editor)
    Mailing.objects.update(started_at=NOON)
    page = as_role(EDITOR).get(MONTH).content.decode()
    assert "12:00 Autumn" in page
    assert "draggable" not in page


@pytest.mark.parametrize(
    ("url", "before", "after"),
    [
        (MONTH + "?month=2026-12", "?month=2026-11", "?month=2027-01"),
        (MONTH + "?month=2027-01", "?month=2026-12", "?month=2027-02"),
        (WEEK + "?week=2026-W53", "?week=2026-W52", "?week=2027-W01"),
    ],
)
def test_it_leads_to_what_came_before_and_comes_after(url: str, before: str, after: str, as_role: As) -> None:
    page = as_role(EDITOR).get(url).content.decode()
    assert f'href="{before}"' in page
    assert f'href="{after}"' in page
    assert "Nothing starts in this time." in page


@pytest.mark.parametrize("url", [MONTH + "?month=", WEEK + "?week="])
@pytest.mark.parametrize("asked", ["", "soon", "2026-99", "0001-01", "9999-12", "0001-W01"])
def test_a_nonsense_time_shows_the_present_one(url: str, asked: str, as_role: As) -> None:
    page = as_role(EDITOR).get(url + asked).content.decode()
    assert 'datetime="2026-11-15"' in page


@pytest.mark.unbalanced
def test_a_full_day_leads_to_its_week(approved: Mailing, as_role: As) -> None:
    for number in range(5):
        approved.pk, approved.name = None, f"More {number}"
        approved.save()
    page = as_role(EDITOR).get(MONTH).content.decode()
    assert "and 2 more" in page
    week = as_role(EDITOR).get(f"{WEEK}?week=2026-W47").content.decode()
    assert "More 4" in week


def test_what_starts_with_its_approval_stands_below(approved: Mailing, as_role: As) -> None:
    Mailing.objects.update(starts_at=None)
    page = as_role(EDITOR).get(MONTH).content.decode()
    assert "Autumn" in page.split("As soon as they are approved")[1]


def test_the_list_of_mailings_leads_to_the_calendar(approved: Mailing, as_role: As) -> None:
    assert f'href="{MONTH}"' in as_role(ANALYST).get(reverse("mailings:index")).content.decode()


def test_moving_says_what_it_takes_away_and_keeps_the_hour(approved: Mailing, as_role: As) -> None:
    url = reverse("mailing_calendar:move", args=[approved.pk])
    page = as_role(EDITOR).get(f"{url}?day=2026-11-26").content.decode()
    assert "Its plan and its approval are taken away" in page
    assert 'value="26.11.2026"' in page
    assert 'value="12:00"' in page
    said = as_role(EDITOR).post(url, {"day": "2026-11-26", "at": "12:00"}, follow=True).content.decode()
    assert "“Autumn” starts on 26 November, 12:00 (Moscow time) now. Plan it again, then submit it." in said
    approved.refresh_from_db()
    assert (approved.state, approved.starts_at) == (State.DRAFT, NOON + timedelta(days=6))


def test_a_draft_just_moves(approved: Mailing, as_role: As, editor: User) -> None:
    put(approved, State.DRAFT, editor)
    url = reverse("mailing_calendar:move", args=[approved.pk])
    assert "taken away" not in as_role(EDITOR).get(url).content.decode()
    said = as_role(EDITOR).post(url, {"day": "2026-11-26", "at": "12:00"}, follow=True).content.decode()
    assert "starts on 26 November, 12:00 (Moscow time) now." in said
    assert "Plan it again" not in said.split("starts on")[1].split("</")[0]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"day": "2026-11-01", "at": "12:00"}, "This moment is over. Choose a later one."),
        ({"day": "soon", "at": "12:00"}, "Write the day like 31.12.2026."),
    ],
)
def test_a_wrong_day_is_told_at_its_field(
    values: dict[str, str], words: str, approved: Mailing, as_role: As
) -> None:
    page = as_role(EDITOR).post(reverse("mailing_calendar:move", args=[approved.pk]), values).content.decode()
    assert words in page
    approved.refresh_from_db()
    assert approved.state == State.APPROVED


def test_what_has_started_is_not_moved(approved: Mailing, as_role: As, editor: User) -> None:
    put(approved, State.RUNNING, editor)
    browser, url = as_role(EDITOR), reverse("mailing_calendar:move", args=[approved.pk])
    for answer in (browser.get(url, follow=True), browser.post(url, {"day": "2026-11-26"}, follow=True)):
        assert "Only a mailing whose start is still to come" in answer.content.decode()


def test_an_approver_moves_nothing(approved: Mailing, as_role: As) -> None:
    url = reverse("mailing_calendar:move", args=[approved.pk])
    as_role(APPROVER).post(url, {"day": "2026-11-26", "at": "12:00"})
    approved.refresh_from_db()
    assert (approved.state, approved.starts_at) == (State.APPROVED, NOON)
    assert url not in as_role(APPROVER).get(reverse("mailings:inspect", args=[approved.pk])).content.decode()


def test_two_on_one_day_can_be_compared(
    approved: Mailing, as_role: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = reverse("mailing_calendar:overlap") + "?day=2026-11-20"
    assert "Fewer than two planned mailings" in as_role(ANALYST).get(url).content.decode()
    other = Mailing.objects.get()
    other.pk, other.name = None, "Other"
    other.save()
    assert "Who gets several?" in as_role(ANALYST).get(f"{WEEK}?week=2026-W47").content.decode()
    assert "Nobody gets more than one" in as_role(ANALYST).get(url).content.decode()
    for message in approved.messages.all():
        message.pk, message.mailing = message.pk + 1000, other
        message.save(force_insert=True)
    page = as_role(ANALYST).get(url).content.decode()
    assert '<td class="parley-number">2</td>' in page
    monkeypatch.setattr(mailing_calendar, "OVERLAP_WITHIN", timedelta(milliseconds=20))
    monkeypatch.setattr(mailing_calendar, "OVERLAP", ENDLESS)
    assert "takes too long now" in as_role(ANALYST).get(url).content.decode()


def test_a_comparison_without_a_day_is_of_today(approved: Mailing, as_role: As) -> None:
    page = as_role(ANALYST).get(reverse("mailing_calendar:overlap") + "?day=x").content.decode()
    assert "Who gets several on 15 November 2026" in page


@pytest.mark.unbalanced
def test_the_calendar_takes_the_same_statements_for_many_as_for_one(
    approved: Mailing, as_role: As, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    browser = as_role(EDITOR)
    browser.get(MONTH)
    with CaptureQueriesContext(connection) as captured:
        browser.get(MONTH)
    few = len(captured)  # before the next request forgets them
    for number in range(20):
        approved.pk, approved.name = None, f"More {number}"
        approved.starts_at = NOON + timedelta(days=number % 7)
        approved.save()
    browser.get(MONTH)  # counts the fresh plans once
    with django_assert_num_queries(few):
        browser.get(MONTH)
