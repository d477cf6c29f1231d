"""Calling back in steps: nobody waits for Kannel, and what was taken out is put in again whatever happens meanwhile."""

from datetime import timedelta

import pytest
from django.utils import timezone

from backoffice.mailings import judging, recalling
from backoffice.mailings.models import Mailing, Message
from backoffice.operators import standing
from backoffice.operators.models import Operator, Standing
from kannel import administration
from kannel.administration import BindStatus, CommandRefused, ConnectionStatus, GatewayDown, GatewayStatus
from kannel.models import ApplyRun, Connection, Gateway

pytestmark = pytest.mark.django_db

Status = Connection.Status


class Bearerbox:
    """What bearerbox has and was told, by the commands of its admin port."""

    def __init__(self, *binds: str) -> None:
        self.binds, self.told, self.is_down = list(binds), list[str](), False

    def poll(self, gateway: Gateway) -> GatewayStatus:
        if self.is_down:
            raise GatewayDown(gateway.name)
        links = {
            bind: ConnectionStatus(
                Status.RECONNECTING, 0, 0, 0, binds=(BindStatus(bind, Status.RECONNECTING, 0, 0, 0),)
            )
            for bind in self.binds
        }
        return GatewayStatus(Gateway.Status.RUNNING, 60, 0, 0, links)

    def remove_connection(self, gateway: Gateway, name: str) -> None:
        self.told.append(f"remove {name}")
        if name not in self.binds:
            raise CommandRefused(name)
        self.binds.remove(name)

    def add_connection(self, gateway: Gateway, name: str) -> None:
        if self.is_down:
            raise GatewayDown(gateway.name)
        self.told.append(f"add {name}")
        self.binds.append(name)


@pytest.fixture
def bearerbox(monkeypatch: pytest.MonkeyPatch) -> Bearerbox:
    fake = Bearerbox("north-1", "south-1")
    for name in ("poll", "remove_connection", "add_connection"):
        monkeypatch.setattr(administration, name, getattr(fake, name))
    return fake


@pytest.fixture
def held(running: object, make_customer: object, north: Connection) -> Mailing:
    """A mailing whose only message Kannel holds for North, which was left."""
    make_customer()  # type: ignore[operator]
    mailing: Mailing = running()  # type: ignore[operator]
    Message.objects.update(state="accepted")
    standing.leave(north, "It is dead.")
    return mailing


def age(**moments: timedelta) -> None:
    now = timezone.now()
    Standing.objects.update(**{name: now - by for name, by in moments.items()})


def test_a_bind_is_out_until_what_it_held_is_back(
    bearerbox: Bearerbox, held: Mailing, north: Connection
) -> None:
    assert recalling.recall(north)
    assert not recalling.recall(north), "what it held is not back yet"
    Message.objects.update(state="waiting")
    assert recalling.recall(north)
    assert not recalling.recall(north)
    assert bearerbox.told == ["remove north-1", "add north-1"]


def test_a_bind_whose_messages_do_not_come_back_is_put_in_again_all_the_same(
    bearerbox: Bearerbox, held: Mailing, north: Connection
) -> None:
    recalling.recall(north)
    age(withdrawn_at=recalling.GIVEN_BACK_WITHIN + timedelta(seconds=1))
    assert recalling.recall(north)
    assert bearerbox.told == ["remove north-1", "add north-1"]


def test_every_bind_of_a_connection_is_taken_out(
    bearerbox: Bearerbox, held: Mailing, north: Connection
) -> None:
    bearerbox.binds = ["north-1_1", "north-1_2", "south-1"]
    north.binds = 2
    assert recalling.recall(north)
    assert bearerbox.binds == ["south-1"]


def test_the_only_connection_of_a_gateway_stays(
    bearerbox: Bearerbox, held: Mailing, north: Connection
) -> None:
    bearerbox.binds = ["north-1"]
    assert not recalling.recall(north)
    assert bearerbox.told == []
    assert judging.to_recall() == [], "it is not asked for again at once"


def test_nothing_is_taken_out_while_a_change_is_applied(
    bearerbox: Bearerbox, held: Mailing, north: Connection
) -> None:
    ApplyRun.objects.create(gateway=north.gateway)
    assert not recalling.recall(north)
    assert bearerbox.told == []


def test_what_is_out_is_put_in_again_though_the_connection_is_trusted_meanwhile(
    bearerbox: Bearerbox, held: Mailing, north: Connection
) -> None:
    recalling.recall(north)
    standing.trust(north, "It works.")
    Message.objects.update(state="delivered")
    assert judging.to_recall() == [north.pk]
    assert recalling.recall(north)
    assert bearerbox.binds == ["south-1", "north-1"]
    assert judging.to_recall() == []


def test_a_bearerbox_that_does_not_answer_is_asked_again_later(
    bearerbox: Bearerbox, held: Mailing, north: Connection
) -> None:
    recalling.recall(north)
    Message.objects.update(state="waiting")
    bearerbox.is_down = True
    with pytest.raises(GatewayDown):
        recalling.recall(north)
    bearerbox.is_down = False
    assert recalling.recall(north)
    assert "north-1" in bearerbox.binds


def test_a_bind_that_came_back_with_a_restart_is_not_added_twice(
    bearerbox: Bearerbox, held: Mailing, north: Connection
) -> None:
    recalling.recall(north)
    bearerbox.binds.append("north-1")
    Message.objects.update(state="waiting")
    assert recalling.recall(north)
    assert bearerbox.told == ["remove north-1"]


def test_a_connection_taken_out_of_use_stays_out(
    bearerbox: Bearerbox, held: Mailing, north: Connection
) -> None:
    recalling.recall(north)
    Message.objects.update(state="waiting")
    north.is_enabled = False
    assert recalling.recall(north)
    assert bearerbox.told == ["remove north-1"]
    assert Operator.objects.exists()
