import socket

from deploy.ports import FIRST, LAST, free_ports, is_free


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
