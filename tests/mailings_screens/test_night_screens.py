"""What leaves at night is approved only by somebody who says so: on the page, and when its form is sent without the tick."""

from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import Any

import pytest
from django.urls import reverse

from backoffice.accounts.models import User
from backoffice.accounts.roles import APPROVER
from backoffice.customers.models import Purpose
from backoffice.mailings import lifecycle
from backoffice.mailings.check import night
from backoffice.mailings.check.night import NIGHTS
from backoffice.mailings.check.outlook import HourRow, Outlook
from backoffice.mailings.models import Mailing
from kannel.models import Connection
from tests.mailings.clock import clock_at
from tests.mailings.conftest import MakeCustomer
from tests.mailings_screens.conftest import As
from tests.mailings_screens.test_screens import page_of, step

pytestmark = pytest.mark.django_db
Planned = Callable[[], Mailing]
MIDNIGHT, NOON = datetime(2026, 11, 30, 21, 30, tzinfo=UTC), datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nights(clean_redis: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(night, "NIGHTS", NIGHTS)


def submitted(planned: Planned, make_customer: MakeCustomer, editor: User) -> Mailing:
    make_customer()
    mailing = planned()
    assert mailing.state == Mailing.State.PLANNED, mailing.problem
    lifecycle.submit(mailing, editor)
    return mailing


def test_an_approver_has_to_agree_to_the_night(
    as_role: As, north: Connection, make_customer: MakeCustomer, planned: Planned, editor: User
) -> None:
    with clock_at(MIDNIGHT):
        mailing = submitted(planned, make_customer, editor)
        page = as_role(APPROVER).get(page_of(mailing)).content.decode()
        assert (
            page.count("1 message leaves at night where its recipient lives.") >= 2
        )  # the caution, and the tick
        assert 'name="agrees_to_night" required' in page
        asked = as_role(APPROVER).get(reverse("mailings:step", args=[mailing.pk, "approve"]))
        assert 'name="agrees_to_night" required' in asked.content.decode()
        said = step(as_role(APPROVER), mailing, "approve", comment="Fine.")
        assert "Tick that you agree to it, or return it." in said
        assert "Fine." in said
        assert mailing.state == Mailing.State.SUBMITTED
        step(as_role(APPROVER), mailing, "approve", agrees_to_night="on")
        assert mailing.state == Mailing.State.APPROVED


def test_by_day_nobody_is_asked(
    as_role: As, north: Connection, make_customer: MakeCustomer, planned: Planned, editor: User
) -> None:
    with clock_at(NOON):
        mailing = submitted(planned, make_customer, editor)
        assert "agrees_to_night" not in as_role(APPROVER).get(page_of(mailing)).content.decode()
        step(as_role(APPROVER), mailing, "approve")
        assert mailing.state == Mailing.State.APPROVED


def test_a_mailing_of_the_day_asks_for_no_forecast(mailing: Mailing) -> None:
    mailing.planned_at = NOON
    mailing.local_from, mailing.local_to = time(9), time(21)
    assert night._is_by_day(mailing)
    for begins, ends in ((time(8), time(21)), (time(9), time(21, 1)), (time(0), time(0))):
        mailing.local_from, mailing.local_to = begins, ends
        assert not night._is_by_day(mailing)


@pytest.mark.parametrize(
    ("purpose", "hour", "is_night"),
    [
        (Purpose.MARKETING, 20, False),
        (Purpose.MARKETING, 21, True),
        (Purpose.MARKETING, 0, True),
        (Purpose.MARKETING, 8, True),
        (Purpose.MARKETING, 9, False),
        (Purpose.SERVICE, 21, False),
        (Purpose.SERVICE, 22, True),
        (Purpose.SERVICE, 7, True),
        (Purpose.SERVICE, 8, False),
    ],
)
def test_the_night_of_offers_is_longer(mailing: Mailing, purpose: str, hour: int, is_night: bool) -> None:
    mailing.purpose = purpose
    outlook = Outlook(NOON, hours=[HourRow(hour, 5, 100.0)])
    assert bool(night.messages_at_night(mailing, outlook)) is is_night
