"""Calling Kannel back over HTTP: a few kept-open connections, a queue before them, more tries on trouble.

With several addresses, of the gateways of one account, each connection goes to the next one when its own does not answer.
"""

import asyncio
from collections import Counter, deque
from itertools import cycle, islice
from typing import NamedTuple, Self
from urllib.parse import urlsplit

CONNECTIONS = 4
TIMEOUT_SECONDS = 10.0
RETRY_SECONDS = 0.5
# Kannel answers "Unknown DLR" for good when a receipt was too early or is a second one.
TRIES_WHEN_REFUSED = 3


class Address(NamedTuple):
    """Where receipts are taken."""

    host: str
    port: int
    path: str

    @classmethod
    def read(cls, url: str) -> Self:
        """Raises ValueError for anything but an HTTP address."""
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"The receipt address must be like http://127.0.0.1:14000/, not {url}.")
        return cls(parts.hostname, parts.port or 80, parts.path or "/")


class Callbacks:
    """A queue of GET requests to any of the addresses in `urls`, which blanks separate.

    What cannot be delivered is tried until `stop`, and after `start`.
    """

    tries = TRIES_WHEN_REFUSED

    def __init__(self, urls: str, counts: Counter[str]) -> None:
        self._addresses = [Address.read(url) for url in urls.split() or [""]]
        self._counts = counts
        self._queue: deque[tuple[str, str, int]] = deque()
        self._under_way = 0
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._work(number)) for number in range(CONNECTIONS)]

    async def stop(self) -> None:
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def waiting(self) -> int:
        return len(self._queue) + self._under_way

    def add(self, query: str, kind: str, tries: int = 0) -> None:
        """Queue a request with this query; `kind` names what is counted."""
        self._queue.append((query, kind, tries))
        self._wake.set()

    async def _work(self, number: int) -> None:
        """Connection after connection. They are shared out over the addresses."""
        for address in islice(cycle(self._addresses), number, None):
            while not self._queue:
                self._wake.clear()
                await self._wake.wait()
            try:
                async with asyncio.timeout(TIMEOUT_SECONDS):
                    reader, writer = await asyncio.open_connection(address.host, address.port)
            except (OSError, TimeoutError):
                await asyncio.sleep(RETRY_SECONDS)
                continue
            try:
                await self._talk(reader, writer, address)
            finally:
                writer.close()

    async def _talk(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: Address
    ) -> None:
        """Send what is queued over one connection until that is empty or the connection fails."""
        while self._queue:
            query, kind, tries = self._queue.popleft()
            self._under_way += 1
            is_answered = False
            try:
                async with asyncio.timeout(TIMEOUT_SECONDS):
                    answer = await self._ask(reader, writer, address, query)
                is_answered = True
            except (
                OSError,
                TimeoutError,
                ValueError,
                asyncio.IncompleteReadError,
                asyncio.LimitOverrunError,
            ):
                return
            finally:
                self._under_way -= 1
                if not is_answered:
                    self._queue.appendleft((query, kind, tries))
            self._answered(answer, query, kind, tries)

    def _answered(self, answer: bytes, query: str, kind: str, tries: int) -> None:
        if answer.startswith(b"Sent"):
            self._counts[f"{kind} accepted"] += 1
            self._counts[f"{kind} sent"] += 1
        elif tries + 1 < self.tries:
            asyncio.get_running_loop().call_later(RETRY_SECONDS, self.add, query, kind, tries + 1)
        else:
            self._counts[f"{kind} refused"] += 1
            self._counts[f"{kind} sent"] += 1

    async def _ask(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: Address, query: str
    ) -> bytes:
        """The body of the answer to one GET request."""
        request = f"GET {address.path}?{query} HTTP/1.1\r\nHost: {address.host}:{address.port}\r\n\r\n"
        writer.write(request.encode())
        await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        return await reader.readexactly(length)
