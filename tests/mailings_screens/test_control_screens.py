"""Steering a mailing on its way: slower, without one operator; what its live page says; each with the effect first."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from backoffice.accounts.models import User
from backoffice.accounts.roles import ANALYST, APPROVER, EDITOR, EMPLOYEE
from backoffice.mailings.models import Mailing, Message, PausedPart, SpeedLimit
from kannel.models import Connection
from tests.mailings.in_state import add_messages, put
from tests.mailings_screens.conftest import As

pytestmark = pytest.mark.django_db
State = Mailing.State


@pytest.fixture(autouse=True)
def fresh() -> None:
    cache.clear()


@pytest.fixture
def under_way(mailing: Mailing, north: Connection, editor: User, approver: User) -> Mailing:
    """A running mailing with two messages that wait for North, and one that it delivered."""
    add_messages(mailing, "waiting", "waiting", "delivered")
    return put(mailing, State.RUNNING, editor, approver)


def page_of(mailing: Mailing) -> str:
    return reverse("mailings:inspect", args=[mailing.pk])


def test_the_live_page_says_effects_and_leads_to_what_can_be_done(under_way: Mailing, as_role: As) -> None:
    page = as_role(EDITOR).get(page_of(under_way)).content.decode()
    assert "Pause: within 3 seconds nothing more leaves." in page
    assert "Nothing has left within the last 30 seconds." in page
    assert reverse("control:speed", args=[under_way.pk]) in page
    assert "Stop North for this mailing" in page


def test_who_may_only_look_is_offered_nothing(under_way: Mailing, as_role: As) -> None:
    page = as_role(ANALYST).get(page_of(under_way)).content.decode()
    assert "Slow down" not in page
    assert "Stop North" not in page


def test_a_late_start_stands_on_the_page(under_way: Mailing, as_role: As) -> None:
    Mailing.objects.update(starts_at=timezone.now() - timedelta(hours=3))
    page = as_role(ANALYST).get(page_of(under_way)).content.decode()
    assert "It started 3 h 0 min later than planned." in page


def test_slowing_down_shows_what_it_would_mean_first(under_way: Mailing, as_role: As) -> None:
    Message.objects.update(latest_at=timezone.now() + timedelta(milliseconds=1500))
    page = as_role(EDITOR).get(reverse("control:speed", args=[under_way.pk])).content.decode()
    assert "What would become of the 2 messages that wait" in page
    assert "Full speed again" not in page


def test_an_editor_slows_a_mailing_down_and_lets_it_go_again(under_way: Mailing, as_role: As) -> None:
    browser, url = as_role(EDITOR), reverse("control:speed", args=[under_way.pk])
    said = browser.post(url, {"what": "slow", "per_second": "50"}, follow=True).content.decode()
    assert "It is slowed down from now on." in said
    assert "Slowed down to at most 50 messages a second." in said
    assert SpeedLimit.objects.get().per_second == 50
    assert "Now at most 50 messages a second." in browser.get(url).content.decode()
    said = browser.post(url, {"what": "full", "per_second": ""}, follow=True).content.decode()
    assert "as fast as its operators take it again" in said
    assert not SpeedLimit.objects.exists()


@pytest.mark.parametrize("typed", ["0", "fast", "-5", "99999", ""])
def test_a_wrong_number_is_told_at_its_field_and_kept(typed: str, under_way: Mailing, as_role: As) -> None:
    url = reverse("control:speed", args=[under_way.pk])
    page = as_role(EDITOR).post(url, {"what": "slow", "per_second": typed}).content.decode()
    assert "Give a whole number from 1 to 10,000 messages a second." in page
    assert f'value="{typed}"' in page
    assert not SpeedLimit.objects.exists()


def test_what_has_ended_cannot_be_slowed_down(under_way: Mailing, as_role: As, editor: User) -> None:
    put(under_way, State.FINISHED, editor)
    url = reverse("control:speed", args=[under_way.pk])
    assert "Only a mailing that is on its way" in as_role(EDITOR).get(url, follow=True).content.decode()
    page = as_role(EDITOR).post(url, {"what": "slow", "per_second": "5"}).content.decode()
    assert "The mailing is now “finished”, so this is not possible." in page


def test_who_may_not_steer_slows_nothing_down(under_way: Mailing, as_role: As) -> None:
    as_role(ANALYST).post(reverse("control:speed", args=[under_way.pk]), {"what": "slow", "per_second": "5"})
    assert not SpeedLimit.objects.exists()


def test_a_right_to_steer_alone_opens_nothing(under_way: Mailing, as_role: As) -> None:
    browser = as_role(EMPLOYEE)
    user = User.objects.get(username="Employee by role")
    user.user_permissions.add(Permission.objects.get(codename="control_mailing"))
    url = reverse("control:speed", args=[under_way.pk])
    assert browser.get(url).status_code in (302, 403)
    browser.post(url, {"what": "slow", "per_second": "5"})
    assert not SpeedLimit.objects.exists()


def test_stopping_an_operator_says_its_effect_in_numbers_first(
    under_way: Mailing, north: Connection, as_role: As
) -> None:
    url = reverse("control:stop_operator", args=[under_way.pk, north.operator_id])
    page = as_role(APPROVER).get(url).content.decode()
    assert "2 messages of this mailing wait for North." in page
    assert "1 message has left over North" in page
    assert "ends as expired." in page


def test_an_approver_stops_an_operator_and_colleagues_read_why(
    under_way: Mailing, north: Connection, as_role: As
) -> None:
    url = reverse("control:stop_operator", args=[under_way.pk, north.operator_id])
    said = as_role(APPROVER).post(url, {"reason": "Customers complain."}, follow=True).content.decode()
    assert "Nothing more of it leaves over North." in said
    part = PausedPart.objects.get()
    assert part.reason == "Approver by role stopped it. Customers complain."
    assert part.stopped_by is not None
    again = as_role(APPROVER).post(url, follow=True).content.decode()
    assert "It was paused over North already." in again


def test_an_operator_is_stopped_while_the_mailing_is_on_its_way_only(
    under_way: Mailing, north: Connection, as_role: As, editor: User
) -> None:
    put(under_way, State.FINISHED, editor)
    url = reverse("control:stop_operator", args=[under_way.pk, north.operator_id])
    for answer in (as_role(EDITOR).get(url, follow=True), as_role(EDITOR).post(url, follow=True)):
        assert "An operator can be stopped while the mailing is on its way." in answer.content.decode()
    assert not PausedPart.objects.exists()
