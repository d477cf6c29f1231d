"""A real Kannel for tests: bearerbox and smsbox as we render them, and two simulated operators inside this process."""

import itertools
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connections
from django.utils import timezone

from backoffice.operators.models import Operator
from kannel import administration, configuration
from kannel.listener import listen
from kannel.models import Connection, Gateway
from kannel.simulator.behaviour import Behaviour
from kannel.simulator.http import HttpOperator
from kannel.simulator.record import Record
from kannel.simulator.smpp import SmppOperator
from tests.beside import WORKER
from tests.kannel.simulator.gateway import Ports, free_ports
from tests.kannel.simulator.operators import running, wait_for

ONLINE_WITHIN_SECONDS = 30
_names = itertools.count(1)


@dataclass
class Kannel:
    """The running parts, and how to make the rows that fit them."""

    folder: Path
    ports: Ports
    north: SmppOperator
    south: HttpOperator
    controls: dict[str, int]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def gateway(self, **values: object) -> Gateway:
        """The row of this bearerbox, unsaved. Each one reports to a box of its own name."""
        redis = urlsplit(settings.REDIS_URL)
        return Gateway(
            **{
                "name": "main",
                "box_port": self.ports.box,
                "admin_port": self.ports.admin,
                "sendsms_port": self.ports.sendsms,
                "redis_port": redis.port,
                "redis_database": 9 + int(WORKER),
                "box_id": f"parley-{next(_names)}",
                "status": Gateway.Status.RUNNING,
                **values,
            }
        )

    def connections(self, gateway: Gateway, operator: Operator) -> tuple[Connection, Connection]:
        """The rows of both links, unsaved."""
        common = {
            "gateway": gateway,
            "operator": operator,
            "host": "127.0.0.1",
            "throughput_per_second": 1000,
            "status": Connection.Status.ONLINE,
            "seen_at": timezone.now(),
        }
        smpp = Connection(
            name="north-1", kind="smpp", port=self.north.port, username="parley", password="secret", **common
        )
        http = Connection(
            name="south-1",
            kind="http",
            port=self.south.port,
            path="/send",
            receipt_port=self.ports.receipts,
            success_regex="^OK",
            refused_regex="^ERROR",
            message_id_regex="^OK ([0-9A-F]+)",
            **common,
        )
        return smpp, http

    def saved(self, **values: object) -> tuple[Gateway, Connection, Connection]:
        """Gateway and links as rows of the database."""
        gateway = self.gateway(**values)
        gateway.save()
        operator, _ = Operator.objects.get_or_create(
            name="North", defaults={"receipt_margin": timedelta(hours=1)}
        )
        smpp, http = self.connections(gateway, operator)
        smpp.save()
        http.save()
        return gateway, smpp, http

    def start_bearerbox(self) -> None:
        self._start("bearerbox", "/usr/sbin/bearerbox")
        wait_for(self._is_online, ONLINE_WITHIN_SECONDS)

    def start_smsbox(self) -> None:
        self._start("smsbox", "/usr/sbin/smsbox")

    def kill(self, name: str) -> None:
        process = self.processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait(10)

    def _start(self, name: str, program: str) -> None:
        with (self.folder / f"{name}.out").open("ab") as output:
            self.processes[name] = subprocess.Popen(
                [program, "-v", "4", str(self.folder / "kannel.conf")], stdout=output, stderr=output
            )

    def _is_online(self) -> bool:
        try:
            seen = administration.poll(self.gateway()).connections
        except administration.AdministrationError:
            return False
        return [link.status for link in seen.values()] == [Connection.Status.ONLINE] * 2


@contextmanager
def kannel_in(folder: Path) -> Iterator[Kannel]:
    """Everything started and online; stopped at the end."""
    ports = free_ports()
    north = SmppOperator("north", Behaviour(), Record(folder / "north.record"), 0, password="secret")
    south = HttpOperator(
        "south",
        Behaviour(),
        Record(folder / "south.record"),
        0,
        receipt_url=f"http://127.0.0.1:{ports.receipts}/",
    )
    with ExitStack() as stack:
        controls = {
            "north": stack.enter_context(running(north)),
            "south": stack.enter_context(running(south)),
        }
        kannel = Kannel(folder, ports, north, south, controls)
        text = configuration.render(
            kannel.gateway(), kannel.connections(kannel.gateway(), Operator()), folder
        )
        configuration.write(text, folder / "kannel.conf")
        (folder / "store").mkdir()
        stack.callback(lambda: [kannel.kill(name) for name in list(kannel.processes)])
        kannel.start_bearerbox()
        yield kannel


@contextmanager
def listening(gateway: Gateway) -> Iterator[None]:
    """The listener of a gateway, in a thread, connected."""
    stopping = threading.Event()
    thread = threading.Thread(target=_listen, args=(gateway, stopping))
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(15)
        assert not thread.is_alive()


def _listen(gateway: Gateway, stopping: threading.Event) -> None:
    listen(gateway, stopping)
    connections.close_all()


def until(what: Callable[[], object], timeout_seconds: float = 20) -> None:
    """Waits for something that the database will show."""
    wait_for(what, timeout_seconds)
