"""A start or an end that is over, or that no clock shows, is stopped at its field, at the submission and at the approval."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings

from backoffice.accounts.models import User
from backoffice.mailings import late, lifecycle
from backoffice.mailings.lifecycle import Refused
from backoffice.mailings.models import Mailing
from backoffice.mailings.when import problems_with_times
from kannel.models import Connection
from tests.mailings.clock import clock_at
from tests.mailings.conftest import MakeCustomer

pytestmark = pytest.mark.django_db
Planned = Callable[[], Mailing]
NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _fresh(clean_redis: Any) -> None:
    """Nothing was counted before."""


def with_times(mailing: Mailing, **values: Any) -> Mailing:
    for name, value in values.items():
        setattr(mailing, name, value)
    return mailing


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "wrong"),
    [
        (NOW + HOUR, NOW + 2 * HOUR, set()),
        (None, None, set()),
        (NOW, None, {"starts_at"}),
        (NOW - HOUR, NOW + HOUR, {"starts_at"}),
        (None, NOW - HOUR, {"ends_at"}),
        (NOW - 2 * HOUR, NOW - HOUR, {"starts_at", "ends_at"}),
    ],
)
def test_what_is_over_is_said_at_its_field(
    mailing: Mailing, starts_at: datetime | None, ends_at: datetime | None, wrong: set[str]
) -> None:
    found = problems_with_times(with_times(mailing, starts_at=starts_at, ends_at=ends_at), [], NOW)
    assert set(found) == wrong
    assert all("it is 01.12.2026 12:00 (Moscow time)" in problem for problem in found.values())


def test_by_the_customers_own_clock_the_east_is_over_first(mailing: Mailing) -> None:
    mailing = with_times(mailing, starts_at=NOW + HOUR, by_own_clock=True)
    assert problems_with_times(mailing, ["Europe/Kaliningrad"], NOW) == {}
    found = problems_with_times(mailing, ["Europe/Kaliningrad", "Asia/Vladivostok"], NOW)
    assert "Vladivostok time" in found["starts_at"]


def test_an_hour_that_a_customers_clock_skips_is_said(mailing: Mailing) -> None:
    skipped = datetime(2027, 3, 27, 23, 30, tzinfo=UTC)  # 28 March, 02:30 in Moscow
    mailing = with_times(mailing, starts_at=skipped, by_own_clock=True)
    assert problems_with_times(mailing, ["Asia/Yekaterinburg"], NOW) == {}
    assert "Berlin time" in problems_with_times(mailing, ["Europe/Berlin"], NOW)["starts_at"]


def test_a_company_whose_clock_changes_is_told(mailing: Mailing, settings: Settings) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    mailing = with_times(mailing, starts_at=datetime(2027, 10, 31, 0, 30, tzinfo=UTC))
    assert problems_with_times(mailing, [], NOW) == {}


def test_a_series_has_its_moments_from_its_rule(mailing: Mailing) -> None:
    assert problems_with_times(with_times(mailing, starts_at=NOW - HOUR, repeats="daily"), [], NOW) == {}


def test_what_is_over_when_it_is_submitted_or_approved_is_refused(
    north: Connection,
    make_customer: MakeCustomer,
    mailing: Mailing,
    planned: Planned,
    editor: User,
    approver: User,
) -> None:
    make_customer()
    with clock_at(NOW) as clock:
        Mailing.objects.update(starts_at=NOW + HOUR)
        mailing = planned()
        assert mailing.state == Mailing.State.PLANNED, mailing.problem
        clock.move_to(NOW + 2 * HOUR)
        with pytest.raises(Refused, match=r"Its start cannot be kept\. This moment is over.*plan it again"):
            lifecycle.submit(mailing, editor)
        clock.move_to(NOW)
        lifecycle.submit(mailing, editor)
        clock.move_to(NOW + 2 * HOUR)
        assert "It needs a later start." in late.words(mailing)
        with pytest.raises(Refused, match=r"This moment is over.*Return it to its author"):
            lifecycle.approve(mailing, approver)
        mailing.refresh_from_db()
        assert mailing.state == Mailing.State.SUBMITTED


def test_a_run_may_be_approved_until_its_end(
    north: Connection,
    make_customer: MakeCustomer,
    mailing: Mailing,
    planned: Planned,
    editor: User,
    approver: User,
) -> None:
    make_customer()
    with clock_at(NOW) as clock:
        Mailing.objects.update(starts_at=NOW + HOUR)
        run = planned()
        lifecycle.submit(run, editor)
        Mailing.objects.update(series=run)
        run.refresh_from_db()
        clock.move_to(NOW + 2 * HOUR)
        assert "It starts with the approval." in late.words(run)
        lifecycle._check_times(run, "")
