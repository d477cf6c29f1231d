from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ObjectDoesNotExist
from django.utils import timezone
from wagtail.models import ModelLogEntry

from backoffice.accounts.models import User
from backoffice.lib.said import in_readers_language
from backoffice.mailings import speed
from backoffice.mailings.claiming import claim
from backoffice.mailings.lifecycle import Refused
from backoffice.mailings.models import Mailing, SpeedLimit
from kannel.models import Connection
from tests.mailings.conftest import MakeCustomer

pytestmark = pytest.mark.django_db


@pytest.fixture
def fifty(
    north: Connection, make_customer: MakeCustomer, running: Callable[[], Mailing], editor: User
) -> Mailing:
    """A running mailing with fifty messages over North, at most ten a second."""
    for _ in range(50):
        make_customer()
    mailing = running()
    speed.slow_down(mailing, 10, editor)
    return mailing


def test_no_more_are_claimed_than_the_seconds_allow(fifty: Mailing, north: Connection) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        SpeedLimit.objects.update(room=0, counted_at=timezone.now())
        claimed = []
        for _ in range(4):
            clock.shift(0.5)
            claimed.append(len(claim(north, 250)))
    assert claimed == [5, 5, 5, 5]


def test_what_was_not_used_does_not_gather_for_more_than_a_second(fifty: Mailing, north: Connection) -> None:
    SpeedLimit.objects.update(counted_at=timezone.now() - timedelta(hours=1))
    assert len(claim(north, 250)) == 10


def test_a_batch_that_is_full_takes_no_more_than_it_has_room_for(fifty: Mailing, north: Connection) -> None:
    SpeedLimit.objects.update(counted_at=timezone.now() - timedelta(hours=1))
    assert len(claim(north, 4)) == 4
    assert SpeedLimit.objects.get().room == pytest.approx(6, abs=0.5)


def test_what_was_granted_and_not_there_is_given_back(
    north: Connection, make_customer: MakeCustomer, running: Callable[[], Mailing], editor: User
) -> None:
    make_customer()
    mailing = running()
    speed.slow_down(mailing, 100, editor)
    SpeedLimit.objects.update(counted_at=timezone.now() - timedelta(hours=1))
    assert len(claim(north, 250)) == 1
    assert SpeedLimit.objects.get().room == pytest.approx(99, abs=1)


def test_a_limited_mailing_leaves_the_line_to_others(
    fifty: Mailing, north: Connection, editor: User, approver: User
) -> None:
    limited = Mailing.objects.select_related("speed_limit").get()
    assert speed.granted(limited, 250) == 0
    other = Mailing(pk=fifty.pk + 1)
    assert speed.granted(other, 250) == 250
    speed.give_back(other, 250)


def test_a_limit_that_is_gone_since_binds_no_sender(fifty: Mailing) -> None:
    limited = Mailing.objects.select_related("speed_limit").get()
    SpeedLimit.objects.all().delete()
    assert speed.granted(limited, 250) == 250
    speed.give_back(limited, 100)
    assert not SpeedLimit.objects.exists()


def test_a_new_limit_replaces_the_old_one_and_is_written_down(fifty: Mailing, editor: User) -> None:
    speed.slow_down(fifty, 1000, editor)
    assert SpeedLimit.objects.get().per_second == 1000
    entry = ModelLogEntry.objects.for_instance(fifty).filter(action="mailings.slow_down").latest("pk")
    assert entry.user == editor
    assert in_readers_language(entry.data["comment"]) == "1,000 messages a second"
    assert str(SpeedLimit.objects.get()) == f"{fifty.pk} 1000"


def test_full_speed_takes_the_limit_away_and_is_written_once(fifty: Mailing, editor: User) -> None:
    speed.full_speed(fifty, editor)
    speed.full_speed(fifty, editor)
    with pytest.raises(ObjectDoesNotExist):
        SpeedLimit.objects.get()
    entries = ModelLogEntry.objects.for_instance(fifty).filter(action="mailings.full_speed")
    assert entries.count() == 1


@pytest.mark.parametrize("per_second", [0, -1, 10_001])
def test_a_limit_that_makes_no_sense_is_refused(per_second: int, fifty: Mailing, editor: User) -> None:
    with pytest.raises(Refused, match="from 1 to 10,000 messages a second"):
        speed.slow_down(fifty, per_second, editor)
    assert SpeedLimit.objects.get().per_second == 10
