"""One connection of ours to a bearerbox, for handing messages over. Reports do not come back here (see listener.py)."""

import os
import select
import socket
import time
import uuid
from collections.abc import Iterable, Sequence

import structlog

from kannel.models import Gateway
from kannel.wire import Ack, Admin, Command, Decoder, Message, Nack, Sms, WireError, encode

logger = structlog.get_logger(__name__)

CONNECT_TIMEOUT_SECONDS = 5.0
WRITE_TIMEOUT_SECONDS = 10.0
# Bearerbox takes about one new connection of a box in a second (bb_boxc.c sleeps after each accept).
RECONNECT_AFTER_SECONDS = (1.0, 2.0, 4.0, 8.0)
CHUNK_BYTES = 256 * 1024


class LinkBroken(Exception):
    """The connection is gone. Of ``unanswered`` nobody can say here whether bearerbox has them."""

    def __init__(self, reason: str, unanswered: Sequence[uuid.UUID] = ()) -> None:
        super().__init__(reason)
        self.unanswered = list(unanswered)


class Link:
    """Pipelines messages to one bearerbox and matches its answers by UUID. For one thread at a time."""

    def __init__(self, host: str, port: int, box_id: str) -> None:
        self.host, self.port, self.box_id = host, port, box_id
        self.is_suspended = False
        self._socket: socket.socket | None = None
        self._decoder = Decoder()
        self._unanswered: dict[uuid.UUID, None] = {}
        self._answers: list[tuple[uuid.UUID, int]] = []
        self._failures = 0
        self._not_before = 0.0

    @property
    def is_open(self) -> bool:
        return self._socket is not None

    @property
    def unanswered_count(self) -> int:
        return len(self._unanswered)

    def connect(self) -> None:
        """Connects and says who we are. Raises LinkBroken if that fails, or if it is too early to try again."""
        if time.monotonic() < self._not_before:
            raise LinkBroken("waiting before the next try")
        try:
            opened = socket.create_connection((self.host, self.port), CONNECT_TIMEOUT_SECONDS)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            opened.settimeout(WRITE_TIMEOUT_SECONDS)
            opened.sendall(encode(Admin(Command.IDENTIFY, self.box_id.encode())))
        except OSError as error:
            wait = RECONNECT_AFTER_SECONDS[min(self._failures, len(RECONNECT_AFTER_SECONDS) - 1)]
            self._failures += 1
            self._not_before = time.monotonic() + wait
            raise LinkBroken(type(error).__name__) from error
        self._socket, self._decoder, self._failures, self.is_suspended = opened, Decoder(), 0, False

    def submit_many(self, messages: Iterable[Sms]) -> None:
        """Writes all of them; the answers come later, through answers().

        Reads while it writes, so that neither side waits for the other. Raises LinkBroken with everything unanswered.
        """
        frames = bytearray()
        for sms in messages:
            self._unanswered[sms.id] = None
            frames += encode(sms)
        view = memoryview(frames)
        deadline = time.monotonic() + WRITE_TIMEOUT_SECONDS
        while view:
            opened = self._opened()
            readable, writable, _ = select.select([opened], [opened], [], 1.0)
            if readable:
                self._read()
            if writable:
                view = view[self._write(view[:CHUNK_BYTES]) :]
            elif time.monotonic() > deadline:
                raise self._broken("bearerbox does not read")

    def answers(self, timeout_seconds: float) -> list[tuple[uuid.UUID, int]]:
        """The answers that have come, as (UUID, nack); waits up to ``timeout_seconds`` for the first one.

        Raises LinkBroken, but only after every answer that was read before has been given out.
        """
        if self._answers and not self.is_open:
            found, self._answers = self._answers, []
            return found
        opened = self._opened()
        wait = 0.0 if self._answers else timeout_seconds
        while select.select([opened], [], [], wait)[0]:
            self._read()
            wait = 0.0
        found, self._answers = self._answers, []
        return found

    def close(self) -> None:
        """Ends the connection. What is unanswered stays so."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._unanswered.clear()

    def _opened(self) -> socket.socket:
        if self._socket is None:
            raise self._broken("not connected")
        return self._socket

    def _write(self, data: memoryview) -> int:
        try:
            return self._opened().send(data, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise self._broken(type(error).__name__) from error

    def _read(self) -> None:
        try:
            data = self._opened().recv(CHUNK_BYTES)
        except OSError as error:
            raise self._broken(type(error).__name__) from error
        if not data:
            raise self._broken("bearerbox closed the connection")
        try:
            for message in self._decoder.feed(data):
                self._take(message)
        except WireError as error:
            raise self._broken(str(error)) from error

    def _take(self, message: Message) -> None:
        if isinstance(message, Ack):
            if message.id in self._unanswered:
                del self._unanswered[message.id]
                self._answers.append((message.id, message.nack))
            else:
                logger.warning("answer_to_nothing", nack=message.nack)
        elif isinstance(message, Admin):
            self._obey(message.command)
        elif isinstance(message, Sms):
            # Not ours to keep: bearerbox gives it to the next box of that name.
            self._socket_send(Ack(Nack.FAILED_FOR_NOW, message.time, message.id))

    def _obey(self, command: int) -> None:
        if command == Command.SUSPEND:
            self.is_suspended = True
        elif command == Command.RESUME:
            self.is_suspended = False
        elif command in (Command.SHUTDOWN, Command.RESTART):
            raise self._broken("bearerbox is stopping")

    def _socket_send(self, message: Message) -> None:
        try:
            self._opened().sendall(encode(message))
        except OSError as error:
            raise self._broken(type(error).__name__) from error

    def _broken(self, reason: str) -> LinkBroken:
        """Closes, and takes along what was unanswered; answers already read stay for answers()."""
        unanswered = list(self._unanswered)
        self.close()
        self._not_before = time.monotonic() + RECONNECT_AFTER_SECONDS[0]
        return LinkBroken(reason, unanswered)


_links: dict[tuple[str, int], Link] = {}


def link_to(gateway: Gateway) -> Link:
    """This process's connection to a gateway, opened if need be. Raises LinkBroken while it cannot be.

    Its name differs from the listener's, so that no report is ever given to it.
    """
    key = (gateway.host, gateway.box_port)
    link = _links.get(key)
    if link is None:
        link = _links[key] = Link(
            gateway.host, gateway.box_port, f"send-{socket.gethostname()[:12]}-{os.getpid()}"
        )
    if not link.is_open:
        link.connect()
    return link


def drop_link(gateway: Gateway) -> None:
    """Forgets the connection to a gateway; the next link_to() opens another."""
    link = _links.pop((gateway.host, gateway.box_port), None)
    if link is not None:
        link.close()
