"""What Kannel's HTTP driver calls for each message, and operators for receipts and customers' messages: an ASGI application.

``uvicorn kannel.adapters.application:application --host 127.0.0.1``. On loopback; a proxy before it lets ``/receipts/``
and ``/inbound/`` through only.
"""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
django.setup()

import asyncio  # noqa: E402
from collections.abc import Awaitable, Callable, MutableMapping  # noqa: E402
from concurrent.futures import ThreadPoolExecutor  # noqa: E402
from dataclasses import replace  # noqa: E402
from typing import Any, TypeVar  # noqa: E402
from urllib.parse import unquote_to_bytes  # noqa: E402

import structlog  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import DatabaseError, InterfaceError, connections  # noqa: E402
from django.db import connection as database  # noqa: E402

from kannel import events  # noqa: E402
from kannel.adapters import addresses, health  # noqa: E402
from kannel.adapters.answers import LATER, NO, UNKNOWN_ID  # noqa: E402
from kannel.adapters.bringing import Brought, Kannel  # noqa: E402
from kannel.adapters.carrying import UCS2, VALIDITY_MINUTES, Message, carry, text_of  # noqa: E402
from kannel.adapters.lines import Line, Lines  # noqa: E402
from kannel.adapters.memory import Memory  # noqa: E402
from kannel.adapters.placeholders import PLAIN  # noqa: E402
from kannel.adapters.receipts import UNDER_WAY, Receipt  # noqa: E402
from kannel.beats import Heart  # noqa: E402
from kannel.models import Process  # noqa: E402
from kannel.values import ConfigurationError  # noqa: E402

logger = structlog.get_logger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
T = TypeVar("T")

CALL_AT_MOST_BYTES = 1 << 20
BEAT_SECONDS = 5.0
THREADS_FOR_RECEIPTS = 8
# Operators are quicker than Kannel, which keeps a message's id only once it has read our answer.
WAIT_FOR_KANNEL_SECONDS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)


class Adapters:
    """The application. Each line has as many threads as Kannel has messages under way on it."""

    def __init__(self, memory: Memory | None = None) -> None:
        self.lines, self.kannel = Lines(), Kannel()
        self.memory = memory or Memory(settings.REDIS_URL)
        self.threads: dict[tuple[str, int], ThreadPoolExecutor] = {}
        self.reading = ThreadPoolExecutor(max_workers=1)
        self.bringing = ThreadPoolExecutor(max_workers=THREADS_FOR_RECEIPTS)
        self.under_way: set[str] = set()
        self.beating: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            status, text = await self._answer(scope, receive)
            body = text.encode()
            headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    async def _live(self, receive: Receive, send: Send) -> None:
        heart: Heart | None = None
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.beating = asyncio.create_task(self._beat())
                heart = Heart(Process.Kind.ADAPTERS)
                heart.start()
                await send({"type": "lifespan.startup.complete"})
            else:
                if heart is not None:
                    await asyncio.to_thread(heart.stop)
                if self.beating is not None:
                    self.beating.cancel()
                self.reading.submit(connections.close_all)
                for pool in (self.reading, self.bringing, *self.threads.values()):
                    pool.shutdown(wait=False)
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _beat(self) -> None:
        while True:
            await self._in(self.reading, health.beat)
            await asyncio.sleep(BEAT_SECONDS)

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, str]:
        purpose, _, rest = scope["path"].lstrip("/").partition("/")
        name, _, secret = rest.partition("/")
        if f"/{purpose}/" == addresses.SEND:
            return await self._message(scope, name)
        if f"/{purpose}/" in (addresses.RECEIPTS, addresses.INBOUND):
            return await self._of_operator(scope, receive, f"/{purpose}/", name, secret)
        return (200, "alive\n") if scope["path"] == addresses.HEALTH else (404, "404\n")

    # Messages, from Kannel.

    async def _message(self, scope: Scope, name: str) -> tuple[int, str]:
        values = _octets(scope["query_string"])
        secret = values.get("password", b"").decode("latin-1")
        if scope["method"] != "GET" or not addresses.is_secret(secret, addresses.SEND, name):
            logger.warning("forged_call")
            return 403, "403\n"
        if values.get("udh") or not values.get("id") or not values.get("to"):
            return 200, f"{NO} only whole texts are carried"
        line = await self._line(name)
        if line is None:
            return 200, f"{LATER} no such connection"
        message = Message(
            id=values["id"].decode("ascii", "replace"),
            to=values["to"].decode("ascii", "replace").strip(),
            sender=values.get("from", b"").decode("utf-8", "replace"),
            text=text_of(values.get("text", b""), values.get("coding", b"").decode("ascii", "replace")),
            coding=UCS2 if values.get("coding") == UCS2.encode() else PLAIN,
            validity_minutes=_minutes(values.get("validity", b"")),
        )
        self.under_way.add(message.id)
        try:
            return 200, await self._in(self._threads(line), carry, line, message, self.memory)
        finally:
            self.under_way.discard(message.id)

    def _threads(self, line: Line) -> ThreadPoolExecutor:
        key = (line.name, line.window)
        if key not in self.threads:
            self.threads[key] = ThreadPoolExecutor(max_workers=line.window)
        return self.threads[key]

    # Receipts and messages of customers, from operators.

    async def _of_operator(
        self, scope: Scope, receive: Receive, purpose: str, name: str, secret: str
    ) -> tuple[int, str]:
        line = await self._line(name)
        if line is None or (purpose == addresses.INBOUND and line.inbound is None):
            return 404, "404\n"
        given = _header(scope, line.receipt_header) if line.receipt_header else secret
        if not addresses.is_secret(given, addresses.RECEIPTS, name):
            logger.warning("forged_call_of_operator", connection=name)
            return 403, "403\n"
        body = scope["query_string"] if scope["method"] == "GET" else await _body(receive)
        if body is None:
            return 413, "413\n"
        if purpose == addresses.INBOUND:
            return await self._inbound(line, body)
        return await self._receipts(line, body)

    async def _receipts(self, line: Line, body: bytes) -> tuple[int, str]:
        receipts = line.receipts.read(body)
        if not receipts:
            logger.warning("receipt_not_understood", connection=line.name)
            return 400, "400\n"
        for receipt in receipts:
            if receipt.state != UNDER_WAY and not await self._bring(line, receipt):
                return 503, "503\n"
        return 200, line.receipt_answer

    async def _inbound(self, line: Line, body: bytes) -> tuple[int, str]:
        """Committed before the operator is told that we have it."""
        messages = line.inbound.read(body) if line.inbound else []
        if not messages:
            logger.warning("inbound_not_understood", connection=line.name)
            return 400, "400\n"
        kept = [one.event(line.gateway_id, line.name) for one in messages]
        if not await self._in(self.reading, _keep, kept):
            return 503, "503\n"
        return 200, line.inbound_answer

    async def _bring(self, line: Line, receipt: Receipt) -> bool:
        """Whether Kannel has it, or will never want it."""
        if receipt.operator_id in self.under_way:
            return False  # an operator that names our own ids, and is quicker with the receipt than with its answer
        for wait_seconds in (*WAIT_FOR_KANNEL_SECONDS, None):
            brought = await self._in(self.bringing, self.kannel.bring, line.receipt_port, receipt)
            if brought is not Brought.FITS_NOTHING:
                return brought is Brought.TAKEN
            if wait_seconds is not None:
                await asyncio.sleep(wait_seconds)
        # Where nobody knew whether it was taken, Kannel has it by an id of ours.
        of_unknown = replace(receipt, operator_id=f"{UNKNOWN_ID}{receipt.operator_id}")
        brought = await self._in(self.bringing, self.kannel.bring, line.receipt_port, of_unknown)
        if brought is Brought.FITS_NOTHING:
            logger.info("receipt_fits_nothing", connection=line.name)
        return brought is not Brought.AWAY

    # Both.

    async def _line(self, name: str) -> Line | None:
        try:
            return await self._in(self.reading, self.lines.get, name)
        except (ConfigurationError, DatabaseError, InterfaceError) as error:
            logger.warning("line_not_read", connection=name, error=type(error).__name__)
            return None

    async def _in(self, pool: ThreadPoolExecutor, work: Callable[..., T], *words: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(pool, work, *words)


def _keep(found: list[events.NewEvent]) -> bool:
    """Whether they are committed."""
    try:
        events.write(found)
    except (DatabaseError, InterfaceError) as error:
        logger.warning("inbound_not_kept", events=len(found), error=type(error).__name__)
        database.close()
        return False
    return True


def _octets(query: bytes) -> dict[str, bytes]:
    """Parameters as octets: Kannel hands UTF-16 over raw, percent-encoded."""
    pairs = (pair.partition(b"=") for pair in query.split(b"&") if pair)
    return {
        name.decode("ascii", "replace"): unquote_to_bytes(value.replace(b"+", b" "))
        for name, _, value in pairs
    }


def _minutes(given: bytes) -> int:
    """For how long a message is still valid; Kannel gives nothing for one without an end."""
    return max(1, int(given)) if given.isdigit() and len(given) < 6 else VALIDITY_MINUTES


def _header(scope: Scope, name: str) -> str:
    wanted = name.lower().encode("ascii", "replace")
    found = next((value for header, value in scope["headers"] if header == wanted), b"")
    return str(found.decode("latin-1"))


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None if it is longer than any receipt."""
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if len(body) > CALL_AT_MOST_BYTES:
            return None
        if not message.get("more_body"):
            return body


application = Adapters()
