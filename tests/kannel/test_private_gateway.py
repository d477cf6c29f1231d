"""The private bearerbox: nothing in its file leads to a real operator, and none of it is a secret of ours."""

from pathlib import Path

import pytest

from kannel import dry_start, private_gateway
from kannel.adapters.presets import preset
from kannel.adapters.private import FixedLines, PrivateMemory, line_of
from kannel.models import Adapter, Connection
from kannel.private_gateway import DidNotStart, NotInstalled, NotPrivate, configuration, gateway_at
from kannel.private_lines import operator_for, replica_of
from kannel.reading import read
from kannel.simulator.beside import beside
from kannel.simulator.smpp import SmppOperator
from kannel.simulator.witness import Seen
from kannel.values import ConfigurationError

FOLDER = Path("/tmp/rehearsal")  # noqa: S108  named only
ADAPTERS_PORT = 20_111


def nobody(seen: Seen) -> None:
    """Looks at nothing."""


def connection(kind: str, number: int, **values: object) -> Connection:
    fields: dict[str, object] = {
        "pk": number,
        "name": f"{kind}-{number}",
        "kind": kind,
        "host": "sms.operator.example",
        "port": 2775,
        "username": "us",
        "password": "swordfish",
        "use_tls": True,
        "our_address": "10.9.8.7",
        "receipt_port": 8099,
        "success_regex": "^0:",
        "is_enabled": False,
        "throughput_per_second": 77,
        "window": 33,
    }
    return Connection(**{**fields, **values})


def adapter(shape: str) -> Adapter:
    found = preset(shape)
    found.pk = 1
    return found


def replicas() -> list[Connection]:
    real = [
        connection("smpp", 1, binds=2, hex_message_ids=3),
        connection("http", 2),
        connection("adapter", 3, adapter=adapter("json")),
    ]
    gateway = gateway_at(20_201, 20_202, 20_203)
    found = []
    for number, one in enumerate(real):
        operator = operator_for(one, FOLDER, 20_001 + number, ADAPTERS_PORT, nobody)
        operator.port = 20_101 + number
        found.append(replica_of(one, gateway, operator, 20_001 + number))
        assert (one.host, one.password) == ("sms.operator.example", "swordfish"), "the row is as it was"
    return found


def file(lines: list[Connection]) -> str:
    return configuration(gateway_at(20_201, 20_202, 20_203), lines, FOLDER, "private", ADAPTERS_PORT)


def test_every_connection_leads_to_this_host_and_keeps_rate_and_window() -> None:
    text = file(replicas())
    groups = [one.values for one in read(text) if one.kind == "smsc"]
    assert [one.get("host", one.get("send-url", "")[:22]) for one in groups] == [
        "127.0.0.1",
        "127.0.0.1",
        "http://127.0.0.1:20102",
        "http://127.0.0.1:20111",
    ]
    assert [one["max-pending-submits"] for one in groups] == ["33", "33", "32", "32"]
    assert [one["throughput"] for one in groups] == ["38.5", "38.5", "77", "77"]
    assert not any(word in text for word in ("swordfish", "example", "10.9.8.7", "8099", "use-ssl = yes"))
    core = next(one.values for one in read(text) if one.kind == "core")
    assert (core["dlr-storage"], core["admin-password"]) == ("internal", "private")
    assert not [one for one in read(text) if one.kind in ("redis-connection", "dlr-db", "sendsms-user")]


def test_a_file_that_leads_elsewhere_is_not_used() -> None:
    # The port is one of ours, the host is not.
    wrong = connection("smpp", 4, is_enabled=True, use_tls=False, our_address=None)
    with pytest.raises(NotPrivate):
        file([*replicas(), wrong])


def test_an_adapter_that_is_missing_is_named() -> None:
    with pytest.raises(ConfigurationError, match="Choose the adapter") as refused:
        operator_for(connection("adapter", 3), FOLDER, 1, 2, nobody)
    assert refused.value.connection == "adapter-3"


@pytest.mark.parametrize(("shape", "header"), [("json", ""), ("xml", "X-Secret")])
def test_receipts_of_an_adapter_come_back_to_the_private_application(shape: str, header: str) -> None:
    kind = adapter(shape)
    kind.receipt_header = header
    one = connection("adapter", 3, adapter=kind)
    line = line_of(one, ADAPTERS_PORT)
    assert line.account["receipt_url"].startswith(f"http://127.0.0.1:{ADAPTERS_PORT}/receipts/adapter-3")
    assert FixedLines({"adapter-3": line}).get("adapter-3") is line
    assert FixedLines({}).get("adapter-3") is None


def test_what_is_played_is_not_remembered_as_done() -> None:
    memory = PrivateMemory()
    assert memory.claim("a") is None
    assert isinstance(memory.claim("a"), float)
    memory.settle("a", b"OK 1")
    assert memory.claim("a") == b"OK 1"
    memory.forget("a")
    assert memory.claim("a") is None
    assert PrivateMemory().claim("a") is None


def test_without_kannel_or_with_one_that_dies_it_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dry_start, "PROGRAMS", ())
    with (
        pytest.raises(NotInstalled),
        private_gateway.private_gateway([connection("smpp", 1)], tmp_path, nobody),
    ):
        pass
    monkeypatch.setattr(dry_start, "PROGRAMS", ("/bin/false",))
    with (
        pytest.raises(DidNotStart),
        private_gateway.private_gateway([connection("smpp", 1)], tmp_path, nobody),
    ):
        pass


def test_operators_whose_port_is_taken_do_not_start(tmp_path: Path) -> None:
    first = operator_for(connection("smpp", 1), tmp_path, 1, 2, nobody)
    with beside([first]):
        second = operator_for(connection("smpp", 2), tmp_path, 1, 2, nobody)
        assert isinstance(second, SmppOperator)
        second.port = first.port
        with pytest.raises(OSError, match="in use"), beside([second]):
            pass
