"""Another host on this machine: a network namespace with one cable to ours, and nothing else in reach.

Whoever makes one may die of anything: a caretaker with the other end of a pipe takes namespace and cable away then.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from deploy.second_gateway import Place

IP = "/usr/sbin/ip"
# Set for an environment that cannot make namespaces, to leave out what needs them.
WITHOUT = "PARLEY_WITHOUT_NAMESPACES"
# 198.18.0.0/15 is for tests of networks (RFC 2544): nobody has an address there.
NETWORK = "198.18"
LIVES_IN_IT = 'for pid in $("$ip" netns pids "$name"); do kill -9 "$pid"; done'
CARETAKER = f'cat >/dev/null; {LIVES_IN_IT}; "$ip" link del "$cable"; "$ip" netns del "$name"'


class NoNamespacesError(Exception):
    """The kernel or our rights do not allow another host; the text says what to do."""


@dataclass(frozen=True)
class Host:
    """The other host, our cable to it, and a third address at our end that nobody there knows."""

    name: str
    cable: str
    place: Place
    stranger: str


def is_left_out() -> bool:
    """Whether this environment says that it cannot make namespaces."""
    return bool(os.environ.get(WITHOUT))


@contextmanager
def another_host() -> Iterator[Host]:
    """A host that lives as long as the block, and not longer than this process.

    :raises NoNamespacesError: when it cannot be made.
    """
    host = _host(os.getpid())
    with subprocess.Popen(
        ["/bin/sh", "-c", CARETAKER],
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "ip": IP, "name": host.name, "cable": host.cable},
        start_new_session=True,  # Ctrl-C is ours to hear; it works when we are gone
    ) as caretaker:
        try:
            _make(host)
            yield host
        finally:
            assert caretaker.stdin is not None
            caretaker.stdin.close()
            caretaker.wait(30)


def _host(number: int) -> Host:
    """Names and addresses that no other process of this machine chooses."""
    first = f"{NETWORK}.{number >> 5 & 255}"
    low = (number & 31) * 8
    name = f"parley-{number}"
    place = Place(
        address=f"{first}.{low + 2}",
        our_address=f"{first}.{low + 1}",
        prefix=(IP, "netns", "exec", name),
    )
    return Host(name, f"parley{number}", place, f"{first}.{low + 3}")


def _make(host: Host) -> None:
    _ip("netns", "add", host.name)
    _ip("link", "add", host.cable, "type", "veth", "peer", "name", "eth0", "netns", host.name)
    for address in (host.place.our_address, host.stranger):
        _ip("address", "add", f"{address}/29", "dev", host.cable)
    _ip("link", "set", host.cable, "up")
    _ip("-n", host.name, "address", "add", f"{host.place.address}/29", "dev", "eth0")
    for device in ("lo", "eth0"):
        _ip("-n", host.name, "link", "set", device, "up")


def _ip(*words: str) -> None:
    try:
        done = subprocess.run([IP, *words], capture_output=True, text=True, timeout=10, check=False)
    except FileNotFoundError as error:
        raise NoNamespacesError(f"{IP} is missing. Install iproute2.") from error
    if done.returncode:
        raise NoNamespacesError(
            f"Another host cannot be made here ({done.stderr.strip()}). Run this as root with the right to make network "
            f"namespaces, or set {WITHOUT}=1 to leave out what needs them."
        )
