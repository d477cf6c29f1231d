from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from kannel.simulator import pdu
from kannel.simulator.record import counts, read
from kannel.simulator.smpp import SmppOperator
from tests.kannel.simulator.operators import wait_for
from tests.kannel.simulator.smpp_client import SmppClient, submit_body

NUMBER = "+79120000001"
SUBMIT_ANSWER = pdu.SUBMIT_SM | pdu.RESPONSE
Bound = Callable[..., SmppClient]
StartSmpp = Callable[..., SmppOperator]


@pytest.mark.parametrize("command", [pdu.BIND_TRANSMITTER, pdu.BIND_RECEIVER, pdu.BIND_TRANSCEIVER])
def test_a_bind_is_answered_with_the_name_of_the_operator(start_smpp: StartSmpp, command: int) -> None:
    with SmppClient(start_smpp().port) as client:
        assert client.bind(command) == (command | pdu.RESPONSE, pdu.OK, 1, b"north\0")


def test_a_wrong_password_is_refused(start_smpp: StartSmpp) -> None:
    with SmppClient(start_smpp().port) as client:
        assert client.bind(password=b"wrong").status == pdu.INVALID_PASSWORD


def test_a_bind_is_refused_with_the_status_asked_for(start_smpp: StartSmpp) -> None:
    with SmppClient(start_smpp(bind_status=13).port) as client:
        assert client.bind().status == 13


def test_a_second_bind_of_a_session_is_refused(bound: Bound) -> None:
    assert bound().bind().status == pdu.ALREADY_BOUND


def test_a_malformed_bind_is_refused(start_smpp: StartSmpp) -> None:
    with SmppClient(start_smpp().port) as client:
        assert client.ask(pdu.BIND_TRANSCEIVER, b"no end").status == pdu.SYSTEM_ERROR


def test_enquire_link_and_unbind_are_answered(bound: Bound) -> None:
    client = bound()

    assert client.ask(pdu.ENQUIRE_LINK)[:2] == (pdu.ENQUIRE_LINK | pdu.RESPONSE, pdu.OK)
    assert client.ask(pdu.UNBIND)[:2] == (pdu.UNBIND | pdu.RESPONSE, pdu.OK)
    client.submit(NUMBER)
    assert client.receive().status == pdu.WRONG_BIND_STATE


def test_an_unknown_command_gets_a_generic_nack(bound: Bound) -> None:
    assert bound().ask(0x03)[:2] == (pdu.GENERIC_NACK, pdu.INVALID_COMMAND)


def test_an_unknown_answer_is_passed_over(bound: Bound) -> None:
    client = bound()

    client.send(pdu.ENQUIRE_LINK | pdu.RESPONSE)
    client.send(pdu.DELIVER_SM | pdu.RESPONSE, sequence=99)

    assert client.ask(pdu.ENQUIRE_LINK).command == pdu.ENQUIRE_LINK | pdu.RESPONSE


def test_an_impossible_length_gets_a_nack_and_ends_the_connection(bound: Bound) -> None:
    client = bound()

    client.send_octets(pdu.header.pack(5, pdu.SUBMIT_SM, 0, 7))

    assert client.receive()[:3] == (pdu.GENERIC_NACK, pdu.INVALID_LENGTH, 7)
    with pytest.raises(ConnectionError):
        client.receive()


def test_a_pdu_that_comes_in_two_pieces_is_understood(bound: Bound) -> None:
    client = bound()
    octets = pdu.pdu(pdu.SUBMIT_SM, 0, 5, submit_body(NUMBER, b"Hello", 0))

    client.send_octets(octets[:21])
    with pytest.raises(TimeoutError):
        client.receive(timeout_seconds=0.1)
    client.send_octets(octets[21:])

    assert client.receive()[:3] == (SUBMIT_ANSWER, pdu.OK, 5)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        submit_body(NUMBER, b"Hello")[:-2],
        submit_body(NUMBER, b"Hello") + b"\x04\x24",
        submit_body(NUMBER, b"Hello") + b"\x04\x24\x00\x09short",
        submit_body(NUMBER, b"\x09", esm_class=pdu.UDH_INDICATOR),
    ],
)
def test_a_malformed_submit_is_refused(bound: Bound, body: bytes) -> None:
    assert bound().ask(pdu.SUBMIT_SM, body)[:2] == (SUBMIT_ANSWER, pdu.SYSTEM_ERROR)


def test_a_submit_is_answered_and_its_receipt_names_the_same_id(bound: Bound) -> None:
    client = bound()

    client.submit(NUMBER)
    answer, receipt = client.receive(), client.receive()

    message_id = answer.body.rstrip(b"\0")
    assert receipt.command == pdu.DELIVER_SM
    assert b"id:" + message_id + b" sub:001 dlvrd:001" in receipt.body
    assert b"stat:DELIVRD err:000" in receipt.body
    assert pdu.tlv(pdu.RECEIPTED_MESSAGE_ID, message_id + b"\0") in receipt.body
    assert pdu.tlv(pdu.MESSAGE_STATE, b"\x02") in receipt.body


@pytest.mark.parametrize(("share", "stat"), [("undelivered", b"UNDELIV"), ("expired", b"EXPIRED")])
def test_a_message_that_does_not_arrive_is_reported_so(bound: Bound, share: str, stat: bytes) -> None:
    client = bound(**{share: 1}, receipt_tlvs=False)

    client.submit(NUMBER)

    assert client.receive().status == pdu.OK
    assert b"stat:" + stat in client.receive().body


def test_no_receipt_comes_when_none_is_asked_for(bound: Bound) -> None:
    client = bound()

    client.submit(NUMBER, registered=0)

    assert client.receive().command == SUBMIT_ANSWER
    assert client.ask(pdu.ENQUIRE_LINK).command == pdu.ENQUIRE_LINK | pdu.RESPONSE


def test_only_failures_are_reported_when_only_they_are_asked_for(bound: Bound) -> None:
    client = bound(undelivered=1)

    client.submit(NUMBER, registered=2)

    assert client.receive().command == SUBMIT_ANSWER
    assert b"stat:UNDELIV" in client.receive().body


def test_a_share_without_receipts_stays_silent(bound: Bound) -> None:
    client = bound(no_receipt=1)

    client.submit(NUMBER)

    assert client.receive().status == pdu.OK
    assert client.ask(pdu.ENQUIRE_LINK).command == pdu.ENQUIRE_LINK | pdu.RESPONSE


def test_a_rejected_submit_has_no_id_and_no_receipt(bound: Bound) -> None:
    client = bound(rejected=1)

    client.submit(NUMBER)

    assert client.receive()[1:] == (pdu.INVALID_DESTINATION, 2, b"")
    assert client.ask(pdu.ENQUIRE_LINK).command == pdu.ENQUIRE_LINK | pdu.RESPONSE


@pytest.mark.parametrize(("share", "status"), [("throttled", pdu.THROTTLED), ("queue_full", pdu.QUEUE_FULL)])
def test_pressure_refuses_a_message_once(bound: Bound, share: str, status: int) -> None:
    client = bound(**{share: 1})

    client.submit(NUMBER, registered=0)
    first = client.receive().status
    client.submit(NUMBER, registered=0)

    assert (first, client.receive().status) == (status, pdu.OK)


def test_submits_above_the_rate_are_throttled(bound: Bound) -> None:
    client = bound(max_per_second=5)

    for _ in range(30):
        client.submit(NUMBER, registered=0)

    statuses = [client.receive().status for _ in range(30)]
    assert 5 <= statuses.count(pdu.OK) <= 10  # a second may have turned in between
    assert statuses.count(pdu.THROTTLED) == 30 - statuses.count(pdu.OK)


def test_an_unanswered_submit_is_taken_and_answered_when_it_comes_again(
    bound: Bound, record_path: Path
) -> None:
    client = bound(unanswered=1)

    client.submit(NUMBER, registered=0)
    second = client.submit(NUMBER, registered=0)

    assert client.receive()[:3] == (SUBMIT_ANSWER, pdu.OK, second)
    wait_for(lambda: counts(record_path).messages[NUMBER] == 2)
    assert counts(record_path).doubled == 1


def test_the_link_drops_at_every_third_submit(bound: Bound, record_path: Path) -> None:
    client = bound(drop_every=3)

    for _ in range(3):
        client.submit(NUMBER, registered=0)

    assert [client.receive().sequence for _ in range(2)] == [2, 3]
    with pytest.raises(ConnectionError):
        client.receive()
    wait_for(lambda: counts(record_path).messages[NUMBER] == 3)


@pytest.mark.parametrize(("in_answer", "in_receipt"), [(True, True), (True, False), (False, True)])
def test_message_ids_may_be_written_differently_in_answer_and_receipt(
    bound: Bound, in_answer: bool, in_receipt: bool
) -> None:
    client = bound(hex_answer_ids=in_answer, hex_receipt_ids=in_receipt)

    client.submit(NUMBER)
    answer, receipt = client.receive(), client.receive()

    number = int(answer.body.rstrip(b"\0"), 16 if in_answer else 10)
    expected = f"id:{number:X} " if in_receipt else f"id:{number} "
    assert expected.encode() in receipt.body


def test_a_duplicate_receipt_is_the_same_again(bound: Bound) -> None:
    client = bound(duplicate_receipts=1)

    client.submit(NUMBER)
    client.receive()

    assert client.receive().body == client.receive().body


def test_an_early_receipt_comes_before_the_answer(bound: Bound) -> None:
    client = bound(early_receipts=1)

    client.submit(NUMBER)

    assert [client.receive().command, client.receive().command] == [pdu.DELIVER_SM, SUBMIT_ANSWER]


def test_a_receipt_waits_for_its_delay(bound: Bound) -> None:
    client = bound(receipt_delay_min_seconds=0.3, receipt_delay_max_seconds=0.4)
    client.submit(NUMBER)
    client.receive()

    with pytest.raises(TimeoutError):
        client.receive(timeout_seconds=0.2)

    assert client.receive().command == pdu.DELIVER_SM


def test_a_refused_receipt_comes_again(bound: Bound) -> None:
    client = bound()
    client.submit(NUMBER)
    client.receive()
    first = client.receive()

    client.send(pdu.DELIVER_SM | pdu.RESPONSE, b"\0", status=0x64, sequence=first.sequence)

    assert client.receive().body == first.body


def test_receipts_wait_for_a_session_that_receives(start_smpp: StartSmpp, stack: ExitStack) -> None:
    operator = start_smpp()
    sender = stack.enter_context(SmppClient(operator.port))
    sender.bind(pdu.BIND_TRANSMITTER)
    sender.submit(NUMBER)
    sender.receive()
    assert operator.waiting() == 1

    receiver = stack.enter_context(SmppClient(operator.port))
    receiver.bind(pdu.BIND_RECEIVER)

    assert b"stat:DELIVRD" in receiver.receive().body


def test_an_unanswered_receipt_goes_to_the_next_session(start_smpp: StartSmpp) -> None:
    operator = start_smpp()
    with SmppClient(operator.port) as first:
        first.bind()
        first.submit(NUMBER)
        first.receive()
        receipt = first.receive()
    with SmppClient(operator.port) as second:
        second.bind()
        again = second.receive()
        second.accept(again)
        wait_for(lambda: operator.waiting() == 0)

    assert again.body == receipt.body


def test_a_share_of_the_customers_answers(bound: Bound) -> None:
    client = bound(reply=1, reply_text="СТОП")

    client.submit(NUMBER)
    client.receive()
    client.receive()

    assert "СТОП".encode("utf-16-be") in client.receive().body


def test_a_long_answer_travels_as_payload(bound: Bound) -> None:
    client = bound(reply=1, reply_text="a" * 300)

    client.submit(NUMBER)
    client.receive()
    client.receive()

    assert client.receive().body.endswith(pdu.tlv(pdu.MESSAGE_PAYLOAD, b"a" * 300))


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"\x05\x00\x03\x2a\x03\x02", (42, 3, 2)),
        (b"\x06\x08\x04\x01\x2a\x03\x02", (298, 3, 2)),
        (b"\x04\x05\x02\x00\x01", (0, 1, 1)),
    ],
)
def test_the_record_tells_parts_by_their_header(
    bound: Bound, record_path: Path, header: bytes, expected: tuple[int, int, int]
) -> None:
    client = bound()

    client.submit(NUMBER, header + b"Hello", registered=0, esm_class=pdu.UDH_INDICATOR)
    client.receive()

    wait_for(lambda: list(read(record_path)))
    [part] = read(record_path)
    assert (part.reference, part.total, part.part) == expected


def test_a_payload_counts_as_the_text(bound: Bound, record_path: Path) -> None:
    client = bound()

    client.send(pdu.SUBMIT_SM, submit_body(NUMBER, b"") + pdu.tlv(pdu.MESSAGE_PAYLOAD, b"Hello"))
    client.submit(NUMBER, b"Hello")

    wait_for(lambda: counts(record_path).messages[NUMBER] == 2)
    assert counts(record_path).doubled == 1
