"""The simulated operators against a real bearerbox."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kannel.simulator import control
from kannel.simulator.behaviour import Behaviour
from kannel.simulator.http import HttpOperator
from kannel.simulator.record import Record, counts
from kannel.simulator.smpp import SmppOperator
from kannel.text import encode
from tests.kannel.simulator.box import DLR, MO, Box
from tests.kannel.simulator.gateway import bearerbox, free_ports
from tests.kannel.simulator.operators import running, wait_for

ACCEPTED, DELIVERED, FAILED, REJECTED, EXPIRED = 8, 1, 2, 16, 34


class Chain:
    """Both operators, the gateway between, and what came back to us."""

    def __init__(self, folder: Path, box: Box, north_control: int, south_control: int) -> None:
        self.folder = folder
        self.box = box
        self.control = {"north": north_control, "south": south_control}
        self._sent = 0

    def send(self, connection: str, receiver: str, text: str) -> str:
        """Hand over one message asking for all receipts; gives the reference its receipts carry."""
        self._sent += 1
        reference = f"{connection}-{self._sent}"
        self.box.send(connection, receiver, *encode(text), reference, 27)
        return reference

    def reports(self, reference: str) -> list[int]:
        return [
            int(str(event["dlr_mask"]))
            for event in self.box.events
            if event["sms_type"] == DLR and event["dlr_url"] == reference.encode()
        ]

    def wait_for_reports(self, reference: str, *expected: int) -> None:
        def came() -> bool:
            self.box.read(0.05)
            return sorted(self.reports(reference)) == sorted(expected)

        wait_for(came)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    folder = tmp_path_factory.mktemp("kannel")
    ports = free_ports()
    north = SmppOperator("north", Behaviour(), Record(folder / "north.record"), 0, password="secret")
    south = HttpOperator(
        "south",
        Behaviour(),
        Record(folder / "south.record"),
        0,
        receipt_url=f"http://127.0.0.1:{ports.receipts}/",
        username="parley",
        password="secret",
    )
    with (
        running(north) as north_control,
        running(south) as south_control,
        bearerbox(folder, ports, north.port, south.port) as box,
    ):
        yield Chain(folder, box, north_control, south_control)


@pytest.fixture(params=["north", "south"])
def connection(request: pytest.FixtureRequest, chain: Chain) -> Iterator[str]:
    """Each test runs over SMPP (north) and over HTTP (south), and leaves the operators as they were."""
    yield request.param
    for port in chain.control.values():
        control.set_behaviour(port, **Behaviour().as_dict())


def test_a_message_goes_through_and_its_receipt_comes_back(chain: Chain, connection: str) -> None:
    reference = chain.send(connection, "+79120000001", "Hello")

    chain.wait_for_reports(reference, ACCEPTED, DELIVERED)
    wait_for(lambda: counts(chain.folder / f"{connection}.record").messages["+79120000001"] == 1)


def test_an_undelivered_message_is_reported_as_failed(chain: Chain, connection: str) -> None:
    control.set_behaviour(chain.control[connection], undelivered=1)

    reference = chain.send(connection, "+79120000002", "Hello")

    chain.wait_for_reports(reference, ACCEPTED, FAILED)


def test_an_expired_message_is_reported_as_expired(chain: Chain, connection: str) -> None:
    control.set_behaviour(chain.control[connection], expired=1)

    reference = chain.send(connection, "+79120000003", "Hello")

    chain.wait_for_reports(reference, ACCEPTED, EXPIRED)


def test_a_refused_message_is_reported_as_rejected(chain: Chain, connection: str) -> None:
    control.set_behaviour(chain.control[connection], rejected=1)

    reference = chain.send(connection, "+79120000004", "Hello")

    chain.wait_for_reports(reference, REJECTED)


@pytest.mark.parametrize("pressure", ["throttled", "queue_full"])
def test_a_message_refused_for_now_comes_again(chain: Chain, connection: str, pressure: str) -> None:
    control.set_behaviour(chain.control[connection], **{pressure: 1})

    reference = chain.send(connection, "+79120000005", f"Hello {pressure}")

    chain.wait_for_reports(reference, ACCEPTED, DELIVERED)


def test_a_long_cyrillic_text_arrives_in_parts_with_one_receipt(chain: Chain, connection: str) -> None:
    reference = chain.send(connection, "+79120000006", "Привет " * 20)

    chain.wait_for_reports(reference, ACCEPTED, DELIVERED)

    def parts_taken() -> list[int]:
        parts = counts(chain.folder / f"{connection}.record").parts
        return sorted(part for number, part, _ in parts if number == "+79120000006")

    wait_for(lambda: parts_taken() == [1, 2, 3])


def test_a_doubled_receipt_is_reported_once(chain: Chain, connection: str) -> None:
    control.set_behaviour(chain.control[connection], duplicate_receipts=1)

    reference = chain.send(connection, "+79120000007", "Hello")

    chain.wait_for_reports(reference, ACCEPTED, DELIVERED)
    wait_for(lambda: control.status(chain.control[connection])["counts"]["delivered"] >= 1)


def test_a_customer_who_answers_is_heard(chain: Chain, connection: str) -> None:
    control.set_behaviour(chain.control[connection], reply=1, reply_text="СТОП")

    chain.send(connection, "+79120000008", "Hello")

    def heard() -> bool:
        chain.box.read(0.05)
        return any(
            event["sms_type"] == MO and event["sender"] in (b"+79120000008", b"79120000008")
            for event in chain.box.events
        )

    wait_for(heard)


def test_an_injected_message_is_heard(chain: Chain, connection: str) -> None:
    control.inbound(chain.control[connection], "+79120000009", "1234", f"Stop € {connection}")

    def heard() -> bool:
        chain.box.read(0.05)
        return any(
            event["sms_type"] == MO and event["msgdata"] == f"Stop € {connection}".encode()
            for event in chain.box.events
        )

    wait_for(heard)


def test_messages_wait_while_the_operator_is_cut_and_go_when_it_is_back(
    chain: Chain, connection: str
) -> None:
    control.cut(chain.control[connection])
    reference = chain.send(connection, "+79120000010", "Hello")
    chain.box.read(1)
    assert chain.reports(reference) == []

    control.restore(chain.control[connection])

    chain.wait_for_reports(reference, ACCEPTED, DELIVERED)
