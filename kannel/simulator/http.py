"""An operator with an HTTP API, as Kannel's generic driver wants it.

    GET /send?to=%p&from=%P&coding=%c&udh=%u&text=%b&dlr-mask=%d      (any path; POST with a form works too)
    OK 1764000000000001          taken; status-success-regex ^OK, generic-foreign-id-regex ^OK ([0-9A-F]+)
    ERROR 11 invalid number      refused for good; status-permfail-regex ^ERROR
    BUSY throttled               refused for now; status-tempfail-regex ^BUSY

Receipts and inbound messages are GET requests to the receipt address, answered "Sent" by Kannel. With a user
name, both directions must carry username and password.
"""

import asyncio
from typing import cast
from urllib.parse import quote, unquote_to_bytes, urlsplit

from kannel.simulator.behaviour import Behaviour, Outcome
from kannel.simulator.callbacks import Callbacks
from kannel.simulator.operator import Operator, Receipt
from kannel.simulator.pdu import PduError, split_header
from kannel.simulator.record import Record

MAX_REQUEST_BYTES = 1 << 16
# Kannel stores the key of a receipt only when it has read our answer, which comes on another connection.
SHORTEST_RECEIPT_DELAY_SECONDS = 0.05
_MASKS = {Outcome.DELIVERED: 1, Outcome.UNDELIVERED: 2, Outcome.EXPIRED: 34}
_ANSWERS = {
    Outcome.REJECTED: "ERROR 11 invalid number",
    Outcome.THROTTLED: "BUSY throttled",
    Outcome.QUEUE_FULL: "BUSY queue full",
}


class HttpOperator(Operator):
    """An operator one sends to by GET and that calls back with receipts."""

    kind = "http"

    def __init__(
        self,
        name: str,
        behaviour: Behaviour,
        record: Record,
        port: int,
        *,
        host: str = "127.0.0.1",
        receipt_url: str = "",
        username: str = "",
        password: str = "",
    ) -> None:
        super().__init__(name, behaviour, record)
        self.host = host
        self.port = port
        self.username = username
        self.password = password
        self.clients: set[Client] = set()
        self._server: asyncio.Server | None = None
        self._callbacks = Callbacks(receipt_url, self.counts) if receipt_url else None

    async def listen(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Client(self), self.host.split(","), self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        if self._callbacks is not None:
            self._callbacks.start()

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for client in list(self.clients):
            client.drop()
        if self._callbacks is not None:
            await self._callbacks.stop()

    def waiting(self) -> int:
        return self._callbacks.waiting() if self._callbacks is not None else 0

    def send(self, receipt: Receipt) -> None:
        if self._callbacks is None:
            self.counts["receipts without an address"] += 1
            return
        values = {"username": self.username, "password": self.password} if self.username else {}
        if receipt.text is not None:
            values |= {"from": receipt.destination, "to": receipt.source, "text": receipt.text}
        else:
            values |= {
                "dlr-mid": receipt.part_id,
                "dlr-mask": str(_MASKS[receipt.outcome]),
                "to": receipt.destination,
                "text": receipt.wording(),
            }
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in values.items())
        self._callbacks.add(query, "inbound" if receipt.text is not None else "receipts")

    def take(self, values: dict[str, bytes]) -> str | None:
        """The answer to a send request, or None if none is to go out; "" breaks the connection."""
        if self.username and (values.get("username"), values.get("password")) != (
            self.username.encode(),
            self.password.encode(),
        ):
            self.counts["wrong password"] += 1
            return "ERROR 1 wrong user name or password"
        try:
            destination = "+" + values["to"].decode("ascii").strip().lstrip("+")
            source = values.get("from", b"").decode("utf-8", "replace")
            body = values["text"]
            coding = int(values.get("coding") or 0)
            mask = int(values["dlr-mask"]) if values.get("dlr-mask") else 3
            reference, total, part = 0, 1, 1
            if values.get("udh"):
                reference, total, part, _ = split_header(values["udh"] + b"\0")
        except (KeyError, ValueError, PduError):
            self.counts["malformed"] += 1
            return "ERROR 2 wrong parameters"
        outcome, decision = self.judge(destination, body)
        number = self.new_id()
        answer = _ANSWERS.get(outcome, f"OK {self.answer_id(number)}")
        message_id = "-" if outcome in _ANSWERS else self.answer_id(number)
        self.write_down(destination, message_id, (reference, total, part), coding, outcome, body, source)
        if outcome is Outcome.CUT_OFF:
            return ""
        if outcome is Outcome.UNANSWERED:
            return None
        if outcome in _MASKS and mask & 3:
            receipt = Receipt(self.receipt_id(number), destination, source, 1, outcome)
            if decision.has_early_receipt:
                self.send(receipt)
            else:
                self.plan_receipts(receipt, decision, SHORTEST_RECEIPT_DELAY_SECONDS)
        return answer


def read_form(query: bytes) -> dict[str, bytes]:
    """The parameters of a query or form as octets: Kannel sends UCS-2 and headers raw, percent-encoded."""
    pairs = (pair.partition(b"=") for pair in query.split(b"&") if pair)
    return {
        name.decode("ascii", "replace"): unquote_to_bytes(value.replace(b"+", b" "))
        for name, _, value in pairs
    }


class Client(asyncio.Protocol):
    """One HTTP/1.1 connection to the operator; requests may be pipelined."""

    def __init__(self, operator: HttpOperator) -> None:
        self._operator = operator
        self._transport: asyncio.Transport | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._operator.clients.add(self)
        self._operator.counts["connections"] += 1

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._operator.clients.discard(self)

    def drop(self) -> None:
        if self._transport is not None:
            self._transport.abort()
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._transport is not None:
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                if len(self._buffer) > MAX_REQUEST_BYTES:
                    self.drop()
                return
            length = content_length(head)
            if length is None or length > MAX_REQUEST_BYTES:
                self.drop()
                return
            if len(rest) < length:
                return
            self._buffer = rest[length:]
            self._request(head, rest[:length])

    def _request(self, head: bytes, body: bytes) -> None:
        words = head.split(b"\r\n", 1)[0].split(b" ")
        if len(words) != 3 or words[0] not in (b"GET", b"POST"):
            self._answer("400 Bad Request", "ERROR 2 wrong request")
            return
        query = urlsplit(words[1]).query if words[0] == b"GET" else body
        answer = self._operator.take(read_form(query))
        if answer:
            self._answer("200 OK", answer)
        elif answer == "":
            self.drop()

    def _answer(self, status: str, text: str) -> None:
        if self._transport is not None:
            head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(text)}\r\n\r\n"
            self._transport.write((head + text).encode())


def content_length(head: bytes) -> int | None:
    """Octets of the body that the head announces, 0 without the header, None if it is no number."""
    for line in head.lower().split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name == b"content-length":
            return int(value) if value.strip().isdigit() else None
    return 0
