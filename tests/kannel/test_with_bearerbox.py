"""The contract with Kannel itself: what bearerbox and smsbox really do with what we send and render."""

import time
import uuid
from pathlib import Path

import pytest
import requests
from django.core.management import call_command
from pytest_django import Settings

from kannel import administration, sendsms
from kannel.dlr_urls import dlr_url, inbound_secret, token
from kannel.link import Link
from kannel.models import Connection, Event, Gateway
from kannel.sendsms import Outcome, Submission
from kannel.simulator import control
from kannel.wire import Nack, Sms, SmsType
from tests.kannel.endpoint import endpoint_at
from tests.kannel.house import Kannel, listening, until

ACCEPTED, DELIVERED, REJECTED = 8, 1, 16


def push(
    gateway: Gateway, connection: str, message_id: int, *, url: str | None = None, **values: object
) -> Sms:
    fields: dict[str, object] = {
        "sender": b"Parley",
        "receiver": f"+7916{message_id:07d}".encode(),
        "msgdata": b"hello",
        "time": int(time.time()),
        "smsc_id": connection.encode(),
        "id": uuid.UUID(int=message_id << 64 | 1),
        "sms_type": SmsType.PUSH,
        "coding": 0,
        "dlr_mask": 27,
        "dlr_url": (dlr_url(message_id, 1) if url is None else url).encode(),
        "boxc_id": gateway.reports_to.encode(),
        "priority": 1,
    }
    return Sms(**(fields | values))  # type: ignore[arg-type]


def submit(gateway: Gateway, *messages: Sms) -> dict[uuid.UUID, int]:
    """Hands messages over and waits for all answers."""
    link = Link(gateway.host, gateway.box_port, "send-test")
    link.connect()
    answers: dict[uuid.UUID, int] = {}
    link.submit_many(messages)
    until(lambda: answers.update(link.answers(0.1)) or len(answers) == len(messages))
    link.close()
    return answers


def reports_of(message_id: int) -> list[int]:
    return sorted(
        value
        for value in Event.objects.filter(message_id=message_id).values_list("dlr_type", flat=True)
        if value is not None
    )


@pytest.mark.parametrize("connection", ["north-1", "south-1"])
def test_a_message_is_answered_and_its_reports_become_events(connection: str, kannel: Kannel) -> None:
    gateway, _, _ = kannel.saved()
    with listening(gateway):
        sms = push(gateway, connection, 101)
        assert submit(gateway, sms) == {sms.id: Nack.SUCCESS}
        until(lambda: reports_of(101) == [DELIVERED, ACCEPTED])
    event = Event.objects.filter(dlr_type=DELIVERED).get()
    assert (event.attempt, event.connection_name, event.gateway_id) == (1, connection, gateway.pk)
    assert "text:" not in event.text


def test_a_refused_message_gives_one_report_that_says_so(kannel: Kannel) -> None:
    gateway, _, _ = kannel.saved()
    control.set_behaviour(kannel.controls["north"], rejected=1.0)
    try:
        with listening(gateway):
            submit(gateway, push(gateway, "north-1", 102))
            until(lambda: reports_of(102) == [REJECTED])
    finally:
        control.set_behaviour(kannel.controls["north"], rejected=0.0)
    assert Event.objects.get().text.startswith("NACK/")


def test_a_message_for_no_connection_is_refused_at_once(kannel: Kannel) -> None:
    gateway, _, _ = kannel.saved()
    sms = push(gateway, "nowhere", 103)
    assert submit(gateway, sms) == {sms.id: Nack.FAILED}


def test_reports_wait_for_the_listener_and_come_with_the_same_id(kannel: Kannel) -> None:
    gateway, _, _ = kannel.saved()
    submit(gateway, push(gateway, "north-1", 104))
    until(lambda: len(administration.store(gateway).our_reports) == 2)
    waiting = administration.store(gateway).our_reports
    with listening(gateway):
        until(lambda: reports_of(104) == [DELIVERED, ACCEPTED])
    assert set(Event.objects.values_list("kannel_id", flat=True)) == waiting


def test_what_bearerbox_has_taken_survives_its_death(kannel: Kannel) -> None:
    gateway, _, _ = kannel.saved()
    control.cut(kannel.controls["north"])
    try:
        sms = push(gateway, "north-1", 105)
        assert submit(gateway, sms)[sms.id] in (Nack.SUCCESS, Nack.BUFFERED)
        assert sms.id in administration.store_ids(gateway)
        kannel.kill("bearerbox")
    finally:
        control.restore(kannel.controls["north"])
    kannel.start_bearerbox()
    with listening(gateway):
        until(lambda: reports_of(105) == [DELIVERED, ACCEPTED], 40)


def test_the_listener_comes_back_after_bearerbox_died(kannel: Kannel) -> None:
    gateway, _, _ = kannel.saved()
    with listening(gateway):
        submit(gateway, push(gateway, "north-1", 107))
        until(lambda: reports_of(107) == [DELIVERED, ACCEPTED], 40)
        kannel.kill("bearerbox")
        kannel.start_bearerbox()
        submit(gateway, push(gateway, "north-1", 106))
        until(lambda: reports_of(106) == [DELIVERED, ACCEPTED], 40)


def test_a_forged_address_is_counted_and_leaves_no_event(
    kannel: Kannel, caplog: pytest.LogCaptureFixture
) -> None:
    gateway, _, _ = kannel.saved()
    with listening(gateway):
        submit(gateway, push(gateway, "north-1", 107, url="http://127.0.0.1/kannel/dlr/forged"))
        submit(gateway, push(gateway, "north-1", 108))
        until(lambda: reports_of(108) == [DELIVERED, ACCEPTED])
        until(lambda: caplog.text.count("forged_token") >= 2)
    assert not Event.objects.filter(message_id=107).exists()


@pytest.mark.parametrize("text", ["STOP", "СТОП, хватит"])
def test_an_inbound_message_becomes_an_event(text: str, kannel: Kannel) -> None:
    gateway, _, _ = kannel.saved()
    with listening(gateway):
        control.inbound(kannel.controls["north"], "+79160000001", "1234", text)
        until(lambda: Event.objects.filter(kind=Event.Kind.INBOUND).exists())
    event = Event.objects.get(kind=Event.Kind.INBOUND)
    assert (event.sender, event.recipient.lstrip("+"), event.text) == ("+79160000001", "1234", text)


def test_a_real_smsbox_calls_the_endpoint_for_reports_and_inbound_messages(
    kannel: Kannel, settings: Settings
) -> None:
    gateway, _, _ = kannel.saved(smsbox_id="main-http")
    with endpoint_at(kannel, settings) as address:
        settings.KANNEL_DLR_BASE_URL = address
        submit(
            gateway,
            push(gateway, "north-1", 109, url=dlr_url(109, 1, for_smsbox=True)),
            push(gateway, "south-1", 110, url=dlr_url(110, 1, for_smsbox=True)),
        )
        until(lambda: reports_of(109) == [DELIVERED, ACCEPTED], 30)
        until(lambda: reports_of(110) == [DELIVERED, ACCEPTED], 30)
        control.inbound(kannel.controls["north"], "+79160000002", "1234", "STOP")
        until(lambda: Event.objects.filter(kind=Event.Kind.INBOUND).exists())
        assert requests.get(f"{address}/kannel/dlr/{token(1, 1)[:-2]}xx?type=8", timeout=5).status_code == 403
        assert requests.get(f"{address}/kannel/dlr/{token(1, 1)}?type=0", timeout=5).status_code == 400
    assert Event.objects.get(kind=Event.Kind.INBOUND).text == "STOP"
    assert set(Event.objects.values_list("gateway_id", flat=True)) == {gateway.pk}


def test_sendsms_hands_over_and_the_reports_come_back(kannel: Kannel, settings: Settings) -> None:
    gateway, _, _ = kannel.saved(smsbox_id="main-http", transport="sendsms")
    with endpoint_at(kannel, settings) as address, requests.Session() as session:
        settings.KANNEL_DLR_BASE_URL = address

        def send(message_id: int, **values: object) -> Outcome:
            fields = {
                "sender": "Parley",
                "receiver": "+79160000003",
                "text": "привет €",
                "coding": 2,
                "connection_name": "north-1",
                "dlr_url": dlr_url(message_id, 1, for_smsbox=True),
                "validity_minutes": 10,
                "priority": 1,
            }
            return sendsms.submit(gateway, Submission(**(fields | values)), session)  # type: ignore[arg-type]

        assert send(111) == Outcome.TAKEN
        assert send(112, connection_name="nowhere") == Outcome.REFUSED
        until(lambda: reports_of(111) == [DELIVERED, ACCEPTED], 30)
    assert inbound_secret() not in (kannel.folder / "smsbox.out").read_text()


def test_a_sendsms_port_that_nobody_listens_on_took_nothing() -> None:
    nobody = Gateway(host="127.0.0.1", sendsms_port=1)
    submission = Submission("Parley", "+79160000003", "x", 0, "north-1", "http://x/", 1, 1)
    with requests.Session() as session:
        assert sendsms.submit(nobody, submission, session) == Outcome.NOT_NOW


def test_the_state_of_gateway_and_links_is_read(kannel: Kannel) -> None:
    gateway, _, _ = kannel.saved()
    state = administration.poll(gateway)
    assert state.status == Gateway.Status.RUNNING
    assert {name: link.status for name, link in state.connections.items()} == {
        "north-1": Connection.Status.ONLINE,
        "south-1": Connection.Status.ONLINE,
    }
    control.cut(kannel.controls["north"])
    try:
        until(lambda: administration.poll(gateway).connections["north-1"].status != Connection.Status.ONLINE)
    finally:
        control.restore(kannel.controls["north"])
    until(lambda: administration.poll(gateway).connections["north-1"].status == Connection.Status.ONLINE, 30)


def test_a_wrong_password_is_told_from_a_gateway_that_is_down(kannel: Kannel, settings: Settings) -> None:
    gateway, _, _ = kannel.saved()
    settings.KANNEL_STATUS_PASSWORD = "another"
    with pytest.raises(administration.AccessDenied):
        administration.poll(gateway)
    gateway.admin_port = 1
    with pytest.raises(administration.GatewayDown):
        administration.poll(gateway)


def test_the_command_writes_a_configuration_that_only_its_owner_reads(kannel: Kannel, tmp_path: Path) -> None:
    kannel.saved()
    call_command("render_kannel", "main", directory=tmp_path / "kannel")
    path = tmp_path / "kannel" / "kannel.conf"
    assert path.stat().st_mode & 0o777 == 0o600
    assert 'smsc-id = "north-1"' in path.read_text()
