"""A second, private bearerbox with connections as they are, except that simulated operators stand at their other end.

Nothing of it reaches a real operator: every address in its file is one of this host, every account is invented, receipts
are kept in its own memory. It and its operators live for as long as somebody holds it, and in one folder.
"""

import re
import secrets
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests

from kannel.adapters.addresses import SEND
from kannel.adapters.private import private_adapters
from kannel.configuration import groups, written
from kannel.dry_start import ONLY_OF_THE_REAL_ONE, free_ports, installed
from kannel.models import Connection, Gateway
from kannel.private_lines import HERE, operator_for, record_of, replica_of
from kannel.reading import read
from kannel.simulator.beside import beside
from kannel.simulator.witness import Witness
from kannel.smsc_groups import Group

ONLINE_WITHIN_SECONDS = 20.0
LOOK_SECONDS = 0.05
STATUS_TIMEOUT_SECONDS = 2.0
NAME = "rehearsal"
# What an smsbox would need; none runs here.
NOT_NEEDED = (*ONLY_OF_THE_REAL_ONE, "smsbox-route", "sendsms-user", "sms-service")
# The system ends bearerbox when the process that started it dies, whatever it dies of.
DIES_WITH_US = ("/usr/bin/setpriv", "--pdeathsig", "KILL")
_LINK = re.compile(r"<admin-id>([^<]*)</admin-id>.*?<status>(\w+)", re.DOTALL)
_NOISE = re.compile(r"^\d{4}-\d\d-\d\d [\d:]+ \[\d+\] \[\d+\] ")


class NotInstalled(Exception):
    """There is no bearerbox on this host."""


class DidNotStart(Exception):
    """The private bearerbox died, or its connections did not come up; the text is its own."""


class NotPrivate(Exception):
    """The file names an address that is not of this host. It was not started."""


@dataclass(frozen=True)
class PrivateGateway:
    """One that runs. ``lines`` are the connections as they are here, unsaved, by the key of the real one's row."""

    gateway: Gateway
    lines: Mapping[int, Connection]
    records: tuple[Path, ...]
    _process: "subprocess.Popen[bytes]"

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None


@contextmanager
def private_gateway(
    connections: Sequence[Connection], folder: Path, witness: Witness
) -> Iterator[PrivateGateway]:
    """Everything started and online; ended at the end. ``witness`` is told of every part that an operator takes.

    :param connections: nothing of them is changed.
    :param folder: empty, and readable by us alone. It holds texts; whoever made it removes it.
    :raises NotInstalled: if there is no Kannel here.
    :raises DidNotStart: if it does not come up.
    :raises ConfigurationError: if no file can be written for these connections.
    :raises OSError: if a port was taken meanwhile.
    """
    program = installed()
    if program is None:
        raise NotInstalled
    admin_port, box_port, sendsms_port, adapters_port, *rest = free_ports(4 + len(connections))
    gateway = gateway_at(admin_port, box_port, sendsms_port)
    ports = dict(zip((one.pk for one in connections), rest, strict=True))
    operators = {
        one.pk: operator_for(one, folder, ports[one.pk], adapters_port, witness) for one in connections
    }
    with ExitStack() as stack:
        stack.enter_context(beside(list(operators.values())))
        lines = {one.pk: replica_of(one, gateway, operators[one.pk], ports[one.pk]) for one in connections}
        adapted = [one for one in lines.values() if one.kind == Connection.Kind.ADAPTER]
        if adapted:
            stack.enter_context(private_adapters(adapted, adapters_port))
        password = secrets.token_hex(24)
        text = configuration(gateway, list(lines.values()), folder, password, adapters_port)
        process = stack.enter_context(_bearerbox(program, text, folder))
        binds = {bind for line in lines.values() for bind in line.bind_names()}
        _wait_until_online(process, folder, admin_port, password, binds)
        yield PrivateGateway(gateway, lines, tuple(record_of(one, folder) for one in connections), process)


def gateway_at(admin_port: int, box_port: int, sendsms_port: int) -> Gateway:
    """The row of the private bearerbox, not for saving."""
    return Gateway(
        name=NAME,
        box_id=NAME,
        host=HERE,
        our_addresses=HERE,
        admin_port=admin_port,
        box_port=box_port,
        sendsms_port=sendsms_port,
    )


def configuration(
    gateway: Gateway, lines: Sequence[Connection], folder: Path, password: str, adapters_port: int
) -> str:
    """The file of the private bearerbox: what the real one would have for these connections, made harmless.

    :raises NotPrivate: if it names an address that is not of this host.
    """
    wanted = (group for group in groups(gateway, lines, folder) if group["group"] not in NOT_NEEDED)
    text = written(_own(group, password, adapters_port) for group in wanted)
    ours = {(HERE, adapters_port), *((HERE, one.port) for one in lines)}
    for group in read(text):
        if group.kind == "smsc" and _address_of(group.values) not in ours:
            raise NotPrivate
    return text


def _own(group: Group, password: str, adapters_port: int) -> Group:
    if group["group"] == "core":
        # Receipts come back at once here, so that the list that this storage is stays short.
        return {**group, "admin-password": password, "status-password": password, "dlr-storage": "internal"}
    where = urlsplit(str(group.get("send-url", "")))
    if where.path.startswith(SEND):
        # It would lead to the application that carries to real operators.
        return {**group, "send-url": where._replace(netloc=f"{HERE}:{adapters_port}").geturl()}
    return group


def _address_of(values: Mapping[str, str]) -> tuple[str, int]:
    """Where a connection leads."""
    if "host" in values:
        return values["host"], int(values["port"])
    where = urlsplit(values.get("send-url", ""))
    return where.hostname or "", where.port or 0


@contextmanager
def _bearerbox(program: str, text: str, folder: Path) -> "Iterator[subprocess.Popen[bytes]]":
    file = folder / "kannel.conf"
    file.touch(mode=0o600)
    file.write_text(text)
    tied = DIES_WITH_US if Path(DIES_WITH_US[0]).exists() else ()
    with (folder / "out").open("wb") as output:
        process = subprocess.Popen(
            [*tied, program, "-v", "3", str(file)], cwd=folder, stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        # It is thrown away: nobody waits for it to say goodbye to operators that are none.
        process.kill()
        process.wait(10)


def _wait_until_online(
    process: "subprocess.Popen[bytes]", folder: Path, admin_port: int, password: str, binds: set[str]
) -> None:
    deadline = time.monotonic() + ONLINE_WITHIN_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if _online(admin_port, password) >= binds:
            return
        time.sleep(LOOK_SECONDS)
    said = (folder / "out").read_text("utf-8", "replace").splitlines()
    panic = next((_NOISE.sub("", line) for line in said if "PANIC" in line), "")
    raise DidNotStart(panic)


def _online(admin_port: int, password: str) -> set[str]:
    """The binds that are online."""
    try:
        with requests.Session() as session:
            session.trust_env = False
            url = f"http://{HERE}:{admin_port}/status.xml?password={password}"
            text = session.get(url, timeout=STATUS_TIMEOUT_SECONDS).text
    except requests.RequestException:
        return set()
    return {name for name, status in _LINK.findall(text) if status == "online"}
