"""A real Kannel whose connections go through adapters, our application for them, and operators of three shapes."""

import itertools
import subprocess
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn
from django.conf import settings
from django.test import override_settings

from backoffice.operators.models import Operator
from kannel import administration, configuration
from kannel.adapters.addresses import receipt_url
from kannel.adapters.application import Adapters
from kannel.adapters.memory import Memory
from kannel.adapters.presets import preset
from kannel.dlr_urls import dlr_url
from kannel.link import Link
from kannel.models import Adapter, Connection, Event, Gateway
from kannel.simulator import record
from kannel.simulator.api import ApiOperator
from kannel.simulator.behaviour import Behaviour
from kannel.simulator.record import Record
from kannel.wire import Nack, Sms, SmsType
from tests.beside import WORKER
from tests.kannel.house import ONLINE_WITHIN_SECONDS
from tests.kannel.simulator.gateway import free_ports
from tests.kannel.simulator.operators import running, wait_for

SHAPES = ("form", "json", "xml")
USERNAME, PASSWORD = "AC17", 's3cret&<"token'
ACCEPTED, DELIVERED, REJECTED = 8, 1, 16
_numbers = itertools.count(7_000_000_000_000)


@contextmanager
def application() -> Iterator[int]:
    """The application of adapters as it runs in production; gives its port."""
    app = Adapters(Memory(settings.REDIS_URL))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_for(lambda: server.started)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(15)
        app.reading.shutdown()


@dataclass
class AdapterHouse:
    """The running parts."""

    folder: Path
    port: int
    gateway: Gateway
    operators: dict[str, ApiOperator] = field(default_factory=dict)
    controls: dict[str, int] = field(default_factory=dict)
    receipt_ports: dict[str, int] = field(default_factory=dict)
    bearerbox: "subprocess.Popen[bytes] | None" = None

    def record(self, shape: str) -> record.Tally:
        """What that operator says it took."""
        return record.counts(self.folder / f"{shape}.record")

    def connection(
        self, shape: str, gateway: Gateway, adapter: Adapter, operator: Operator, **values: object
    ) -> Connection:
        """The row of a line, unsaved."""
        return Connection(
            **{
                "name": f"{shape}-1",
                "kind": "adapter",
                "adapter": adapter,
                "gateway": gateway,
                "operator": operator,
                "host": "127.0.0.1",
                "port": self.operators[shape].port,
                "username": USERNAME,
                "password": PASSWORD,
                "receipt_port": self.receipt_ports[shape],
                "throughput_per_second": 1000,
                "window": 20,
                **values,
            }
        )

    def saved(self, **values: object) -> dict[str, Connection]:
        """Gateway, adapters and lines as rows."""
        self.gateway.pk = None
        self.gateway.save()
        operator = Operator.objects.create(name="North", receipt_margin=timedelta(hours=1))
        rows = {}
        for shape in SHAPES:
            adapter = preset(shape)
            adapter.save()
            rows[shape] = self.connection(shape, self.gateway, adapter, operator, **values)
            rows[shape].save()
        return rows

    def start_bearerbox(self) -> None:
        with (self.folder / "bearerbox.out").open("ab") as output:
            self.bearerbox = subprocess.Popen(
                ["/usr/sbin/bearerbox", "-v", "4", str(self.folder / "kannel.conf")],
                stdout=output,
                stderr=output,
            )
        wait_for(self._is_online, ONLINE_WITHIN_SECONDS)

    def kill_bearerbox(self) -> None:
        if self.bearerbox is not None:
            self.bearerbox.kill()
            self.bearerbox.wait(10)
            self.bearerbox = None

    def _is_online(self) -> bool:
        try:
            seen = administration.poll(self.gateway).connections
        except administration.AdministrationError:
            return False
        return [one.status for one in seen.values()] == [Connection.Status.ONLINE] * len(SHAPES)


@contextmanager
def house_in(folder: Path) -> Iterator[AdapterHouse]:
    """Everything started and online; stopped at the end."""
    ports, redis = free_ports(), urlsplit(settings.REDIS_URL)
    gateway = Gateway(
        name="main",
        box_port=ports.box,
        admin_port=ports.admin,
        sendsms_port=ports.sendsms,
        redis_port=redis.port,
        redis_database=9 + int(WORKER),
        status=Gateway.Status.RUNNING,
    )
    with ExitStack() as stack:
        port = stack.enter_context(application())
        stack.enter_context(
            override_settings(KANNEL_ADAPTERS_PORT=port, KANNEL_ADAPTERS_URL=f"http://127.0.0.1:{port}")
        )
        house = AdapterHouse(folder, port, gateway)
        house.receipt_ports = dict(zip(SHAPES, vars(free_ports()).values(), strict=False))
        for shape in SHAPES:
            operator = operator_of(shape, folder)
            house.operators[shape] = operator
            house.controls[shape] = stack.enter_context(running(operator))
        lines = [house.connection(shape, gateway, preset(shape), Operator()) for shape in SHAPES]
        for line in lines:
            line.adapter_id = 1
        configuration.write(configuration.render(gateway, lines, folder), folder / "kannel.conf")
        stack.callback(house.kill_bearerbox)
        house.start_bearerbox()
        yield house


def operator_of(shape: str, folder: Path, **values: object) -> ApiOperator:
    """A simulated operator of a shape; one that is not told per message where receipts go knows the address."""
    return ApiOperator(
        shape,
        Behaviour(),
        Record(folder / f"{shape}.record"),
        0,
        shape=shape,
        username=USERNAME,
        password=PASSWORD,
        **{"receipt_url": receipt_url(f"{shape}-1"), **values},  # type: ignore[arg-type]
    )


def push(gateway: Gateway, shape: str, count: int, text: str = "hello", **values: object) -> list[int]:
    """Hands so many messages to Kannel, all to different people; gives their ids."""
    ids = [next(_numbers) for _ in range(count)]
    link = Link(gateway.host, gateway.box_port, "send-test")
    link.connect()
    answers: dict[uuid.UUID, int] = {}
    plain = text.isascii()
    for begin in range(0, count, 200):
        batch = [
            Sms(
                **{
                    "sender": b"Parley",
                    "receiver": f"+7{number % 10**10:010d}".encode(),
                    "msgdata": text.encode("utf-8" if plain else "utf-16-be"),
                    "time": int(time.time()),
                    "smsc_id": f"{shape}-1".encode(),
                    "id": uuid.UUID(int=number << 64 | 1),
                    "sms_type": SmsType.PUSH,
                    "coding": 0 if plain else 2,
                    "dlr_mask": 27,
                    "dlr_url": dlr_url(number, 1).encode(),
                    "boxc_id": gateway.reports_to.encode(),
                    "priority": 1,
                    **values,
                }  # type: ignore[arg-type]
            )
            for number in ids[begin : begin + 200]
        ]
        link.submit_many(batch)
        wait_for(lambda: answers.update(link.answers(0.1)) or len(answers) == begin + len(batch), 30)  # noqa: B023
    link.close()
    assert set(answers.values()) <= {Nack.SUCCESS, Nack.BUFFERED}
    return ids


def reports_of(ids: list[int]) -> Counter[int]:
    """How many reports of each type came back for these messages, each message counted once a type."""
    rows = Event.objects.filter(message_id__in=ids).values_list("message_id", "dlr_type").distinct()
    return Counter(dlr_type for _, dlr_type in rows if dlr_type)
