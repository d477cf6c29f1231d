"""Another host on this machine: reached over its cable alone, and gone with whoever made it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from deploy import namespaces, programs

PORT = 8000


@pytest.fixture
def needs_namespaces() -> None:
    if namespaces.is_left_out():
        pytest.skip(f"{namespaces.WITHOUT} is set: another host is not tried here.")


def until(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + 15
    while not what():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def left_of(pid: int) -> list[str]:
    """Namespaces and cables of the host that a process made."""
    said = ""
    for words in (["netns", "list"], ["-o", "link"]):
        said += subprocess.run([namespaces.IP, *words], capture_output=True, text=True, check=True).stdout
    return sorted({word for word in said.split() if word.startswith((f"parley-{pid}", f"parley{pid}"))})


@pytest.mark.usefixtures("needs_namespaces")
def test_another_host_is_reached_over_its_cable_and_gone_afterwards() -> None:
    with namespaces.another_host() as host:
        server = [*host.place.prefix, sys.executable, "-m", "http.server", str(PORT)]
        process = subprocess.Popen(server, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: programs.answers(PORT, host.place.address))
        assert not programs.answers(PORT, host.place.our_address)
        assert len(left_of(os.getpid())) == 2
    assert process.wait(10) == -9
    assert left_of(os.getpid()) == []


@pytest.mark.usefixtures("needs_namespaces")
def test_whoever_made_a_host_may_be_killed_and_nothing_stays() -> None:
    program = (
        "import time; from deploy.namespaces import another_host\n"
        "with another_host(): print('up', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=programs.ROOT
    ) as maker:
        assert maker.stdout is not None
        assert maker.stdout.readline() == b"up\n"
        assert len(left_of(maker.pid)) == 2
        maker.kill()
    until(lambda: left_of(maker.pid) == [])


def test_where_there_is_no_right_a_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(namespaces, "IP", "/bin/false")
    with pytest.raises(namespaces.NoNamespacesError, match="set PARLEY_WITHOUT_NAMESPACES=1 to leave out"):
        namespaces.another_host().__enter__()


def test_without_iproute2_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(namespaces, "IP", "/nowhere/ip")
    with pytest.raises(namespaces.NoNamespacesError, match="Install iproute2"):
        namespaces.another_host().__enter__()
