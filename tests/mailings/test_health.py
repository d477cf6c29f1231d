from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from huey.contrib.djhuey import HUEY
from pytest_django import Settings

from backoffice.mailings import pulse
from backoffice.mailings.models import Message
from kannel.models import Connection, Event, Gateway, Process

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def empty_queue() -> None:
    HUEY.flush()
    cache.delete(pulse.BEAT_KEY)


def test_a_house_in_order_is_well(client: Client, north: Connection) -> None:
    pulse.mark()
    for kind, about in (("pulse", ""), ("worker", ""), ("listener", "main")):
        Process.objects.create(kind=kind, about=about, host="one", number=1, pid=1, born=1)
    answer = client.get("/health/")
    assert answer.status_code == 200
    assert answer.json()["ok"]
    assert answer.json()["gateways"]["gateways"] == {"main": "running"}


def test_without_a_pulse_it_is_not_well(client: Client) -> None:
    answer = client.get("/health/")
    assert (answer.status_code, answer.json()["huey"]["ok"]) == (503, False)


def test_a_gateway_that_is_down_is_said(client: Client, north: Connection) -> None:
    pulse.mark()
    Gateway.objects.update(status=Gateway.Status.DOWN)
    answer = client.get("/health/")
    assert (answer.status_code, answer.json()["gateways"]["gateways"]) == (503, {"main": "down"})


def test_an_event_that_nobody_applies_is_said(client: Client, north: Connection) -> None:
    pulse.mark()
    old = timezone.now() - timedelta(minutes=2)
    Event.objects.create(
        id=1 + (pulse_month() << 40),
        gateway=north.gateway,
        kind="report",
        kannel_id="12345678-1234-5678-1234-567812345678",
        message_id=1,
        connection_name="north-1",
        occurred_at=old,
        received_at=old,
    )
    answer = client.get("/health/")
    assert answer.status_code == 503
    assert answer.json()["events"]["oldest_waiting_seconds"] >= 120


def pulse_month() -> int:
    now = timezone.now()
    return (now.year - 2000) * 12 + now.month - 1


def test_without_redis_it_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HUEY.storage, "conn", type(HUEY.storage.conn)(host="127.0.0.1", port=1))
    answer = client.get("/health/")
    assert (answer.status_code, answer.json()["redis"]["error"]) == (503, "ConnectionError")


def test_metrics_need_the_token(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics/", headers={"Authorization": "Bearer "}).status_code == 403
    settings.METRICS_TOKEN = "open sesame"
    assert client.get("/metrics/").status_code == 403
    assert client.get("/metrics/", headers={"Authorization": "Bearer open sesame"}).status_code == 200


def test_metrics_tell_the_state_of_the_traffic(
    client: Client, settings: Settings, north: Connection, running: object, make_customer: object
) -> None:
    make_customer()  # type: ignore[operator]
    running()  # type: ignore[operator]
    assert Message.objects.count() == 1
    settings.METRICS_TOKEN = "open sesame"
    text = client.get("/metrics/", headers={"Authorization": "Bearer open sesame"}).content.decode()
    assert 'parley_messages_open{state="waiting"} 1.0' in text
    assert 'parley_connection_online{connection="north-1"} 1.0' in text
    assert 'parley_gateway_running{gateway="main"} 1.0' in text
    assert 'parley_up{part="database"} 1.0' in text
