"""Bearerbox's admin port: what state everything is in, and which messages its store holds.

One thread in bearerbox answers, and it hangs while Redis is away: every call has a time-out, and a hang is a state.
"""

import re
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import requests
from django.conf import settings

from kannel.models import Connection, Gateway

TIMEOUT_SECONDS = 3.0
STORE_TIMEOUT_SECONDS = 30.0
# A link takes its time to say goodbye to the operator.
COMMAND_TIMEOUT_SECONDS = 35.0

# status.xml does not escape its values (PROTOCOL.md, 2.1), so it is not always XML. Its elements are read one by one.
_SMSC = re.compile(r"<smsc>(.*?)</smsc>", re.DOTALL)
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DENIED = re.compile(r"\s*(<\?xml[^>]*>\s*)?(<gateway>\s*)?Denied")
_NUMBER_OF_BIND = re.compile(r"_\d+\Z")
_MESSAGE = re.compile(r"<message>(.*?)</message>", re.DOTALL)


class AdministrationError(Exception):
    """Bearerbox did not say. See the subclasses for what to do."""


class GatewayDown(AdministrationError):
    """Nobody answers at the admin port: start bearerbox, or correct the address."""


class GatewayHangs(AdministrationError):
    """It took the question and does not answer: look at Redis, then at the log of bearerbox."""


class AccessDenied(AdministrationError):
    """The password in our environment is not the one in kannel.conf."""


class CommandRefused(AdministrationError):
    """Bearerbox understood and did not do it: the connection is not there, or is in that state already."""


@dataclass(frozen=True)
class BindStatus:
    """One bind as bearerbox sees it; ``seconds`` since it is online, counts since bearerbox started."""

    name: str
    status: Connection.Status
    seconds: int
    queued: int
    failed: int
    sent: int = 0
    receipts: int = 0


@dataclass(frozen=True)
class ConnectionStatus:
    """A connection as bearerbox sees it: the best of its binds, and the sums of their counts."""

    status: Connection.Status
    seconds: int
    queued: int
    failed: int
    sent: int = 0
    receipts: int = 0
    binds: tuple[BindStatus, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether every bind is online."""
        return all(bind.status == Connection.Status.ONLINE for bind in self.binds)


@dataclass(frozen=True)
class GatewayStatus:
    """One look at a bearerbox."""

    status: Gateway.Status
    uptime_seconds: int
    storesize: int
    receipts_outstanding: int
    connections: Mapping[str, ConnectionStatus] = field(default_factory=dict)


def poll(gateway: Gateway) -> GatewayStatus:
    """The state of a gateway and of its connections, by name. Raises AdministrationError."""
    text = _get(gateway, "status.xml", settings.KANNEL_STATUS_PASSWORD, TIMEOUT_SECONDS).decode(
        "utf-8", "replace"
    )
    said = _element(text, "status")
    is_running = said.startswith(("running", "isolated"))
    return GatewayStatus(
        status=Gateway.Status.RUNNING if is_running else Gateway.Status.SUSPENDED,
        uptime_seconds=_uptime(said),
        storesize=_number(_element(text, "storesize")),
        receipts_outstanding=_number(_element(_element(text, "dlr"), "queued")),
        connections=_connections(_SMSC.findall(text), _names(gateway)),
    )


@dataclass(frozen=True)
class Store:
    """What bearerbox keeps until it is handled: everything by its id, and of it the reports on their way to our box.

    ``leaving`` counts the messages that no operator has answered for yet, by connection.
    """

    ids: frozenset[uuid.UUID]
    our_reports: frozenset[uuid.UUID]
    leaving: Mapping[str, int] = field(default_factory=dict)


def store(gateway: Gateway) -> Store:
    """The store as it is now. Raises AdministrationError."""
    page = _get(gateway, "store-status.xml", settings.KANNEL_STATUS_PASSWORD, STORE_TIMEOUT_SECONDS)
    entries = [
        (uuid.UUID(one), _element(text, "type"), _element(text, "box-id"), _element(text, "smsc-id"))
        for text in _MESSAGE.findall(page.decode("utf-8", "replace"))
        if _UUID.fullmatch(one := _element(text, "id"))
    ]
    reports = (one for one, kind, box, _ in entries if kind == "DLR-MO" and box == gateway.reports_to)
    leaving = Counter(name for _, kind, _, name in entries if kind.startswith("MT"))
    return Store(frozenset(one for one, *_ in entries), frozenset(reports), leaving)


def store_ids(gateway: Gateway) -> frozenset[uuid.UUID]:
    """The ids of everything in the store. Raises AdministrationError."""
    return store(gateway).ids


def smsbox_answers(gateway: Gateway) -> bool:
    """Whether the smsbox of a gateway answers at its sendsms port, whatever it says: one that stands still does not."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            session.get(f"http://{gateway.host}:{gateway.sendsms_port}/", timeout=TIMEOUT_SECONDS)
        except requests.exceptions.RequestException:
            return False
    return True


def remove_connection(gateway: Gateway, name: str) -> None:
    """Takes a bind out until it is added again; bearerbox gives back each message that it had queued for it alone.

    There is no command here that stops a link and leaves it in the list: with texts of several parts waiting for a link
    that is down, that ends bearerbox (PROTOCOL.md, 7). Never take out the only bind of a gateway: messages
    would vanish from the queue without a word. Raises AdministrationError; CommandRefused if there is no such bind.
    """
    _command(gateway, "remove-smsc", smsc=name)


def start_connection(gateway: Gateway, name: str) -> None:
    """Starts a dead link with what kannel.conf says of it now. Raises AdministrationError."""
    _command(gateway, "start-smsc", smsc=name)


def add_connection(gateway: Gateway, name: str) -> None:
    """Starts a link that kannel.conf has and bearerbox does not. Raises AdministrationError."""
    _command(gateway, "add-smsc", smsc=name)


def graceful_restart(gateway: Gateway) -> None:
    """Makes the links those of kannel.conf: new ones start, missing ones end, changed ones connect again.

    It says nothing of how that went: look at the status. Raises AdministrationError.
    """
    _command(gateway, "graceful-restart")


def shut_down(gateway: Gateway) -> None:
    """Ends bearerbox in order; whoever supervises it starts it again. Raises AdministrationError."""
    _command(gateway, "shutdown")


def restart(gateway: Gateway) -> None:
    """bearerbox ends in order and starts itself again, in another process. Raises AdministrationError."""
    _command(gateway, "restart")


def suspend(gateway: Gateway) -> None:
    """Bearerbox takes nothing more from us; links still send what they hold. Raises AdministrationError."""
    _command(gateway, "suspend")


def resume(gateway: Gateway) -> None:
    """Ends a suspension. Raises AdministrationError."""
    _command(gateway, "resume")


def _command(gateway: Gateway, command: str, **values: str) -> None:
    """Bearerbox answers every command with HTTP 200: whether it obeyed stands in the text."""
    answer = _get(gateway, command, settings.KANNEL_ADMIN_PASSWORD, COMMAND_TIMEOUT_SECONDS, **values)
    said = answer.decode("utf-8", "replace").strip()
    if said.startswith(("Could not", "Unknown", "SMSC id not given")):
        raise CommandRefused(said[:200])


def _get(gateway: Gateway, command: str, password: str, timeout_seconds: float, **values: str) -> bytes:
    with requests.Session() as session:
        # A proxy of the environment has no business with this address, which carries the password.
        session.trust_env = False
        try:
            answer = session.get(
                f"http://{gateway.host}:{gateway.admin_port}/{command}",
                params={"password": password, **values},
                timeout=timeout_seconds,
            )
        except requests.exceptions.ReadTimeout:
            raise GatewayHangs(gateway.name) from None
        except requests.exceptions.RequestException:
            # Without the cause: its text is the address with the password.
            raise GatewayDown(gateway.name) from None
    if _DENIED.match(answer.content[:200].decode("utf-8", "replace")):
        raise AccessDenied(gateway.name)
    return answer.content


# The best of several binds says what can leave.
_BEST = (
    Connection.Status.ONLINE,
    Connection.Status.CONNECTING,
    Connection.Status.RECONNECTING,
    Connection.Status.DISCONNECTED,
    Connection.Status.DEAD,
    Connection.Status.UNKNOWN,
)


def _names(gateway: Gateway) -> frozenset[str]:
    """Names of connections whose smsc-id is another word. Each of their binds still has the name in its own."""
    if gateway._state.adding:
        return frozenset()
    return frozenset(gateway.connections.exclude(account="").values_list("name", flat=True))


def _connections(found: Iterable[str], names: frozenset[str]) -> dict[str, ConnectionStatus]:
    by_name: dict[str, list[BindStatus]] = {}
    for text in found:
        bind = _bind(text)
        candidates = (bind.name, _NUMBER_OF_BIND.sub("", bind.name))
        name = next((one for one in candidates if one in names), _element(text, "id"))
        by_name.setdefault(name, []).append(bind)
    return {name: _together(binds) for name, binds in by_name.items()}


def _together(binds: list[BindStatus]) -> ConnectionStatus:
    best = min(binds, key=lambda bind: _BEST.index(bind.status))
    return ConnectionStatus(
        status=best.status,
        seconds=best.seconds,
        queued=sum(bind.queued for bind in binds),
        failed=sum(bind.failed for bind in binds),
        sent=sum(bind.sent for bind in binds),
        receipts=sum(bind.receipts for bind in binds),
        binds=tuple(binds),
    )


def _bind(text: str) -> BindStatus:
    word, _, age = _element(text, "status").partition(" ")
    known = set(Connection.Status.values)
    return BindStatus(
        name=_element(text, "admin-id") or _element(text, "id"),
        status=Connection.Status(word) if word in known else Connection.Status.UNKNOWN,
        seconds=_number(age),
        queued=_number(_element(text, "queued")),
        failed=_number(_element(text, "failed")),
        sent=_number(_element(_element(text, "sms"), "sent")),
        receipts=_number(_element(_element(text, "dlr"), "received")),
    )


def _element(text: str, name: str) -> str:
    found = re.search(rf"<{name}>(.*?)</{name}>", text, re.DOTALL)
    return found[1].strip() if found else ""


def _number(text: str) -> int:
    found = re.match(r"-?\d+", text)
    return int(found[0]) if found else 0


def _uptime(said: str) -> int:
    """Of "running, uptime 0d 1h 2m 3s"."""
    found = re.search(r"(\d+)d (\d+)h (\d+)m (\d+)s", said)
    if not found:
        return 0
    days, hours, minutes, seconds = map(int, found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
