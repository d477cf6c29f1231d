"""A Kannel of its own whose file is changed while it runs, started again by a supervisor as in production."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from kannel import administration, applying, configuration
from kannel.models import ApplyRun, Connection, Gateway
from tests.kannel.house import Kannel, kannel_in, until
from tests.mailings.conftest import gateway, north, south  # noqa: F401  two operators and their lines


@dataclass
class Lines:
    """A running Kannel with its rows, and what a person does with them."""

    kannel: Kannel
    gateway: Gateway
    north: Connection
    south: Connection

    @property
    def folder(self) -> Path:
        return self.kannel.folder

    def wish(self, row: Connection | Gateway, **values: object) -> None:
        """What the form does: leaves a draft."""
        row.refresh_from_db()
        wanted = row.wanted()
        for name, value in values.items():
            setattr(wanted, name, value)
        row.put_draft(wanted, None)

    def add(self, name: str, **values: object) -> Connection:
        """A new connection to the same operator as north, as a draft."""
        fields = {
            "gateway": self.gateway,
            "operator": self.north.operator,
            "kind": "smpp",
            "host": "127.0.0.1",
            "port": self.kannel.north.port,
            "username": "parley",
            "password": "secret",
            "throughput_per_second": 1000,
        }
        row = Connection.objects.create(**(fields | {"name": name, "is_enabled": False} | values))
        self.wish(row, is_enabled=True)
        return row

    def apply(self, **options: bool) -> ApplyRun:
        """Presses the button and waits for the end."""
        self.gateway.refresh_from_db()
        run = applying.start(self.gateway, None, **options)
        done = applying.do(run.pk, self.folder)
        assert done is not None
        return done

    def status(self) -> dict[str, str]:
        """Each connection as Kannel sees it now."""
        seen = administration.poll(self.gateway).connections
        return {name: one.status.value for name, one in seen.items()}

    def file(self) -> str:
        return (self.folder / "kannel.conf").read_text()


@dataclass
class Supervisor:
    """Starts bearerbox again when it ends, as circus and systemd do."""

    kannel: Kannel
    stopping: threading.Event = field(default_factory=threading.Event)
    starts: int = 0

    def run(self) -> None:
        while not self.stopping.wait(0.1):
            process = self.kannel.processes.get("bearerbox")
            if process is not None and process.poll() is not None:
                self.starts += 1
                self.kannel._start("bearerbox", "/usr/sbin/bearerbox")


@contextmanager
def supervised(kannel: Kannel) -> Iterator[Supervisor]:
    supervisor = Supervisor(kannel)
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    try:
        yield supervisor
    finally:
        supervisor.stopping.set()
        thread.join(5)


@pytest.fixture(scope="package")
def changing_kannel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kannel]:
    with kannel_in(tmp_path_factory.mktemp("changing")) as kannel:
        yield kannel


@pytest.fixture
def lines(changing_kannel: Kannel, transactional_db: None, settings: Settings) -> Lines:
    """Both lines online and applied. Whatever a test does to Kannel is undone after it."""
    settings.KANNEL_EVENTS_COMMITTED = {}
    lines = Lines(changing_kannel, *changing_kannel.saved(box_id="parley"))
    text = configuration.render(lines.gateway, [lines.north, lines.south], lines.folder)
    lines.gateway.applied, lines.gateway.applied_at = text, timezone.now()
    lines.gateway.save()
    if lines.file() != text or changing_kannel.processes["bearerbox"].poll() is not None:
        _start_again(changing_kannel, text)
    until(lambda: set(lines.status().values()) == {"online"}, 30)
    return lines


def _start_again(kannel: Kannel, text: str) -> None:
    process = kannel.processes.pop("bearerbox")
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    configuration.write(text, kannel.folder / "kannel.conf")
    kannel.start_bearerbox()
