"""When a mailing really begins and ends is said in the same words, with the zone, wherever somebody reads it."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils.html import escape

from backoffice.accounts.models import User
from backoffice.accounts.roles import APPROVER, EDITOR
from backoffice.customers.models import Customer
from backoffice.mailings import lifecycle
from backoffice.mailings.check import span
from backoffice.mailings.models import Mailing
from backoffice.mailings.progress import sentence
from backoffice.mailings.when import waits_until
from kannel.models import Connection
from tests.mailings.clock import clock_at
from tests.mailings.conftest import MakeCustomer
from tests.mailings_screens.conftest import As
from tests.mailings_screens.test_screens import page_of

pytestmark = pytest.mark.django_db
Planned = Callable[[], Mailing]
# 23:10 in Moscow; the mailing may leave from 10:00 on.
LATE = datetime(2026, 11, 29, 20, 10, tzinfo=UTC)
SAID = "The first message leaves on 30 November, 10:00, the last one on 30 November, 10:00 (Moscow time)"


@pytest.fixture(autouse=True)
def _fresh(clean_redis: Any) -> None:
    """Nothing was counted before."""


@pytest.fixture
def approved(
    north: Connection,
    make_customer: MakeCustomer,
    mailing: Mailing,
    planned: Planned,
    editor: User,
    approver: User,
) -> Any:
    make_customer()
    Customer.objects.update(time_zone="Europe/Moscow")
    with clock_at(LATE) as clock:
        Mailing.objects.update(starts_at=LATE + timedelta(minutes=10), local_from=time(10), local_to=time(21))
        mailing.refresh_from_db()
        mailing = planned()
        assert mailing.state == Mailing.State.PLANNED, mailing.problem
        lifecycle.submit(mailing, editor)
        yield mailing, approver, clock


def test_page_check_approver_list_calendar_and_home_say_the_same(approved: Any, as_role: As) -> None:
    mailing, approver, _clock = approved
    page = as_role(APPROVER).get(page_of(mailing)).content.decode()
    assert page.count(SAID) == 3  # on top, at the decision, in the check
    assert "30 November, 10:00 (Moscow time), 10:00 – 21:00" in page  # at the step When
    lifecycle.approve(mailing, approver)
    assert SAID in sentence(mailing)
    client = as_role(EDITOR)
    begins = escape("30 November, 10:00 (Moscow time)")
    assert begins in client.get(reverse("mailings:index")).content.decode()
    assert begins in client.get(reverse("wagtailadmin_home")).content.decode()
    month = client.get(reverse("mailing_calendar:month")).content.decode()
    assert "10:00 Autumn" in month.split('data-day="2026-11-30"')[1]


def test_a_running_mailing_says_until_when_it_waits(approved: Any, as_role: As) -> None:
    mailing, approver, clock = approved
    lifecycle.approve(mailing, approver)
    clock.shift(timedelta(minutes=11))
    assert lifecycle.start_due() == [mailing]
    mailing.refresh_from_db()
    waits = "nothing may leave now: it waits until 30 November, 10:00 (Moscow time)."
    assert waits in sentence(mailing)
    assert "the next messages may leave at 30 November, 10:00 (Moscow time)." in (
        as_role(EDITOR).get(page_of(mailing)).content.decode()
    )
    clock.move_to(datetime(2026, 11, 30, 7, 5, tzinfo=UTC))
    assert waits not in sentence(mailing)


def test_in_the_evening_the_rest_waits_for_the_morning_in_the_first_zone(mailing: Mailing) -> None:
    mailing.local_from, mailing.local_to = time(10), time(21)
    mailing.time_zones = ["Europe/Moscow", "Asia/Yekaterinburg"]
    evening = datetime(2026, 11, 30, 19, 0, tzinfo=UTC)
    morning = datetime(2026, 12, 1, 5, 0, tzinfo=UTC)
    assert waits_until(mailing, evening - timedelta(hours=9), evening) == morning
    assert waits_until(mailing, evening, evening - timedelta(hours=2)) == morning
    assert waits_until(mailing, evening - timedelta(hours=9), evening - timedelta(hours=2)) is None


def test_without_a_plan_nothing_more_is_known_than_the_start(mailing: Mailing) -> None:
    assert span.sentence(mailing) == ""
    assert span.first_moments([mailing]) == {}


def test_the_form_of_a_planned_mailing_says_the_real_moments_at_its_step_when(
    north: Connection, make_customer: MakeCustomer, mailing: Mailing, planned: Planned, as_role: As
) -> None:
    make_customer()
    Customer.objects.update(time_zone="Europe/Moscow")
    with clock_at(LATE):
        Mailing.objects.update(starts_at=LATE + timedelta(minutes=10), local_from=time(10), local_to=time(21))
        mailing.refresh_from_db()
        form = reverse("mailings:edit", args=[planned().pk])
        page = as_role(EDITOR).get(form).content.decode()
    assert "30 November, 10:00 (Moscow time), 10:00 – 21:00" in page
    assert "29 November, 23:20" not in page


def test_a_mailing_without_a_start_says_when_it_would_leave_if_it_were_approved_now(
    north: Connection, make_customer: MakeCustomer, mailing: Mailing, planned: Planned
) -> None:
    make_customer()
    Customer.objects.update(time_zone="Europe/Moscow")
    with clock_at(LATE):
        Mailing.objects.update(starts_at=None, local_from=time(10), local_to=time(21))
        mailing.refresh_from_db()
        assert span.moments(planned()) == "if approved now: 30 November, 10:00 (Moscow time)"
