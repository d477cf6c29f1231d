import socket
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from backoffice.alerts.models import Alert
from backoffice.operators import watch
from kannel.administration import ConnectionStatus, GatewayStatus
from kannel.models import ApplyRun, Connection, Gateway

pytestmark = pytest.mark.django_db
ONLINE, LOST = Connection.Status.ONLINE, Connection.Status.RECONNECTING


def seen(status: Connection.Status, queued: int = 0, sent: int = 0) -> GatewayStatus:
    links = {"north-1": ConnectionStatus(status, 5, queued, 0, sent)}
    return GatewayStatus(Gateway.Status.RUNNING, 60, 3, 0, links)


def look(gateway: Gateway, state: GatewayStatus) -> None:
    watch.record(Gateway.objects.get(pk=gateway.pk), state)


def open_alerts() -> list[str]:
    return list(Alert.objects.filter(closed_at=None).values_list("cause", flat=True))


def test_what_was_seen_is_written(gateway: Gateway, north: Connection) -> None:
    look(gateway, seen(ONLINE, queued=12))
    north.refresh_from_db()
    gateway.refresh_from_db()
    assert (north.status, north.queued, gateway.storesize) == (ONLINE, 12, 3)


def test_a_lost_line_raises_one_alarm_that_closes_itself(gateway: Gateway, north: Connection) -> None:
    look(gateway, seen(LOST))
    assert open_alerts() == []
    Connection.objects.update(status_since=timezone.now() - timedelta(seconds=3))
    look(gateway, seen(LOST))
    look(gateway, seen(LOST))
    alert = Alert.objects.get()
    assert (alert.cause, alert.level, alert.times) == ("connection:north-1", Alert.Level.ALARM, 2)
    assert "Nothing leaves over north-1 of North (link lost, connecting again)." in alert.sentence
    look(gateway, seen(ONLINE))
    assert open_alerts() == []


def test_since_when_a_line_is_lost_is_kept_while_its_words_change(
    gateway: Gateway, north: Connection
) -> None:
    look(gateway, seen(LOST))
    north.refresh_from_db()
    since = north.status_since
    look(gateway, seen(Connection.Status.CONNECTING))
    north.refresh_from_db()
    assert (north.status_since, north.status) == (since, Connection.Status.CONNECTING)


def test_an_operator_that_takes_nothing_while_messages_wait_raises_an_alarm_that_closes_itself(
    gateway: Gateway, north: Connection
) -> None:
    look(gateway, seen(ONLINE, queued=5, sent=100))
    Connection.objects.update(moved_at=timezone.now() - timedelta(seconds=61))
    look(gateway, seen(ONLINE, queued=5, sent=100))
    assert open_alerts() == ["silent:north-1"]
    look(gateway, seen(ONLINE, queued=5, sent=101))
    assert open_alerts() == []


def test_an_operator_for_whom_nothing_waits_may_be_silent(gateway: Gateway, north: Connection) -> None:
    look(gateway, seen(ONLINE, queued=0, sent=100))
    Connection.objects.update(moved_at=timezone.now() - timedelta(hours=1))
    look(gateway, seen(ONLINE, queued=0, sent=100))
    assert open_alerts() == []


def test_a_line_out_of_use_alarms_nobody(gateway: Gateway, north: Connection) -> None:
    Connection.objects.update(
        is_enabled=False, status=LOST, status_since=timezone.now() - timedelta(minutes=1)
    )
    look(gateway, seen(LOST))
    assert open_alerts() == []


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept: list[socket.socket] = []
        threading.Thread(target=lambda: kept.append(server.accept()[0]), daemon=True).start()
        yield server.getsockname()[1]


def test_a_gateway_that_hangs_is_told_from_one_that_is_down(
    gateway: Gateway, north: Connection, silent_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kannel.administration.TIMEOUT_SECONDS", 0.2)
    Gateway.objects.update(admin_port=silent_port)
    assert watch.watch_gateways() == {"main": "hanging"}
    assert "hangs" in Alert.objects.get(closed_at=None).sentence
    Gateway.objects.update(admin_port=1)
    assert watch.watch_gateways() == {"main": "down"}
    north.refresh_from_db()
    assert north.status == Connection.Status.UNKNOWN
    assert open_alerts() == ["gateway:main"]
    look(gateway, seen(ONLINE))
    assert open_alerts() == []


def test_a_refused_line_says_what_to_check(gateway: Gateway, north: Connection) -> None:
    dead = Connection.Status.DEAD
    Connection.objects.update(status=dead, status_since=timezone.now() - timedelta(seconds=3))
    look(gateway, seen(dead))
    assert "Check its user name and password" in Alert.objects.get().sentence


def test_a_line_or_gateway_taken_out_of_use_closes_its_alarm(gateway: Gateway, north: Connection) -> None:
    Connection.objects.update(status=LOST, status_since=timezone.now() - timedelta(seconds=3))
    look(gateway, seen(LOST))
    look(gateway, GatewayStatus(Gateway.Status.DOWN, 0, 0, 0))
    assert open_alerts() != []
    Gateway.objects.update(is_enabled=False)
    assert watch.watch_gateways() == {}
    assert open_alerts() == []


@pytest.fixture
def denying_port() -> Iterator[int]:
    """Refuses every password, as bearerbox does: with HTTP 200."""

    def answer(server: socket.socket) -> None:
        peer, _ = server.accept()
        with peer:
            peer.recv(4096)
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nDenied")

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=answer, args=(server,), daemon=True).start()
        yield server.getsockname()[1]


def test_a_refused_password_is_not_told_as_a_gateway_that_must_be_started(
    gateway: Gateway, denying_port: int
) -> None:
    Gateway.objects.update(admin_port=denying_port)
    assert watch.watch_gateways() == {"main": "down"}
    assert "refuses our status password" in Alert.objects.get(closed_at=None).sentence


def running_for(seconds: float) -> GatewayStatus:
    return GatewayStatus(Gateway.Status.RUNNING, int(seconds), 0, 0)


def seconds_ago(**moments: float) -> None:
    now = timezone.now()
    Gateway.objects.update(**{name: now - timedelta(seconds=ago) for name, ago in moments.items()})


def test_a_bearerbox_that_began_anew_between_two_looks_is_told_and_counted(gateway: Gateway) -> None:
    look(gateway, running_for(600))
    look(gateway, running_for(601))
    assert open_alerts() == []
    look(gateway, running_for(1))
    look(gateway, running_for(2))
    alert = Alert.objects.get()
    assert (alert.cause, alert.times) == ("restarted:main", 1)
    assert "The bearerbox of gateway main ended and began anew at" in alert.sentence
    gateway.refresh_from_db()
    assert gateway.restarts == 1
    assert gateway.started_at is not None
    assert timezone.now() - gateway.started_at < timedelta(seconds=10)


def test_each_further_end_of_a_bearerbox_is_told_again(gateway: Gateway) -> None:
    for uptime in (600, 1):
        look(gateway, running_for(uptime))
    seconds_ago(started_at=60)
    look(gateway, running_for(1))
    assert Alert.objects.get().times == 2


def test_that_a_bearerbox_began_anew_is_no_news_after_half_an_hour(gateway: Gateway) -> None:
    for uptime in (600, 1):
        look(gateway, running_for(uptime))
    seconds_ago(started_at=1900)
    look(gateway, running_for(1900))
    assert open_alerts() == []


def test_a_restart_that_applies_a_change_is_counted_and_alarms_nobody(gateway: Gateway) -> None:
    look(gateway, running_for(600))
    ApplyRun.objects.create(gateway=gateway, state="running")
    look(gateway, running_for(1))
    gateway.refresh_from_db()
    assert (gateway.restarts, open_alerts()) == (1, [])


def test_a_bearerbox_that_does_not_say_since_when_it_runs_proves_nothing(gateway: Gateway) -> None:
    look(gateway, running_for(600))
    look(gateway, GatewayStatus(Gateway.Status.SUSPENDED, 0, 0, 0))
    gateway.refresh_from_db()
    assert gateway.restarts == 0


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch, gateway: Gateway) -> dict[str, bool]:
    """A running bearerbox; whether its smsbox answers is what the test says."""
    box = {"answers": True}
    monkeypatch.setattr(watch, "poll", lambda gateway: running_for(60))
    monkeypatch.setattr(watch, "smsbox_answers", lambda gateway: box["answers"])
    return box


@pytest.mark.parametrize("needs", [{"smsbox_id": "main-http"}, {"transport": "sendsms"}])
def test_an_smsbox_that_is_needed_and_silent_is_told_until_it_answers(
    answering: dict[str, bool], client: Client, needs: dict[str, str]
) -> None:
    Gateway.objects.update(**needs)
    answering["answers"] = False
    watch.watch_gateways()
    assert open_alerts() == ["smsbox:main"]
    found = client.get("/health/").json()["gateways"]
    assert (found["ok"], found["silent_smsboxes"]) == (False, ["main"])
    answering["answers"] = True
    watch.watch_gateways()
    assert open_alerts() == []
    assert client.get("/health/").json()["gateways"]["ok"]


def test_an_smsbox_that_nobody_needs_may_be_silent(answering: dict[str, bool]) -> None:
    answering["answers"] = False
    watch.watch_gateways()
    assert open_alerts() == []
