"""A real bearerbox with one SMPP and one HTTP connection to simulated operators."""

import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy import ports
from tests.kannel.simulator.box import Box
from tests.kannel.simulator.operators import wait_for

_CONFIGURATION = """
group = core
admin-port = {admin}
admin-interface = "127.0.0.1"
admin-password = "admin-secret"
status-password = "status-secret"
admin-deny-ip = "*.*.*.*"
admin-allow-ip = "127.0.0.1"
smsbox-port = {box}
smsbox-interface = "127.0.0.1"
smsbox-max-pending = 1000
box-deny-ip = "*.*.*.*"
box-allow-ip = "127.0.0.1"
log-file = "{folder}/bearerbox.log"
log-level = 1
dlr-storage = internal
sms-resend-freq = 1

group = smsbox
smsbox-id = "http"
bearerbox-host = "127.0.0.1"
sendsms-port = {sendsms}

group = smsc
smsc = smpp
smsc-id = "north"
allowed-smsc-id = "north"
host = "127.0.0.1"
port = {north}
smsc-username = "parley"
smsc-password = "secret"
system-type = ""
transceiver-mode = yes
max-pending-submits = 10
wait-ack-expire = 2
reconnect-delay = 1

group = smsc
smsc = http
smsc-id = "south"
allowed-smsc-id = "south"
system-type = "generic"
port = {receipts}
connect-allow-ip = "127.0.0.1"
smsc-username = "parley"
smsc-password = "secret"
send-url = "http://127.0.0.1:{south}/send?username=parley&password=secret&to=%p&from=%P&coding=%c&udh=%u&text=%b&dlr-mask=%d"
status-success-regex = "^OK"
status-permfail-regex = "^ERROR"
status-tempfail-regex = "^BUSY"
generic-foreign-id-regex = "^OK ([0-9A-F]+)"
reconnect-delay = 1
"""


@dataclass
class Ports:
    admin: int
    box: int
    sendsms: int
    receipts: int


def free_ports() -> Ports:
    """Not of those that outgoing connections get: a listener that starts again must find its port free."""
    names = ("admin", "box", "sendsms", "receipts")
    return Ports(**ports.free_ports(names, {}))


@contextmanager
def bearerbox(folder: Path, used: Ports, north: int, south: int) -> Iterator[Box]:
    """bearerbox with both connections online; gives a box client connected to it."""
    path = folder / "kannel.conf"
    path.write_text(_CONFIGURATION.format(folder=folder, north=north, south=south, **vars(used)))
    with (folder / "bearerbox.out").open("wb") as output:
        process = subprocess.Popen(["bearerbox", str(path)], stdout=output, stderr=output)
    box = None
    try:
        wait_for(lambda: _online(used.admin) == 2, 20)
        box = Box(used.box)
        yield box
    finally:
        if box is not None:
            box.close()
        process.kill()
        process.wait(10)


def _online(port: int) -> int:
    url = f"http://127.0.0.1:{port}/status.xml?password=status-secret"
    try:
        with urllib.request.urlopen(url, timeout=3) as answer:
            return int(answer.read().count(b"<status>online"))
    except OSError:
        return 0
