import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from kannel.simulator.behaviour import Behaviour
from kannel.simulator.http import HttpOperator
from kannel.simulator.record import Record, counts, read
from tests.kannel.simulator.operators import running, wait_for

NUMBER = "+79120000001"


class Kannel(ThreadingHTTPServer):
    """Takes callbacks as Kannel's generic driver does; `answers` come first, then "Sent"."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.calls: list[dict[str, str]] = []
        self.answers: list[bytes] = []
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"

    def stop(self) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        kannel = self.server
        assert isinstance(kannel, Kannel)
        kannel.calls.append({name: value[0] for name, value in parse_qs(urlsplit(self.path).query).items()})
        answer = kannel.answers.pop(0) if kannel.answers else b"Sent"
        if answer == b"hang up":
            self.close_connection = True
            return
        self.send_response(202)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def kannel() -> Iterator[Kannel]:
    kannel = Kannel()
    yield kannel
    kannel.stop()


@pytest.fixture
def start(stack: ExitStack, kannel: Kannel, record_path: Any) -> Callable[..., HttpOperator]:
    def start_operator(username: str = "", receipt_url: str = kannel.url, **behaviour: Any) -> HttpOperator:
        operator = HttpOperator(
            "south",
            Behaviour(**behaviour),
            Record(record_path),
            0,
            receipt_url=receipt_url,
            username=username,
            password="secret",
        )
        stack.enter_context(running(operator))
        return operator

    return start_operator


def send(operator: HttpOperator, query: str = "", timeout_seconds: float = 3, **values: str) -> str:
    query = query or urlencode({"to": NUMBER, "from": "Parley", "text": "Hello"} | values)
    url = f"http://127.0.0.1:{operator.port}/send?{query}"
    with urllib.request.urlopen(url, timeout=timeout_seconds) as answer:
        return str(answer.read().decode())


def talk(operator: HttpOperator, request: bytes) -> bytes:
    """Everything the operator says to these octets until it closes or is silent for a moment."""
    with socket.create_connection(("127.0.0.1", operator.port), 3) as connection:
        connection.sendall(request)
        connection.settimeout(0.3)
        said = b""
        try:
            while data := connection.recv(1 << 16):
                said += data
        except (TimeoutError, ConnectionError):
            pass
        return said


def test_a_message_is_answered_with_an_id_and_its_receipt_names_it(
    start: Callable[..., HttpOperator], kannel: Kannel
) -> None:
    word, message_id = send(start()).split()

    assert word == "OK"
    wait_for(lambda: kannel.calls)
    assert kannel.calls[0]["dlr-mid"] == message_id
    assert kannel.calls[0]["dlr-mask"] == "1"
    assert "stat:DELIVRD" in kannel.calls[0]["text"]


@pytest.mark.parametrize(("share", "mask"), [("undelivered", "2"), ("expired", "34")])
def test_a_message_that_does_not_arrive_is_reported_so(
    start: Callable[..., HttpOperator], kannel: Kannel, share: str, mask: str
) -> None:
    send(start(**{share: 1}))

    wait_for(lambda: kannel.calls)
    assert kannel.calls[0]["dlr-mask"] == mask


def test_a_rejected_message_is_answered_with_an_error(start: Callable[..., HttpOperator]) -> None:
    assert send(start(rejected=1)) == "ERROR 11 invalid number"


@pytest.mark.parametrize(
    ("share", "answer"), [("throttled", "BUSY throttled"), ("queue_full", "BUSY queue full")]
)
def test_pressure_refuses_a_message_once(start: Callable[..., HttpOperator], share: str, answer: str) -> None:
    operator = start(**{share: 1})

    assert send(operator) == answer
    assert send(operator).startswith("OK ")


def test_a_wrong_password_is_refused_and_the_right_one_goes_back_too(
    start: Callable[..., HttpOperator], kannel: Kannel
) -> None:
    operator = start(username="parley")

    assert send(operator, username="parley", password="wrong").startswith("ERROR 1 ")
    assert send(operator, username="parley", password="secret").startswith("OK ")
    wait_for(lambda: kannel.calls)
    assert (kannel.calls[0]["username"], kannel.calls[0]["password"]) == ("parley", "secret")


@pytest.mark.parametrize("query", ["to=1", "text=Hello", "to=1&text=a&coding=x", "to=1&text=a&udh=%09"])
def test_wrong_parameters_are_answered_with_an_error(start: Callable[..., HttpOperator], query: str) -> None:
    assert send(start(), query) == "ERROR 2 wrong parameters"


def test_no_receipt_comes_when_none_is_asked_for(start: Callable[..., HttpOperator], kannel: Kannel) -> None:
    operator = start()

    send(operator, **{"dlr-mask": "0"})
    send(operator, to="+79120000002")

    wait_for(lambda: kannel.calls)
    assert [call["to"] for call in kannel.calls] == ["+79120000002"]


def test_an_unanswered_message_is_taken(start: Callable[..., HttpOperator], record_path: Any) -> None:
    operator = start(unanswered=1)

    with pytest.raises(TimeoutError):
        send(operator, timeout_seconds=0.2)

    assert send(operator).startswith("OK ")
    wait_for(lambda: counts(record_path).messages[NUMBER] == 2)


def test_the_connection_drops_at_every_second_message(
    start: Callable[..., HttpOperator], record_path: Any
) -> None:
    operator = start(drop_every=2)

    send(operator)
    with pytest.raises((OSError, urllib.error.URLError)):
        send(operator)

    wait_for(lambda: counts(record_path).messages[NUMBER] == 2)


def test_an_early_receipt_is_sent_at_once(start: Callable[..., HttpOperator], kannel: Kannel) -> None:
    send(start(early_receipts=1, receipt_delay_min_seconds=60, receipt_delay_max_seconds=60))

    wait_for(lambda: kannel.calls)


def test_a_customer_answers(start: Callable[..., HttpOperator], kannel: Kannel) -> None:
    send(start(reply=1, reply_text="СТОП & €"))

    wait_for(lambda: len(kannel.calls) == 2)
    assert {"from": NUMBER, "to": "Parley", "text": "СТОП & €"} in kannel.calls


def test_octets_of_a_part_with_a_header_are_read_as_they_come(
    start: Callable[..., HttpOperator], record_path: Any
) -> None:
    operator = start()

    send(operator, "to=%2B79120000001&from=Parley&coding=2&udh=%05%00%03%2A%02%01&text=%04%14%00+")

    wait_for(lambda: list(read(record_path)))
    [part] = read(record_path)
    assert (part.reference, part.total, part.part, part.coding) == (42, 2, 1, 2)


def test_a_form_may_be_posted_and_requests_pipelined(start: Callable[..., HttpOperator]) -> None:
    post = b"POST /send HTTP/1.1\r\nHost: x\r\nContent-Length: 16\r\n\r\nto=%2B7912&text="
    get = b"GET /send?to=7913&text=a HTTP/1.1\r\n\r\n"

    assert talk(start(), post + get).count(b"\r\n\r\nOK ") == 2


def test_a_request_in_two_pieces_is_understood(start: Callable[..., HttpOperator]) -> None:
    with socket.create_connection(("127.0.0.1", start().port), 3) as connection:
        connection.sendall(b"POST /send HTTP/1.1\r\nContent-Length: 14\r\n")
        connection.settimeout(0.1)
        with pytest.raises(TimeoutError):
            connection.recv(100)
        connection.sendall(b"\r\nto=7912&")
        with pytest.raises(TimeoutError):
            connection.recv(100)
        connection.sendall(b"text=a")
        connection.settimeout(3)
        assert b"OK " in connection.recv(1000)


def test_what_is_no_request_is_answered_so(start: Callable[..., HttpOperator]) -> None:
    assert talk(start(), b"DELETE / HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "request_octets",
    [
        b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n",
        b"x" * 70_000,
    ],
)
def test_an_oversized_request_ends_the_connection(
    start: Callable[..., HttpOperator], request_octets: bytes
) -> None:
    assert talk(start(), request_octets) == b""


def test_a_refused_receipt_is_tried_three_times(start: Callable[..., HttpOperator], kannel: Kannel) -> None:
    kannel.answers = [b"Unknown DLR, not accepted"] * 3
    operator = start()

    send(operator)

    wait_for(lambda: operator.counts["receipts refused"] == 1)
    assert len(kannel.calls) == 3


def test_a_receipt_is_tried_until_kannel_is_back(start: Callable[..., HttpOperator], kannel: Kannel) -> None:
    kannel.stop()
    operator = start()
    send(operator)
    wait_for(lambda: operator.waiting() == 1)

    back = Kannel(kannel.server_port)

    wait_for(lambda: len(back.calls) == 1)
    wait_for(lambda: operator.waiting() == 0)
    back.stop()


def test_a_receipt_is_sent_again_after_the_connection_broke(
    start: Callable[..., HttpOperator], kannel: Kannel
) -> None:
    kannel.answers = [b"hang up"]
    operator = start()

    send(operator)

    wait_for(lambda: operator.counts["receipts accepted"] == 1)
    assert len(kannel.calls) == 2


def test_without_a_receipt_address_receipts_are_only_counted(start: Callable[..., HttpOperator]) -> None:
    operator = start(receipt_url="")

    send(operator)

    wait_for(lambda: operator.counts["receipts without an address"] == 1)
    assert operator.waiting() == 0


def test_a_wrong_receipt_address_is_refused() -> None:
    with pytest.raises(ValueError, match="must be like http://127"):
        HttpOperator("south", Behaviour(), Record(None), 0, receipt_url="127.0.0.1:14000")
