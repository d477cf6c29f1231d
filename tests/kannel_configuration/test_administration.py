import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from pytest_django import Settings

from kannel import administration
from kannel.administration import AccessDenied, CommandRefused, GatewayDown
from kannel.models import Connection, Gateway
from tests.kannel.house import Kannel
from tests.kannel.simulator.operators import wait_for

ONE = uuid.UUID("01234567-89ab-cdef-0123-456789abcdef")


@contextmanager
def answering(body: str) -> Iterator[Gateway]:
    """A gateway whose admin port says ``body`` to everything, as no bearerbox in order would."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Gateway(name="main", admin_port=server.server_port)
    server.shutdown()
    server.server_close()


def status_of(kannel: Kannel, name: str) -> Connection.Status:
    return administration.poll(kannel.gateway()).connections[name].status


def test_a_connection_is_taken_out_and_put_in_again(kannel: Kannel) -> None:
    administration.remove_connection(kannel.gateway(), "south-1")
    assert set(administration.poll(kannel.gateway()).connections) == {"north-1"}
    administration.add_connection(kannel.gateway(), "south-1")
    wait_for(lambda: status_of(kannel, "south-1") == Connection.Status.ONLINE, 20)


def test_a_connection_that_is_not_there_is_not_taken_out(kannel: Kannel) -> None:
    with pytest.raises(CommandRefused, match="nowhere-1"):
        administration.remove_connection(kannel.gateway(), "nowhere-1")


def test_a_suspended_gateway_says_so_until_it_is_resumed(kannel: Kannel) -> None:
    administration.suspend(kannel.gateway())
    assert administration.poll(kannel.gateway()).status == Gateway.Status.SUSPENDED
    administration.resume(kannel.gateway())
    assert administration.poll(kannel.gateway()).status == Gateway.Status.RUNNING


def test_a_status_that_is_no_xml_is_read_as_far_as_it_goes() -> None:
    body = (
        "<gateway><status>running, uptime 1d 2h 3m 4s</status><sms><storesize>x</storesize></sms>"
        "<smscs><smsc><name>a & b</name><id>north-1</id><status>puzzled</status><queued>7</queued></smsc>"
    )
    with answering(body) as gateway:
        seen = administration.poll(gateway)
    assert (seen.uptime_seconds, seen.storesize) == (93_784, 0)
    assert seen.connections["north-1"].status == Connection.Status.UNKNOWN
    assert seen.connections["north-1"].queued == 7


def test_a_status_without_uptime_counts_none() -> None:
    with answering("<gateway><status>going down</status></gateway>") as gateway:
        seen = administration.poll(gateway)
    assert (seen.status, seen.uptime_seconds) == (Gateway.Status.SUSPENDED, 0)


def test_a_text_of_a_customer_cannot_spoil_the_store() -> None:
    body = (
        f"<gateway><message><id>{ONE}</id><type>DLR-MO</type><box-id>parley</box-id></message>"
        "<message><id>not an id</id><text>Denied</text></message></gateway>"
    )
    with answering(body) as gateway:
        store = administration.store(gateway)
        assert administration.store_ids(gateway) == {ONE}
    assert store.our_reports == {ONE}


@pytest.mark.parametrize(
    "body", ["Denied", "<gateway>\nDenied</gateway>", "<?xml?>\n<gateway>\nDenied</gateway>"]
)
def test_a_wrong_password_is_seen_in_whatever_form_it_is_refused(body: str) -> None:
    with answering(body) as gateway, pytest.raises(AccessDenied):
        administration.poll(gateway)


@pytest.mark.parametrize("ask", [administration.poll, administration.store, administration.suspend])
def test_no_error_shows_the_password(ask: Callable[[Gateway], object], settings: Settings) -> None:
    settings.KANNEL_STATUS_PASSWORD = settings.KANNEL_ADMIN_PASSWORD = "swordfish"
    with pytest.raises(GatewayDown) as error:
        ask(Gateway(name="main", admin_port=1))
    assert "swordfish" not in str(error.value)
    assert error.value.__suppress_context__


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with answering("<gateway><status>running</status></gateway>") as gateway:
        assert administration.poll(gateway).status == Gateway.Status.RUNNING


def test_an_smsbox_answers_whatever_it_says_and_one_that_stands_still_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(administration, "TIMEOUT_SECONDS", 0.2)
    with answering("Unknown request.") as gateway:
        gateway.sendsms_port = gateway.admin_port
        assert administration.smsbox_answers(gateway)
    # Listening, and never answering: what a stopped process looks like from outside.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert not administration.smsbox_answers(Gateway(sendsms_port=silent.getsockname()[1]))
    assert not administration.smsbox_answers(Gateway(sendsms_port=1))
