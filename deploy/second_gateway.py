"""A second bearerbox with its listener: own folder, ports and store, and own lines to the same two operators.

Both gateways keep the keys of receipts in one Redis database, call the lines of one account by one name, and report to one
box name: a receipt that comes back over the other gateway finds its message there and reaches our listener.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.programs import LOOPBACK, OPERATORS, Program, always, answers, manage

NAME = "second"
BEARERBOX, LISTENER = "bearerbox-second", "listener-second"
PORTS = (
    "kannel_second_admin",
    "kannel_second_box",
    "kannel_second_sendsms",
    "http_operator_second_receipts",
)


@dataclass(frozen=True)
class Place:
    """The host of the second gateway: this one, unless a namespace of the network makes it another."""

    address: str = LOOPBACK
    """Where it listens."""
    our_address: str = LOOPBACK
    """Where it sees us, and finds Redis and the operators."""
    prefix: tuple[str, ...] = ()
    """What a command begins with to run there."""


def folder(var: Path) -> Path:
    """Where it keeps its file, its store and its log."""
    return var / "kannel-second"


def programs(var: Path, ports: Mapping[str, int], place: Place) -> list[Program]:
    """Its bearerbox, on its host, and the listener of it, on ours."""
    conf = str(folder(var) / "kannel.conf")
    return [
        Program(
            BEARERBOX,
            [*place.prefix, "/usr/sbin/bearerbox", "-v", "3", conf],
            lambda: answers(ports["kannel_second_box"], place.address),
            graceful_seconds=35,
        ),
        Program(LISTENER, manage("listen_to_kannel", NAME), always, graceful_seconds=30),
    ]


def simulator_options(options: Mapping[str, list[str]], place: Place) -> dict[str, list[str]]:
    """Options of the operators by kind: they listen where both gateways find them."""
    hosts = ",".join(dict.fromkeys([LOOPBACK, place.our_address]))
    return {kind: ["--host", hosts, *options.get(kind, [])] for kind in OPERATORS}


def rows_command(ports: Mapping[str, int], place: Place) -> list[str]:
    """The command of manage.py that makes the rows of the gateway and its lines, and points operators at `place`."""
    return [
        "add_demo_gateway",
        NAME,
        f"--host={place.address}",
        f"--our-address={place.our_address}",
        f"--admin-port={ports['kannel_second_admin']}",
        f"--box-port={ports['kannel_second_box']}",
        f"--sendsms-port={ports['kannel_second_sendsms']}",
        f"--receipt-port={ports['http_operator_second_receipts']}",
    ]


def receipts_url(ports: Mapping[str, int], place: Place) -> str:
    """Where the HTTP operator calls it."""
    return f"http://{place.address}:{ports['http_operator_second_receipts']}/"
