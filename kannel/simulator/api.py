"""An operator with an API of one of three shapes, which Kannel's own driver cannot speak. See `kannel.simulator.shapes`."""

import asyncio
from typing import cast
from urllib.parse import urlsplit

from kannel.simulator.behaviour import REFUSED, Behaviour, Outcome
from kannel.simulator.callbacks import Address, Callbacks
from kannel.simulator.http import SHORTEST_RECEIPT_DELAY_SECONDS, Client, HttpOperator
from kannel.simulator.operator import Receipt
from kannel.simulator.record import Record
from kannel.simulator.shapes import SHAPES, Answer, Asked, Call, Shape

_WITH_RECEIPT = (Outcome.DELIVERED, Outcome.UNDELIVERED, Outcome.EXPIRED)
# Nobody knows what it costs to be refused a receipt for good; a real operator gives up some time, too.
TRIES = 20


class Posts(Callbacks):
    """POST requests to one address; a queued "query" is a whole body. Anything but 200 is tried again."""

    tries = TRIES

    def __init__(self, url: str, counts: object, content_type: str, secret: tuple[str, str]) -> None:
        super().__init__(url, counts)  # type: ignore[arg-type]
        head = f"Content-Type: {content_type}\r\n"
        if secret[0]:
            head += f"{secret[0]}: {secret[1]}\r\n"
        self._head = head

    async def _ask(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: Address, query: str
    ) -> bytes:
        body = query.encode()
        head = f"POST {address.path} HTTP/1.1\r\nHost: {address.host}:{address.port}\r\n{self._head}"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        answer = await reader.readuntil(b"\r\n\r\n")
        lines = answer.lower().split(b"\r\n")
        length = next(
            (int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length:")), 0
        )
        await reader.readexactly(length)
        return b"Sent" if lines[0].split(b" ")[1] == b"200" else b""


class ApiOperator(HttpOperator):
    """One API. Receipts go where each request says, or else to `receipt_url`, with `receipt_secret` as a header."""

    kind = "api"

    def __init__(
        self,
        name: str,
        behaviour: Behaviour,
        record: Record,
        port: int,
        *,
        shape: str,
        host: str = "127.0.0.1",
        receipt_url: str = "",
        receipt_secret: tuple[str, str] = ("", ""),
        username: str = "",
        password: str = "",
        answer_delay_seconds: float = 0.0,
    ) -> None:
        super().__init__(name, behaviour, record, port, host=host, username=username, password=password)
        self.shape: Shape = SHAPES[shape]()
        self.receipt_url, self.receipt_secret = receipt_url, receipt_secret
        self.answer_delay_seconds = answer_delay_seconds
        self._posts: dict[str, Posts] = {}

    async def listen(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: ApiClient(self), self.host.split(","), self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        for posts in self._posts.values():
            posts.start()

    async def close(self) -> None:
        await super().close()
        for posts in self._posts.values():
            await posts.stop()

    def waiting(self) -> int:
        return sum(posts.waiting() for posts in self._posts.values())

    def send(self, receipt: Receipt) -> None:
        url = str(receipt.session or self.receipt_url)
        if not url or receipt.text is not None:
            self.counts["receipts without an address"] += 1
            return
        if url not in self._posts:
            self._posts[url] = Posts(url, self.counts, self.shape.receipt_type, self.receipt_secret)
            self._posts[url].start()
        body = self.shape.receipt(receipt.part_id, receipt.destination, receipt.outcome)
        self._posts[url].add(body.decode(), "receipts")

    def answer(self, call: Call) -> Answer | None:
        """What a call is answered with; None: nothing. Status 0 breaks the connection."""
        if not self.shape.knows(call, self.username, self.password):
            self.counts["wrong account"] += 1
            return self.shape.refused(None)
        try:
            asked = self.shape.asked(call)
        except (KeyError, ValueError, LookupError, TypeError):
            self.counts["malformed"] += 1
            return self.shape.refused(Outcome.REJECTED)
        return self._take_whole(asked)

    def _take_whole(self, asked: Asked) -> Answer | None:
        destination, body = f"+{asked.to}", asked.text.encode()
        outcome, decision = self.judge(destination, body)
        message_id = "-" if outcome in REFUSED else self.shape.id_of(self.new_id(), asked)
        self.write_down(destination, message_id, (0, 1, 1), 0, outcome, body, asked.sender)
        if outcome in REFUSED:
            return self.shape.refused(outcome, asked)
        if outcome is Outcome.CUT_OFF:
            return 0, ""
        if outcome is Outcome.UNANSWERED:
            return None
        if outcome in _WITH_RECEIPT:
            # Where the request says to call is kept with the receipt.
            receipt = Receipt(message_id, destination, asked.sender, 1, outcome, asked.receipt_url)
            if decision.has_early_receipt:
                self.send(receipt)
            else:
                self.plan_receipts(receipt, decision, SHORTEST_RECEIPT_DELAY_SECONDS)
        return self.shape.taken(message_id, asked)


class ApiClient(Client):
    """One HTTP/1.1 connection; whole requests come with method, headers and body."""

    def _request(self, head: bytes, body: bytes) -> None:
        operator = cast("ApiOperator", self._operator)
        first, *lines = head.decode("latin-1").split("\r\n")
        words = first.split(" ")
        headers = {
            name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
        }
        if len(words) != 3:
            self.drop()
            return
        answer = operator.answer(Call(words[0], urlsplit(words[1]).path, headers, body))
        if answer is None:
            return
        delay = operator.answer_delay_seconds
        if delay:
            asyncio.get_running_loop().call_later(delay, self._reply, *answer)
        else:
            self._reply(*answer)

    def _reply(self, status: int, text: str) -> None:
        if status == 0:
            self.drop()
        elif self._transport is not None:
            body = text.encode()
            kind = cast("ApiOperator", self._operator).shape.content_type
            head = f"HTTP/1.1 {status} -\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
            self._transport.write(head.encode() + body)
