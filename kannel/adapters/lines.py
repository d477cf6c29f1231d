"""A connection with its adapter, ready to carry messages: what was read of both, and the way to the operator."""

import ssl
import threading
import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cached_property
from math import ceil
from typing import Self

import urllib3
from django.db import DatabaseError, InterfaceError
from django.db import connection as database
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, SSLError

from kannel.adapters.addresses import receipt_url
from kannel.adapters.answers import AnswerRules
from kannel.adapters.bodies import AT_MOST_BYTES
from kannel.adapters.inbound import InboundRules
from kannel.adapters.receipts import ReceiptRules
from kannel.adapters.requests import Request, Template
from kannel.adapters.tokens import NoToken, TokenRules, Tokens
from kannel.models import Connection
from kannel.values import ConfigurationError

CONNECT_SECONDS = 5.0
RELOAD_SECONDS = 3.0
PAUSE_STATUSES = (429, 503)
# Kannel shows a message thirty times in seven minutes and then gives it up.
PAUSE_AT_MOST_SECONDS = 300.0


class NeverLeft(Exception):
    """No connection came about: the operator has nothing of it."""


class NoAnswer(Exception):
    """The request has left, or may have, and no whole answer came."""


class Pause:
    """How long an operator has asked us to leave it alone (RFC 9110, 10.2.3, Retry-After)."""

    def __init__(self) -> None:
        self._until = 0.0

    def ask(self, retry_after: str) -> None:
        """Takes over what the header says: seconds or a moment; nothing if it says neither."""
        if retry_after.isascii() and retry_after.isdigit():
            seconds = float(retry_after[:6])
        else:
            try:
                seconds = parsedate_to_datetime(retry_after).timestamp() - time.time()
            except (TypeError, ValueError):
                return
        self._until = time.monotonic() + min(max(seconds, 0.0), PAUSE_AT_MOST_SECONDS)

    def seconds_left(self) -> int:
        """Whole seconds; 0 if we may go on."""
        return max(0, ceil(self._until - time.monotonic()))


@dataclass(frozen=True, eq=False)
class Line:
    """One connection as it was read."""

    fingerprint: tuple[object, ...]
    name: str
    gateway_id: int
    host: str
    port: int
    use_tls: bool
    username: str
    password: str
    receipt_port: int
    window: int
    answer_seconds: int
    receipt_header: str
    receipt_answer: str
    template: Template
    answers: AnswerRules
    receipts: ReceiptRules
    inbound: InboundRules | None = None
    inbound_answer: str = ""
    token_rules: TokenRules | None = None
    tokens: Tokens = field(default_factory=Tokens)
    pause: Pause = field(default_factory=Pause)

    @classmethod
    def of(cls, connection: Connection) -> Self:
        """Raises ConfigurationError if its adapter makes no sense."""
        adapter = connection.adapter
        if adapter is None:
            raise LookupError(connection.name)
        return cls(
            fingerprint=_fingerprint(connection),
            name=connection.name,
            gateway_id=connection.gateway_id or 0,
            host=connection.host,
            port=connection.port,
            use_tls=connection.use_tls,
            username=connection.username,
            password=connection.password,
            receipt_port=connection.receipt_port or 0,
            window=connection.window,
            answer_seconds=adapter.answer_seconds,
            receipt_header=adapter.receipt_header,
            receipt_answer=adapter.receipt_answer,
            template=Template.of(adapter),
            answers=AnswerRules.of(adapter),
            receipts=ReceiptRules.of(adapter),
            inbound=InboundRules.of(adapter),
            inbound_answer=adapter.inbound_answer,
            token_rules=TokenRules.of(adapter),
        )

    @cached_property
    def account(self) -> dict[str, str]:
        """The placeholders that are the same for every message."""
        return {
            "username": self.username,
            "password": self.password,
            "token": "",
            "receipt_url": receipt_url(self.name, with_secret=not self.receipt_header),
        }

    def account_now(self) -> dict[str, str]:
        """The account with a token that holds, where the operator gives tokens.

        Raises AccountRefused, NoToken or NeverLeft: nothing of a message has left then.
        """
        if self.token_rules is None:
            return self.account
        try:
            return self.account | {"token": self.tokens.get(self.token_rules, self.account, self.ask)}
        except NoAnswer as error:
            raise NoToken(str(error)) from error

    @cached_property
    def pool(self) -> urllib3.HTTPConnectionPool:
        """Connections to the operator that stay open."""
        kind = urllib3.HTTPSConnectionPool if self.use_tls else urllib3.HTTPConnectionPool
        return kind(self.host, self.port, maxsize=self.window, block=False)

    def ask(self, request: Request) -> tuple[int, bytes]:
        """Status and body of the operator's answer. Nothing is repeated, no redirection followed.

        Raises NeverLeft or NoAnswer.
        """
        try:
            response = self.pool.urlopen(
                request.method,
                request.path,
                body=request.body or None,
                headers=request.headers,
                retries=False,
                redirect=False,
                timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=self.answer_seconds),
                preload_content=False,
            )
        except (NewConnectionError, ConnectTimeoutError) as error:
            raise NeverLeft(type(error).__name__) from error
        except SSLError as error:
            if isinstance(error.args[0], ssl.SSLCertVerificationError):
                raise NeverLeft("certificate") from error
            raise NoAnswer(type(error).__name__) from error
        except (HTTPError, OSError) as error:
            raise NoAnswer(type(error).__name__) from error
        return self._read(response)

    def _read(self, response: urllib3.BaseHTTPResponse) -> tuple[int, bytes]:
        try:
            body = response.read(AT_MOST_BYTES, decode_content=True)
            response.drain_conn()
        except (HTTPError, OSError) as error:
            response.close()
            raise NoAnswer(type(error).__name__) from error
        response.release_conn()
        if response.status in PAUSE_STATUSES:
            self.pause.ask(response.headers.get("Retry-After", ""))
        return response.status, body


class Lines:
    """Lines by name, read again every few seconds; one that did not change keeps its open connections."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, Line | ConfigurationError | None]] = {}
        self._lock = threading.Lock()

    def get(self, name: str) -> Line | None:
        """The line, None if there is no such connection or it has no adapter. While the database is away, as it was.

        Raises ConfigurationError if its adapter makes no sense, DatabaseError if it was never read.
        """
        with self._lock:
            found = self._read_or_known(name)
        if isinstance(found, ConfigurationError):
            raise found
        return found

    def _read_or_known(self, name: str) -> Line | ConfigurationError | None:
        read_at, known = self._known.get(name, (float("-inf"), None))
        if time.monotonic() - read_at < RELOAD_SECONDS:
            return known
        line: Line | ConfigurationError | None
        try:
            row = _read(name)
        except (DatabaseError, InterfaceError):
            database.close()
            if known is None:
                raise
            line = known
        else:
            line = _line(row, known)
        self._known[name] = (time.monotonic(), line)
        return line


def _line(
    row: Connection | None, known: Line | ConfigurationError | None
) -> Line | ConfigurationError | None:
    """The known line if it is the same, with its open connections; or a fresh one."""
    if row is None or (isinstance(known, Line) and known.fingerprint == _fingerprint(row)):
        return known if row is not None else None
    try:
        return Line.of(row)
    except ConfigurationError as error:
        return error


def _read(name: str) -> Connection | None:
    rows = Connection.objects.filter(name=name, adapter__isnull=False)
    return rows.select_related("adapter").first()


_FIELDS = (
    "host",
    "port",
    "use_tls",
    "username",
    "password",
    "receipt_port",
    "window",
    "adapter_id",
    "gateway_id",
)


def _fingerprint(row: Connection) -> tuple[object, ...]:
    """Differs when anything does that a line is made of."""
    assert row.adapter is not None
    return (*(getattr(row, name) for name in _FIELDS), row.adapter.changed_at)
