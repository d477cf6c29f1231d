import json
import socket
from contextlib import ExitStack

import pytest

from kannel.simulator import control, pdu
from kannel.simulator.behaviour import Behaviour
from kannel.simulator.record import Record
from kannel.simulator.smpp import SmppOperator
from tests.kannel.simulator.operators import running, wait_for
from tests.kannel.simulator.smpp_client import SmppClient


@pytest.fixture
def operator() -> SmppOperator:
    return SmppOperator("north", Behaviour(), Record(None), 0)


@pytest.fixture
def port(operator: SmppOperator, stack: ExitStack) -> int:
    return stack.enter_context(running(operator))


def test_status_tells_what_the_operator_did(operator: SmppOperator, port: int) -> None:
    with SmppClient(operator.port) as client:
        client.bind()
        client.submit("+79120000001")
        client.receive()

        status = control.status(port)

    assert (status["name"], status["kind"], status["cut"], status["binds"]) == ("north", "smpp", False, 1)
    assert status["counts"]["delivered"] == 1
    assert status["receipts_waiting"] == 1
    assert status["behaviour"]["reply_text"] == "STOP"


def test_cut_drops_the_binds_and_refuses_new_ones_until_restore(operator: SmppOperator, port: int) -> None:
    with SmppClient(operator.port) as client:
        client.bind()

        assert control.cut(port)["cut"] is True

        with pytest.raises(ConnectionError):
            client.receive()
    with pytest.raises(ConnectionRefusedError):
        SmppClient(operator.port)
    control.cut(port)

    assert control.restore(port)["cut"] is False
    control.restore(port)
    with SmppClient(operator.port) as client:
        assert client.bind().status == pdu.OK


def test_the_behaviour_changes_while_running(operator: SmppOperator, port: int) -> None:
    control.set_behaviour(port, rejected=1)

    with SmppClient(operator.port) as client:
        client.bind()
        client.submit("+79120000001")
        assert client.receive().status == pdu.INVALID_DESTINATION


def test_an_inbound_message_reaches_the_client(operator: SmppOperator, port: int) -> None:
    with SmppClient(operator.port) as client:
        client.bind()
        control.inbound(port, "+79120000001", "1234", "STOP €")

        message = client.receive()
        client.accept(message)
        wait_for(lambda: operator.counts["inbound accepted"] == 1)

    assert message.command == pdu.DELIVER_SM
    assert b"79120000001\0" in message.body
    assert message.body.endswith(b"\x08STOP \x1be"[1:])


def test_a_refused_inbound_message_comes_again(operator: SmppOperator, port: int) -> None:
    with SmppClient(operator.port) as client:
        client.bind()
        control.inbound(port, "+79120000001", "1234", "STOP")
        message = client.receive()

        client.send(pdu.DELIVER_SM | pdu.RESPONSE, b"\0", status=0x64, sequence=message.sequence)

        assert client.receive().body == message.body


def test_a_wrong_value_is_refused_with_its_sentence(port: int) -> None:
    with pytest.raises(control.ControlError, match=r"^rejected is a share"):
        control.set_behaviour(port, rejected=2)


@pytest.mark.parametrize(
    "question", ["cut", "[]", "{}", '{"do": "dance"}', '{"do": "inbound"}', '{"do": "set"}']
)
def test_what_is_not_understood_is_answered_so(port: int, question: str) -> None:
    with socket.create_connection(("127.0.0.1", port), 3) as connection:
        connection.sendall(question.encode() + b"\n")
        answer = json.loads(connection.makefile().readline())

    assert answer["error"].startswith("Not understood: ")


def test_an_endless_line_ends_the_talk_and_nothing_else(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), 3) as connection:
        connection.sendall(b"x" * (2 * control.MAX_LINE_BYTES))
        with pytest.raises(ConnectionError):
            connection.sendall(b"x" * (100 * control.MAX_LINE_BYTES))

    assert control.status(port)["name"] == "north"


def test_a_port_taken_by_others_meanwhile_is_told_on_restore(operator: SmppOperator, port: int) -> None:
    control.cut(port)
    with (
        socket.create_server(("127.0.0.1", operator.port)),
        pytest.raises(control.ControlError, match="The port cannot be opened"),
    ):
        control.restore(port)

    assert control.restore(port)["cut"] is False


def test_an_operator_that_does_not_run_is_told(port: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent_port = silent.getsockname()[1]
        with pytest.raises(control.ControlError, match="No operator answers on control port"):
            control.status(silent_port, timeout_seconds=0.1)
