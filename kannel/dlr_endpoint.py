"""What an smsbox calls: a small ASGI application that answers 200 only after the event is committed.

smsbox forgets an event as soon as it has 200, and after any other answer but 202 it tries again or drops it (PROTOCOL.md, 4).
Calls that arrive together are committed together.

``uvicorn kannel.dlr_endpoint:application``
"""

import asyncio
import os
import time
import uuid
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
django.setup()

import hmac  # noqa: E402
from functools import lru_cache  # noqa: E402

import structlog  # noqa: E402
from django.db import DatabaseError, InterfaceError, connection  # noqa: E402
from django.db.models import Q  # noqa: E402

from kannel import dlr_urls  # noqa: E402
from kannel.beats import Heart  # noqa: E402
from kannel.events import NewEvent, moment, write  # noqa: E402
from kannel.models import Connection, Event, Gateway, Process  # noqa: E402
from kannel.receipt_text import unmarked, without_words  # noqa: E402
from kannel.unmarked import recognised  # noqa: E402

logger = structlog.get_logger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# Kannel's id, ours, which attempt, and what it is about.
Call = tuple[uuid.UUID, int | None, int, int | None]

BATCH = 500
# Until the writer has looked it up, and where a connection is not one of ours.
UNKNOWN_GATEWAY = 0
LARGEST_TYPE = 127
"""Bits that Kannel knows: 1, 2, 4, 8, 16, 32, 64."""
# Clocks of two hosts may differ.
AHEAD_SECONDS = 86_400
# Calls that were kept lately are answered and not kept again: smsbox repeats some, and anybody could who saw one.
REMEMBERED = 50_000


class Malformed(Exception):
    """The query lacks something; smsbox is configured wrongly."""


class Endpoint:
    """The application. One writer thread commits what has gathered while it was committing the batch before."""

    def __init__(self) -> None:
        self.waiting: list[tuple[NewEvent, asyncio.Future[bool]]] = []
        self.has_work = asyncio.Event()
        self.writer: asyncio.Task[None] | None = None
        self.thread = ThreadPoolExecutor(max_workers=1)
        self.forged = 0
        self.kept: OrderedDict[Call, None] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            status = await self._answer(scope)
            body = b"" if status == 200 else f"{status}\n".encode()
            headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    async def _live(self, receive: Receive, send: Send) -> None:
        heart: Heart | None = None
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                heart = Heart(Process.Kind.DLR_ENDPOINT)
                heart.start()
                await send({"type": "lifespan.startup.complete"})
            else:
                if heart is not None:
                    await asyncio.to_thread(heart.stop)
                if self.writer is not None:
                    self.writer.cancel()
                self.thread.shutdown()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _answer(self, scope: Scope) -> int:
        try:
            event = self._event(scope["path"], scope["query_string"].decode("latin-1"))
        except dlr_urls.ForgedToken:
            self.forged += 1
            logger.warning("forged_token", count=self.forged)
            return 403
        except Malformed as error:
            logger.warning("malformed_call", why=str(error))
            return 400
        if event is None:
            return 404
        call = (event.kannel_id, event.message_id, event.attempt, event.dlr_type)
        if call in self.kept:
            return 200
        if not await self._committed(event):
            return 503
        self.kept[call] = None
        if len(self.kept) > REMEMBERED:
            self.kept.popitem(last=False)
        return 200

    def _event(self, path: str, query: str) -> NewEvent | None:
        if path.startswith(dlr_urls.PATH):
            return _report(path.removeprefix(dlr_urls.PATH), _values(query))
        if path.startswith(dlr_urls.INBOUND_PATH):
            given = path.removeprefix(dlr_urls.INBOUND_PATH)
            if not hmac.compare_digest(given.encode(), dlr_urls.inbound_secret().encode()):
                raise dlr_urls.ForgedToken
            return _inbound(_values(query))
        return None

    async def _committed(self, event: NewEvent) -> bool:
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.waiting.append((event, done))
        self.has_work.set()
        if self.writer is None or self.writer.done():
            self.writer = asyncio.create_task(self._write())
        return await done

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self.has_work.wait()
            batch, self.waiting = self.waiting[:BATCH], self.waiting[BATCH:]
            if not self.waiting:
                self.has_work.clear()
            is_kept = await loop.run_in_executor(self.thread, _keep, [event for event, _ in batch])
            for _, done in batch:
                if not done.done():
                    done.set_result(is_kept)


def _keep(events: list[NewEvent]) -> bool:
    try:
        write([_known(event._replace(gateway_id=_gateway_of(event.connection_name))) for event in events])
    except (DatabaseError, InterfaceError) as error:
        logger.warning("not_kept", events=len(events), error=type(error).__name__)
        connection.close()
        _gateway_of.cache_clear()
        return False
    return True


def _known(event: NewEvent) -> NewEvent:
    """A receipt that came as an inbound message, as what it is."""
    if event.kind != Event.Kind.INBOUND or unmarked(event.text) is None:
        return event
    gateway = Gateway.objects.filter(pk=event.gateway_id).first()
    return recognised(gateway, event) if gateway else event


def _values(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}


def _report(token: str, values: dict[str, str]) -> NewEvent:
    message_id, attempt = dlr_urls.read_token(token)
    dlr_type = _number(values, "type")
    if not 0 < dlr_type <= LARGEST_TYPE:
        raise Malformed("type is out of range")
    return NewEvent(
        gateway_id=UNKNOWN_GATEWAY,
        kind=Event.Kind.REPORT,
        kannel_id=_id(values),
        connection_name=values.get("smsc", ""),
        text=without_words(values.get("text", "").replace("\0", "")),
        occurred_at=_at(values),
        message_id=message_id,
        attempt=attempt,
        dlr_type=dlr_type,
        smsc_message_id=values.get("foreign", ""),
    )


def _inbound(values: dict[str, str]) -> NewEvent:
    if not values.get("from"):
        raise Malformed("from is missing")
    return NewEvent(
        gateway_id=UNKNOWN_GATEWAY,
        kind=Event.Kind.INBOUND,
        kannel_id=_id(values),
        connection_name=values.get("smsc", ""),
        text=values.get("text", ""),
        occurred_at=_at(values),
        sender=values["from"],
        recipient=values.get("to", ""),
    )


def _number(values: dict[str, str], name: str) -> int:
    try:
        return int(values.get(name) or 0)
    except ValueError as error:
        raise Malformed(f"{name} is no number") from error


def _at(values: dict[str, str]) -> datetime:
    """When it happened; now, where Kannel does not say."""
    epoch_seconds = _number(values, "at")
    if epoch_seconds > time.time() + AHEAD_SECONDS:
        raise Malformed("at has not come yet")
    return moment(epoch_seconds)


def _id(values: dict[str, str]) -> uuid.UUID:
    try:
        return uuid.UUID(values["id"])
    except (KeyError, ValueError) as error:
        raise Malformed("id is no UUID") from error


@lru_cache(maxsize=256)
def _gateway_of(smsc_id: str) -> int:
    """The gateway of a connection, the first of several of one account. Only for the writer's thread: it may ask the database."""
    lines = Connection.objects.filter(Q(account=smsc_id) | Q(name=smsc_id, account=""))
    found = lines.order_by("pk").values_list("gateway_id", flat=True).first()
    return found or UNKNOWN_GATEWAY


application = Endpoint()
