"""The SMSC side of SMPP 3.4: one port, any number of sessions of one account."""

import asyncio
import socket
import time
from collections import deque
from typing import cast

from kannel.simulator import pdu, septets
from kannel.simulator.behaviour import Behaviour, Decision, Outcome
from kannel.simulator.operator import Operator, Receipt
from kannel.simulator.record import Record
from kannel.text import GSM_CODING, encode

RECEIPT_WINDOW = 200
RETRY_SECONDS = 1.0
# What a bind did not use it may use later, up to so many seconds' worth: a client's second does not begin with ours.
SAVED_SECONDS = 1.5
_STATUS = {
    Outcome.REJECTED: pdu.INVALID_DESTINATION,
    Outcome.THROTTLED: pdu.THROTTLED,
    Outcome.QUEUE_FULL: pdu.QUEUE_FULL,
}
_SUBMITS = frozenset({pdu.BIND_TRANSMITTER, pdu.BIND_TRANSCEIVER})
_RECEIVES = frozenset({pdu.BIND_RECEIVER, pdu.BIND_TRANSCEIVER})


class SmppOperator(Operator):
    """An SMSC. Receipts go to the session that submitted, or to another that receives; until then they wait."""

    kind = "smpp"

    def __init__(
        self,
        name: str,
        behaviour: Behaviour,
        record: Record,
        port: int,
        *,
        host: str = "127.0.0.1",
        password: str = "",
    ) -> None:
        super().__init__(name, behaviour, record)
        self.host = host
        self.port = port
        self.password = password
        self.sessions: set[Session] = set()
        self.parked: deque[Receipt] = deque()
        self._server: asyncio.Server | None = None

    async def listen(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Session(self), self.host.split(","), self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for session in list(self.sessions):
            session.drop()

    def binds(self) -> int:
        return sum(session.bound is not None for session in self.sessions)

    def waiting(self) -> int:
        return len(self.parked) + sum(len(session.unanswered) for session in self.sessions)

    def send(self, receipt: Receipt) -> None:
        session = receipt.session
        if not (isinstance(session, Session) and session.can_take_receipts()):
            free = (one for one in self.sessions if one.can_take_receipts())
            session = next(free, None)
        if session is None:
            self.parked.append(receipt)
        else:
            session.deliver(receipt)

    def send_parked(self) -> None:
        """Send what waited, as far as sessions can take it now."""
        while self.parked and any(session.can_take_receipts() for session in self.sessions):
            self.send(self.parked.popleft())


class Session(asyncio.Protocol):
    """One TCP connection of a client."""

    def __init__(self, operator: SmppOperator) -> None:
        self.operator = operator
        self.bound: int | None = None
        self.unanswered: dict[int, Receipt] = {}
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._out: list[bytes] = []
        self._is_reading = False
        self._sequence = 0
        self._may_submit = 0.0
        self._counted_at = 0.0

    # The connection.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.operator.sessions.add(self)
        self.operator.counts["connections"] += 1

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self.bound = None
        self.operator.sessions.discard(self)
        self.operator.parked.extendleft(reversed(self.unanswered.values()))
        self.unanswered = {}
        self.operator.send_parked()

    def drop(self) -> None:
        """Break the connection without a word."""
        if self._transport is not None:
            self._transport.abort()
        self._transport = None
        self.bound = None
        self._out.clear()

    def _acknowledge(self) -> None:
        """Send the TCP acknowledgement now.

        Kannel leaves Nagle's algorithm on: what it has to send next waits for the acknowledgement of its answer
        to a receipt, and to that we answer nothing. The usual 40 ms of delay held it to 250 messages a second.
        """
        if self._transport is not None:
            self._transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data if self._buffer else data
        at, end = 0, len(buffer)
        self._is_reading = True
        while end - at >= pdu.HEADER_BYTES and self._transport is not None:
            length, command, status, sequence = pdu.header.unpack_from(buffer, at)
            if not pdu.HEADER_BYTES <= length <= pdu.MAX_PDU_BYTES:
                self._refuse_stream(sequence)
                break
            if end - at < length:
                break
            self._handle(command, status, sequence, buffer[at : at + length])
            at += length
        self._is_reading = False
        self._buffer = buffer[at:]
        self._flush()
        self._acknowledge()
        if self.operator.parked:
            self.operator.send_parked()

    def _refuse_stream(self, sequence: int) -> None:
        """A length that cannot be: nothing after it can be told apart, so say so and close (SMPP 3.4, 4.3)."""
        self._write(pdu.pdu(pdu.GENERIC_NACK, pdu.INVALID_LENGTH, sequence))
        self._flush()
        if self._transport is not None:
            self._transport.close()
        self._transport = None
        self.bound = None

    def _write(self, octets: bytes) -> None:
        self._out.append(octets)
        if not self._is_reading:
            self._flush()

    def _flush(self) -> None:
        if self._out and self._transport is not None:
            self._transport.write(b"".join(self._out))
        self._out.clear()

    # What the client asks.

    def _handle(self, command: int, status: int, sequence: int, octets: bytes) -> None:
        if command == pdu.SUBMIT_SM:
            self._submit(sequence, octets)
        elif command == pdu.DELIVER_SM | pdu.RESPONSE or command == pdu.GENERIC_NACK:
            self._receipt_answered(status, sequence)
        elif command == pdu.ENQUIRE_LINK:
            self._write(pdu.pdu(command | pdu.RESPONSE, pdu.OK, sequence))
        elif command in _SUBMITS | _RECEIVES:
            self._bind(command, sequence, octets)
        elif command == pdu.UNBIND:
            self.bound = None
            self._write(pdu.pdu(command | pdu.RESPONSE, pdu.OK, sequence))
        elif not command & pdu.RESPONSE:
            self._write(pdu.pdu(pdu.GENERIC_NACK, pdu.INVALID_COMMAND, sequence))

    def _bind(self, command: int, sequence: int, octets: bytes) -> None:
        operator = self.operator
        status = operator.behaviour.bind_status
        try:
            bind = pdu.read_bind(octets[pdu.HEADER_BYTES :])
        except pdu.PduError:
            status = pdu.SYSTEM_ERROR
        else:
            if self.bound is not None:
                status = pdu.ALREADY_BOUND
            elif operator.password and bind.password != operator.password:
                status = pdu.INVALID_PASSWORD
        body = operator.name.encode() + b"\0" if status == pdu.OK else b""
        self._write(pdu.pdu(command | pdu.RESPONSE, status, sequence, body))
        operator.counts["binds refused" if status else "binds accepted"] += 1
        if status == pdu.OK:
            self.bound = command

    def _submit(self, sequence: int, octets: bytes) -> None:
        if self.bound not in _SUBMITS:
            self._answer_submit(sequence, pdu.WRONG_BIND_STATE)
            return
        try:
            submit = pdu.read_submit(octets)
        except pdu.PduError:
            self._answer_submit(sequence, pdu.SYSTEM_ERROR)
            return
        operator = self.operator
        outcome, decision = operator.judge(submit.destination, submit.body, is_too_fast=self._is_too_fast())
        number = operator.new_id()
        status = _STATUS.get(outcome, pdu.OK)
        answer_id = operator.answer_id(number)
        operator.write_down(
            submit.destination,
            "-" if status else answer_id,
            (submit.reference, submit.total, submit.part),
            submit.coding,
            outcome,
            submit.body,
            submit.source,
        )
        if outcome is Outcome.CUT_OFF:
            self._flush()
            self.drop()
        elif outcome is not Outcome.UNANSWERED:
            self._answer_and_report(sequence, status, number, submit, outcome, decision)

    def _is_too_fast(self) -> bool:
        """Whether this bind has used up what it may carry. Counts the submit that is asked about."""
        limit = self.operator.behaviour.bind_max_per_second
        if not limit:
            return False
        now = time.monotonic()
        self._may_submit = min(
            self._may_submit + (now - self._counted_at) * limit, max(1.0, limit * SAVED_SECONDS)
        )
        self._counted_at = now
        if self._may_submit < 1:
            return True
        self._may_submit -= 1
        return False

    def _answer_and_report(
        self,
        sequence: int,
        status: int,
        number: int,
        submit: pdu.Submit,
        outcome: Outcome,
        decision: Decision,
    ) -> None:
        """The answer to a submit, and the receipt after it; before it if the decision says so."""
        receipt = None
        if wants_receipt(submit.registered, outcome):
            receipt = Receipt(
                self.operator.receipt_id(number),
                submit.destination,
                submit.source,
                submit.source_ton,
                outcome,
                self,
            )
        if receipt is not None and decision.has_early_receipt:
            self.operator.send(receipt)
        self._answer_submit(sequence, status, self.operator.answer_id(number))
        if receipt is not None and not decision.has_early_receipt:
            self.operator.plan_receipts(receipt, decision)

    def _answer_submit(self, sequence: int, status: int, message_id: str = "") -> None:
        body = message_id.encode() + b"\0" if status == pdu.OK else b""
        self._write(pdu.pdu(pdu.SUBMIT_SM | pdu.RESPONSE, status, sequence, body))

    # What we hand to the client.

    def can_take_receipts(self) -> bool:
        return self.bound in _RECEIVES and len(self.unanswered) < RECEIPT_WINDOW

    def deliver(self, receipt: Receipt) -> None:
        self._sequence = self._sequence % 0x7FFFFFFF + 1
        self.unanswered[self._sequence] = receipt
        if receipt.text is None:
            body = self._receipt_body(receipt)
            self.operator.counts["receipts sent"] += 1
        else:
            body = inbound_body(receipt, receipt.text)
            self.operator.counts["inbound sent"] += 1
        self._write(pdu.pdu(pdu.DELIVER_SM, pdu.OK, self._sequence, body))

    def _receipt_body(self, receipt: Receipt) -> bytes:
        body = pdu.deliver_body(
            receipt.destination,
            receipt.source,
            receipt.source_ton,
            pdu.IS_RECEIPT,
            0,
            receipt.wording().encode(),
        )
        if self.operator.behaviour.receipt_tlvs:
            body += pdu.tlv(pdu.RECEIPTED_MESSAGE_ID, receipt.part_id.encode() + b"\0")
            body += pdu.tlv(pdu.MESSAGE_STATE, bytes([receipt.state]))
        return body

    def _receipt_answered(self, status: int, sequence: int) -> None:
        receipt = self.unanswered.pop(sequence, None)
        if receipt is None:
            return
        if status == pdu.OK:
            self.operator.counts["receipts accepted" if receipt.text is None else "inbound accepted"] += 1
        else:
            self.operator.counts["receipts refused" if receipt.text is None else "inbound refused"] += 1
            self.operator.after(RETRY_SECONDS, receipt)


def wants_receipt(registered: int, outcome: Outcome) -> bool:
    """Whether registered_delivery (SMPP 3.4, 5.2.17) asks for a receipt of this outcome."""
    if outcome is Outcome.DELIVERED:
        return registered & 3 == 1
    return registered & 3 != 0 and outcome in (Outcome.UNDELIVERED, Outcome.EXPIRED)


def inbound_body(message: Receipt, text: str) -> bytes:
    """The body of a deliver_sm with a text a phone sent."""
    coding, octets = encode(text)
    if coding == GSM_CODING:
        octets = septets.to_octets(text)
    return pdu.deliver_body(
        message.destination, message.source, message.source_ton, message.esm_class, 8 if coding else 0, octets
    )
