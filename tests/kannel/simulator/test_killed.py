"""An operator that is killed has in its record whatever it had answered: drills count by these records."""

import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from kannel.simulator import control, pdu
from kannel.simulator.record import read
from tests.kannel.simulator.operators import wait_for
from tests.kannel.simulator.smpp_client import SmppClient, submit_body
from tests.kannel.simulator.test_running import free_port

PARTS = 2000
# It dies as soon as so many are answered, in the middle of the others.
ANSWERED = 50
PASSWORD = "secret"


@contextmanager
def operator(role: str, record: Path) -> Iterator[tuple[int, Callable[[], None]]]:
    """An operator in a process of its own: its port, and how to kill it."""
    port, control_port = free_port(), free_port()
    words = [role, "--port", str(port), "--control-port", str(control_port), "--record", str(record)]
    with subprocess.Popen([sys.executable, "-m", "kannel.simulator", *words, "--password", PASSWORD]) as run:
        try:
            wait_for(lambda: _listens(control_port))
            yield port, run.kill
        finally:
            run.kill()


def _listens(port: int) -> bool:
    with suppress(control.ControlError):
        return bool(control.status(port, timeout_seconds=1))
    return False


def number(index: int) -> str:
    return f"+7912{index:07}"


def submits() -> bytes:
    return b"".join(
        pdu.pdu(pdu.SUBMIT_SM, 0, 1 + index, submit_body(number(index), b"Hello", registered=0))
        for index in range(PARTS)
    )


def calls() -> bytes:
    lines = (f"GET /send?to={number(index)[1:]}&text=Hello HTTP/1.1\r\n\r\n" for index in range(PARTS))
    return "".join(lines).encode()


def posts() -> bytes:
    found = []
    for index in range(PARTS):
        message = {"from": "Parley", "destinations": [{"to": number(index)[1:]}], "text": "Hello"}
        body = json.dumps({"messages": [message]})
        head = f"Authorization: App {PASSWORD}\r\nContent-Length: {len(body)}"
        found.append(f"POST /sms/2/text/advanced HTTP/1.1\r\n{head}\r\n\r\n{body}")
    return "".join(found).encode()


def told_by(
    line: socket.socket, asked: bytes, of_answer: "re.Pattern[bytes]", kill: Callable[[], None]
) -> set[str]:
    """The ids in everything the operator said until its end, which comes in the middle of its answers."""
    said, ids = b"", []
    line.settimeout(10)
    line.sendall(asked)
    with suppress(ConnectionError):
        while data := line.recv(4096):
            said += data
            ids = of_answer.findall(said)
            if len(ids) >= ANSWERED:
                kill()
    return {one.decode() for one in ids}


@pytest.mark.parametrize(
    ("role", "asked", "of_answer"),
    [
        ("smpp", submits, re.compile(rb"\x80\x00\x00\x04\0\0\0\0....([0-9]+)\0", re.DOTALL)),
        ("http", calls, re.compile(rb"OK ([0-9]+)")),
        ("api", posts, re.compile(rb'"messageId": "([0-9]+)"')),
    ],
)
def test_what_it_answered_before_it_was_killed_is_in_its_record(
    role: str, asked: Callable[[], bytes], of_answer: "re.Pattern[bytes]", tmp_path: Path
) -> None:
    record = tmp_path / "operator.record"
    with operator(role, record) as (port, kill):
        if role == "smpp":
            with SmppClient(port) as client:
                client.bind(password=PASSWORD.encode())
                told = told_by(client.line, asked(), of_answer, kill)
        else:
            with socket.create_connection(("127.0.0.1", port), 5) as line:
                told = told_by(line, asked(), of_answer, kill)

    assert len(told) >= ANSWERED
    assert told <= {part.message_id for part in read(record)}
