"""Tokens are fetched, kept while they hold, and fetched again when the operator no longer takes them."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from kannel.adapters import carrying, trouble
from kannel.adapters.answers import Outcome
from kannel.adapters.checks import problems
from kannel.adapters.lines import Line
from kannel.adapters.presets import PRESETS, preset
from kannel.adapters.private import PrivateMemory
from kannel.adapters.trying import PASSWORD, SAMPLE, USERNAME, line_to
from kannel.models import Adapter

FORM = "grant_type=client_credentials\nclient_id={username}\nclient_secret={password}"
TAKEN = {"messages": [{"messageId": "7", "status": {"groupName": "PENDING"}}]}


@dataclass
class Operator:
    """Gives the tokens t1, t2 … and takes messages with the newest one only."""

    port: int = 0
    token_status: int = 200
    lifetime: int = 3600
    given: int = 0
    asked: list[str] = field(default_factory=list)

    def answer(self, path: str, authorization: str, body: bytes) -> tuple[int, dict[str, object]]:
        if path == "/token":
            self.given += 1
            self.asked.append(body.decode())
            return self.token_status, {"access_token": f"t{self.given}", "expires_in": self.lifetime}
        is_right = authorization == f"Bearer t{self.given}"
        return (200, dict(TAKEN)) if is_right else (401, {})


@pytest.fixture
def operator() -> Iterator[Operator]:
    told = Operator()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            head = self.headers.get("Authorization", "")
            status, answer = told.answer(self.path, head, self.rfile.read(length))
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *words: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    told.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield told
    server.shutdown()
    server.server_close()


@pytest.fixture
def troubles(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(trouble, "note", lambda name, kind: found.append(kind))
    return found


def line(operator: Operator, body: str = FORM) -> Line:
    adapter = preset("json")
    adapter.token_path, adapter.token_body, adapter.token_at = "/token", body, "access_token"
    return line_to(adapter, operator.port)


def send(one: Line) -> Outcome:
    return carrying._asked(one, SAMPLE).outcome


def test_a_token_is_fetched_once_and_used(operator: Operator, troubles: list[str]) -> None:
    one = line(operator)
    assert [send(one), send(one)] == [Outcome.TAKEN] * 2
    assert operator.given == 1
    assert operator.asked == [f"grant_type=client_credentials&client_id={USERNAME}&client_secret={PASSWORD}"]


def test_a_login_in_json_gives_one_too(operator: Operator, troubles: list[str]) -> None:
    one = line(operator, '{"login": "{username}", "password": "{password}"}')
    assert send(one) is Outcome.TAKEN
    assert json.loads(operator.asked[0]) == {"login": USERNAME, "password": PASSWORD}


def test_a_token_that_the_operator_took_back_is_renewed(operator: Operator, troubles: list[str]) -> None:
    one = line(operator)
    send(one)
    operator.given = 5
    assert send(one) is Outcome.LATER
    assert send(one) is Outcome.TAKEN
    assert (operator.given, troubles) == (6, [])


def test_a_token_is_renewed_before_its_end(
    operator: Operator, troubles: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = line(operator)
    send(one)
    monkeypatch.setattr(one.tokens, "_until", 0.0)
    assert send(one) is Outcome.TAKEN
    assert operator.given == 2


def test_an_account_without_a_token_is_in_trouble(operator: Operator, troubles: list[str]) -> None:
    operator.token_status = 401
    assert send(line(operator)) is Outcome.LATER
    assert troubles == [trouble.ACCOUNT]


@pytest.mark.parametrize("status", [500, 503])
def test_without_a_token_for_now_nothing_leaves(status: int, operator: Operator, troubles: list[str]) -> None:
    operator.token_status = status
    assert send(line(operator)) is Outcome.LATER
    assert troubles == []


def test_an_answer_of_the_operator_that_asks_to_wait_is_obeyed(operator: Operator) -> None:
    one = line(operator)
    one.pause.ask("30")
    assert carrying.carry(one, SAMPLE, PrivateMemory()).startswith("LATER the operator asks for")
    assert operator.given == 0


@pytest.mark.parametrize(
    ("values", "field_name"),
    [
        ({"token_at": "access_token"}, "token_path"),
        ({"token_path": "/token", "token_body": "a={username}"}, "token_at"),
        ({"token_path": "token", "token_body": "a={username}", "token_at": "a"}, "token_path"),
        ({"token_path": "/token", "token_body": "", "token_at": "a"}, "token_body"),
        ({"token_path": "/token", "token_body": "a={text}", "token_at": "a"}, "token_body"),
        ({"token_path": "/token", "token_body": "a={username}", "token_at": "a b"}, "token_at"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(values: dict[str, str], field_name: str) -> None:
    assert list(problems(Adapter(**{**PRESETS["json"][1], **values}))) == [field_name]
