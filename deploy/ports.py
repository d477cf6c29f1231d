"""Loopback ports that nobody uses. A stack keeps those it had, as long as they are still free."""

import secrets
import socket
from collections.abc import Iterable, Mapping

# Below Linux's range of ports for outgoing connections (32768 and up), so that none of those can take one meanwhile.
FIRST, LAST = 20_000, 32_000
TRIES = 1_000
# By port: a name that only one process of this machine can have, and that goes with the process. A stack needs most of a
# minute from choosing its ports to listening on all of them, and another may be choosing its own meanwhile.
_kept: dict[int, socket.socket] = {}


class NoFreePortError(Exception):
    """All ports that were tried are taken."""


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now, and no other process keeps it."""
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(("127.0.0.1", port))
        except OSError:
            return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as name:
        return port in _kept or _take(name, port)


def free_ports(names: Iterable[str], remembered: Mapping[str, int]) -> dict[str, int]:
    """A port for each name: the remembered one if it is still free, or another.

    :raises NoFreePortError: when none is found.
    """
    ports: dict[str, int] = {}
    for name in names:
        port = remembered.get(name)
        ports[name] = port if port and is_free(port) else _free_port({*ports.values(), *remembered.values()})
    return ports


def keep(ports: Iterable[int]) -> None:
    """No other process chooses these until they are given back, or this one ends."""
    for port in ports:
        name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        if _take(name, port):
            _kept[port] = name
        else:
            name.close()


def give_back(ports: Iterable[int]) -> None:
    """Others may choose these."""
    for port in ports:
        if name := _kept.pop(port, None):
            name.close()


def _take(name: socket.socket, port: int) -> bool:
    try:
        name.bind(f"\0parley-port-{port}")
    except OSError:
        return False
    return True


def _free_port(taken: set[int]) -> int:
    for _ in range(TRIES):
        port = FIRST + secrets.randbelow(LAST - FIRST)
        if port not in taken and port not in _kept and is_free(port):
            return port
    raise NoFreePortError(
        f"No free port between {FIRST} and {LAST} on 127.0.0.1. Stop something and start again."
    )
