"""A second bearerbox that is started with a candidate file and thrown away: what kills it would have killed the first.

It has ports and a folder of its own, keeps receipts in its memory instead of Redis, and every operator is a closed port of
this machine, so that it binds nowhere and touches nothing.
"""

import re
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import requests
import structlog
from django.utils.translation import gettext as _

from kannel.configuration import ConfigurationError, written
from kannel.keys import KEYS, field_of
from kannel.reading import Read, read
from kannel.smsc_groups import Group
from kannel.values import FIRST_OUTGOING_PORT

logger = structlog.get_logger(__name__)

PROGRAMS = ("/usr/sbin/bearerbox", "/usr/local/sbin/bearerbox")
# It reads its file within 0.1 s and dies of it at once; links are made by then, too.
UP_WITHIN_SECONDS = 10.0
STAYS_UP_SECONDS = 0.5
LOOK_SECONDS = 0.05
# Nobody listens on the discard port's neighbour; a connection there is refused at once.
CLOSED_PORT = "1"
FIRST_PORT = 10_000
PORT_TAKEN = "Address already in use"
ONLY_OF_THE_REAL_ONE = ("redis-connection", "dlr-db")
PASSWORD = "dry-start"  # noqa: S105  of a bearerbox that lives for a second
_NOISE = re.compile(r"^\d{4}-\d\d-\d\d [\d:]+ \[\d+\] \[\d+\] ")


def try_out(text: str) -> None:
    """Starts a bearerbox with this file, hosts and ports replaced. Does nothing where Kannel is not installed.

    :raises ConfigurationError: when it dies or leaves a connection out; with the field and the connection, if it says so.
    """
    program = installed()
    if program is None:
        return
    said = _started(program, text)
    if said is not None and PORT_TAKEN in said:
        # Somebody was faster with one of the ports that were free a moment ago.
        said = _started(program, text)
    if said is not None:
        raise _explained(said, read(text))


def installed() -> str | None:
    """Where bearerbox is; None if Kannel is not installed on this host."""
    return next((path for path in PROGRAMS if Path(path).exists()), None)


def _started(program: str, text: str) -> str | None:
    wanted = {one.name for one in read(text) if one.kind == "smsc"}
    with _folder() as folder:
        admin_port = _write(text, folder)
        return _run(program, folder, admin_port, wanted)


@contextmanager
def _folder() -> Iterator[Path]:
    """Readable by us alone: the file holds passwords."""
    folder = Path(tempfile.mkdtemp(prefix="parley-dry-start-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write(text: str, folder: Path) -> int:
    """The file as the second bearerbox may have it. Gives its admin port."""
    groups = read(text)
    ports = iter(free_ports(3 + len(groups)))
    admin_port = next(ports)
    changed = [
        _harmless(group, folder, admin_port, ports)
        for group in groups
        if group.kind not in (*ONLY_OF_THE_REAL_ONE, "smsbox-route")
    ]
    file = folder / "candidate.conf"
    file.touch(mode=0o600)
    file.write_text(written(changed))
    return admin_port


def _harmless(group: Read, folder: Path, admin_port: int, ports: Iterator[int]) -> Group:
    values: dict[str, str | int] = {"group": group.kind, **group.values}
    if group.kind == "core":
        return _core(values, folder, admin_port, next(ports))
    if group.kind == "smsbox":
        return values | {"sendsms-port": next(ports), "log-file": str(folder / "smsbox.log")}
    if group.kind == "smsc" and values["smsc"] == "http":
        where = urlsplit(str(values["send-url"]))
        closed = where._replace(netloc=f"127.0.0.1:{CLOSED_PORT}").geturl()
        return values | {"port": next(ports), "send-url": closed, "connect-allow-ip": "127.0.0.1"}
    if group.kind == "smsc":
        # A password must not reach even a closed port, nor our address a machine that lacks it.
        values.pop("our-host", None)
        return values | {"host": "127.0.0.1", "port": CLOSED_PORT}
    return values


def _core(values: Mapping[str, str | int], folder: Path, admin_port: int, box_port: int) -> Group:
    own: dict[str, str | int] = {
        "admin-port": admin_port,
        "admin-interface": "127.0.0.1",
        "admin-password": PASSWORD,
        "status-password": PASSWORD,
        "admin-allow-ip": "127.0.0.1",
        "smsbox-port": box_port,
        "smsbox-interface": "127.0.0.1",
        "dlr-storage": "internal",
        "log-file": str(folder / "bearerbox.log"),
        "log-level": 3,
        "store-location": str(folder / "store"),
    }
    return {**values, **own}


def free_ports(count: int) -> list[int]:
    """Below those that the system gives to outgoing connections: one of them would be taken again at once."""
    found: list[int] = []
    while len(found) < count:
        port = FIRST_PORT + secrets.randbelow(FIRST_OUTGOING_PORT - FIRST_PORT)
        with socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                server.bind(("", port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found


def _run(program: str, folder: Path, admin_port: int, wanted: set[str]) -> str | None:
    """What it said before it died, or which connection it left out; None if all is well."""
    with (folder / "out").open("wb") as output:
        process = subprocess.Popen(
            [program, "-v", "3", str(folder / "candidate.conf")], cwd=folder, stdout=output, stderr=output
        )
    try:
        missing = _missing(process, admin_port, wanted)
    finally:
        process.kill()
        process.wait(10)
    if not missing:
        return None
    said = (folder / "out").read_text("utf-8", "replace").splitlines()
    return "\n".join(
        _NOISE.sub("", line) for line in said if "PANIC" in line or "ERROR" in line
    ) or "\n".join(sorted(missing))


def _missing(process: subprocess.Popen[bytes], admin_port: int, wanted: set[str]) -> set[str]:
    """The binds it does not have when it is up; all of them if it dies."""
    deadline = time.monotonic() + UP_WITHIN_SECONDS
    up_since: float | None = None
    while process.poll() is None and time.monotonic() < deadline:
        seen = _binds(admin_port)
        if seen is not None:
            up_since = up_since or time.monotonic()
            # A link that was taken may still die a moment later, in a thread of its own.
            if time.monotonic() - up_since >= STAYS_UP_SECONDS:
                return wanted - seen
        time.sleep(LOOK_SECONDS)
    return wanted or {"bearerbox"}


def _binds(admin_port: int) -> set[str] | None:
    try:
        with requests.Session() as session:
            session.trust_env = False
            url = f"http://127.0.0.1:{admin_port}/status.xml?password={PASSWORD}"
            return set(re.findall(r"<admin-id>(.*?)</admin-id>", session.get(url, timeout=2).text))
    except requests.RequestException:
        return None


def _explained(said: str, groups: list[Read]) -> ConfigurationError:
    """Kannel's own words with the field they are about: it names the key, or the connection, or neither."""
    logger.warning("dry_start_failed", said=_without_values(said, groups)[:400])
    first = _without_values(said.splitlines()[0], groups).removeprefix("PANIC: ").removeprefix("ERROR: ")
    names = {one.name: one for one in groups if one.kind == "smsc"}
    found = next((group for name, group in names.items() if f"[{name}]" in said or name in said), None)
    keys = [key.name for key in KEYS if key.name and re.search(rf"['`\"]{re.escape(key.name)}['`\"]", said)]
    kind = found.values["smsc"] if found else "smpp"
    field = next((name for key in keys if (name := field_of(kind, key))), "")
    sentence = _("Kannel does not start with this: %(reason)s") % {"reason": first[:200]}
    return ConfigurationError(field, sentence, found.connection if found else "")


def _without_values(said: str, groups: list[Read]) -> str:
    """Its words without our passwords, should it repeat one."""
    for group in groups:
        for key in ("smsc-password", "admin-password", "status-password", "send-url"):
            if (value := group.values.get(key)) and len(value) > 3:
                said = said.replace(value, "••••••")
    return said
