"""The application of adapters once more, for connections to simulated operators: ports, memory and receipts of its own."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property

import uvicorn

from kannel.adapters.addresses import RECEIPTS, secret
from kannel.adapters.application import Adapters
from kannel.adapters.lines import Line, Lines
from kannel.adapters.memory import Memory
from kannel.models import Connection

START_SECONDS, STOP_SECONDS, LOOK_SECONDS = 10.0, 15.0, 0.02


class _Words:
    """What Redis is to the real one. Nothing that is played here may be taken for done there."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def set(self, name: str, value: bytes, *, ex: int, nx: bool = False, get: bool = False) -> bytes | None:
        with self._lock:
            before = self._kept.get(name)
            if before is None or not nx:
                self._kept[name] = value
            return before if get else None

    def delete(self, name: str) -> int:
        with self._lock:
            return int(self._kept.pop(name, None) is not None)


class PrivateMemory(Memory):
    """Kept in this process only."""

    def __init__(self) -> None:
        self.client = _Words()


@dataclass(frozen=True, eq=False)
class PrivateLine(Line):
    """A line whose operator is told to bring receipts here."""

    receipts_to: str = ""

    @cached_property
    def account(self) -> dict[str, str]:
        return {
            "username": self.username,
            "password": self.password,
            "token": "",
            "receipt_url": self.receipts_to,
        }


class FixedLines(Lines):
    """Lines that were given, and no others: nothing is read from the database."""

    def __init__(self, lines: Mapping[str, Line]) -> None:
        super().__init__()
        self._fixed = lines

    def get(self, name: str) -> Line | None:
        return self._fixed.get(name)


def receipts_address(connection: Connection, port: int) -> tuple[str, tuple[str, str]]:
    """Where the operator of a connection calls the application on this port, and with which header, if with any."""
    address, word = f"http://127.0.0.1:{port}{RECEIPTS}{connection.name}", secret(RECEIPTS, connection.name)
    header = connection.adapter.receipt_header if connection.adapter else ""
    return (address, (header, word)) if header else (f"{address}/{word}", ("", ""))


def line_of(connection: Connection, port: int) -> PrivateLine:
    """The connection as the application on this port carries it. Raises ConfigurationError."""
    return replace(PrivateLine.of(connection), receipts_to=receipts_address(connection, port)[0])


@contextmanager
def private_adapters(connections: Sequence[Connection], port: int) -> Iterator[None]:
    """The application on this port, for these connections.

    :raises OSError: when it does not start.
    :raises ConfigurationError: when an adapter makes no sense.
    """
    application = Adapters(PrivateMemory())
    application.lines = FixedLines({one.name: line_of(one, port) for one in connections})
    settings = uvicorn.Config(
        application, host="127.0.0.1", port=port, log_level="warning", access_log=False, lifespan="off"
    )
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + START_SECONDS
        while not server.started:
            if time.monotonic() > deadline or not thread.is_alive():
                raise OSError("the application of adapters did not start")
            time.sleep(LOOK_SECONDS)
        yield
    finally:
        server.should_exit = True
        thread.join(STOP_SECONDS)
        for pool in (application.reading, application.bringing, *application.threads.values()):
            pool.shutdown(wait=False)
