"""The contract with Kannel itself: what bearerbox and smsbox really do with what we send and render."""

import time
import uuid
from pathlib import Path

import pytest
import requests
from django.core.management import call_command
from pytest_django import Settings

from kannel import administration, sendsms
from kannel.dlr_keys import find, put_back
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


@pytest.mark.parametrize("word", ["UNKNOWN", "Enroute", "accepted"])
def test_after_a_word_on_the_way_kannel_still_knows_the_message(word: str, kannel: Kannel) -> None:
    gateway, _, _ = kannel.saved()
    port, text = kannel.controls["north"], "id:{} sub:001 dlvrd:000 stat:{} err:000 text:"
    control.set_behaviour(port, no_receipt=1.0)
    try:
        with listening(gateway):
            submit(gateway, push(gateway, "north-1", 121))
            until(lambda: reports_of(121) == [ACCEPTED])
            operator_id = Event.objects.get().smsc_message_id
            for times in (1, 2):
                control.inbound(port, "+79160000121", "Parley", text.format(operator_id, word), esm_class=4)
                until(lambda times=times: len(reports_of(121)) == 1 + times)
            control.inbound(port, "+79160000121", "Parley", text.format(operator_id, "DELIVRD"), esm_class=4)
            until(lambda: DELIVERED in reports_of(121))
    finally:
        control.set_behaviour(port, no_receipt=0.0)


WHOLE = "id:{} sub:001 dlvrd:001 submit date:2611301950 done date:2611301951 stat:DELIVRD err:000 text:Hi"


@pytest.mark.parametrize(
    ("text", "phone", "kinds"),
    [
        (WHOLE, "+79160000131", ["report", "report"]),
        ("id:{} stat:DELIVRD", "+79160000131", ["report", "report"]),
        ("id:{} stat:DELIVRD", "+79169999999", ["inbound", "report"]),
        ("my id:{} where is it", "+79160000131", ["inbound", "report"]),
    ],
)
def test_a_receipt_that_is_not_marked_as_one_is_known_by_its_words_and_number(
    text: str, phone: str, kinds: list[str], kannel: Kannel
) -> None:
    gateway, _, _ = kannel.saved()
    port = kannel.controls["north"]
    control.set_behaviour(port, no_receipt=1.0)
    try:
        with listening(gateway):
            submit(gateway, push(gateway, "north-1", 131))
            until(lambda: reports_of(131) == [ACCEPTED])
            operator_id = Event.objects.get().smsc_message_id
            control.inbound(port, phone, "1234", text.format(operator_id))
            until(lambda: Event.objects.count() == 2)
    finally:
        control.set_behaviour(port, no_receipt=0.0)
    assert sorted(Event.objects.values_list("kind", flat=True)) == kinds
    if kinds[0] == "report":
        found = Event.objects.get(dlr_type=DELIVERED)
        assert (found.message_id, found.attempt, found.sender, found.recipient) == (131, 1, "", "")
        assert "Hi" not in found.text


def test_a_whole_receipt_that_fits_no_message_is_no_reply_either(kannel: Kannel) -> None:
    gateway, _, _ = kannel.saved()
    with listening(gateway):
        control.inbound(kannel.controls["north"], "+79160000132", "1234", WHOLE.format("999999"))
        until(lambda: Event.objects.exists())
    event = Event.objects.get()
    assert (event.kind, event.message_id, event.dlr_type) == ("report", None, DELIVERED)


def test_an_id_is_found_in_the_forms_that_kannel_keeps(kannel: Kannel) -> None:
    gateway, _, _ = kannel.saved()
    report = Sms(
        sms_type=SmsType.REPORT, dlr_mask=2, smsc_id=b"north-1", foreign_id=b"6699",
        receiver=b"+79160000133", dlr_url=dlr_url(133, 2).encode(), msgdata=b"id:6699 stat:UNKNOWN",
    )  # fmt: skip
    assert put_back(gateway, [report]) == 1
    for form in ("6699", "006699", "1A2B", "1a2b"):
        assert find(gateway, "north-1", form, ("1234", "89160000133")) == (133, 2)
    assert find(gateway, "north-1", "6699", ("1234", "+79160000134")) is None
    assert find(gateway, "south-1", "6699", ("+79160000133",)) is None


def test_without_redis_a_word_on_the_way_is_kept_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    gateway = Gateway(name="main", redis_port=1)
    report = Sms(
        sms_type=SmsType.REPORT, dlr_mask=2, smsc_id=b"north-1", foreign_id=b"7", msgdata=b"id:7 stat:UNKNOWN"
    )
    assert put_back(gateway, [report]) == 0
    assert find(gateway, "north-1", "7", ("+79160000133",)) is None
    assert "keys_not_put_back" in caplog.text


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
