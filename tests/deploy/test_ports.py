import socket
import subprocess
import sys

import pytest

from deploy import ports as chosen
from deploy.ports import FIRST, LAST, free_ports, give_back, is_free, keep
from deploy.programs import ROOT

# Whether another process would choose this port.
ANOTHER = "import sys; from deploy.ports import free_ports; print(free_ports(['web'], {'web': int(sys.argv[1])})['web'])"


def chosen_by_another(port: int) -> int:
    done = subprocess.run(
        [sys.executable, "-c", ANOTHER, str(port)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def test_a_port_that_somebody_uses_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not is_free(server.getsockname()[1])


def test_each_name_gets_a_port_of_its_own() -> None:
    ports = free_ports(["web", "redis", "postgresql"], {})
    assert list(ports) == ["web", "redis", "postgresql"]
    assert len(set(ports.values())) == 3
    assert all(FIRST <= port < LAST for port in ports.values())


def test_a_free_port_is_kept() -> None:
    first = free_ports(["web"], {})
    assert free_ports(["web"], first) == first


def test_a_taken_port_is_replaced() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        assert free_ports(["web"], {"web": taken})["web"] != taken


def test_two_stacks_of_one_process_get_different_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    first, other = free_ports(["web", "redis"], {}).values()
    keep([first])
    offered = iter([first - FIRST, other - FIRST])
    monkeypatch.setattr(chosen.secrets, "randbelow", lambda most: next(offered))
    assert free_ports(["web"], {})["web"] == other
    give_back([first])


def test_another_process_chooses_another_port_even_before_anything_listens() -> None:
    port = free_ports(["web"], {})["web"]
    keep([port])
    assert chosen_by_another(port) != port
    assert free_ports(["web"], {"web": port})["web"] == port
    give_back([port])
    assert chosen_by_another(port) == port
