"""Gateway and Connection rows to kannel.conf: every value is checked before it can reach Kannel, then quoted.

After the reference configuration that was measured (facts, section 12). A bad value can kill a running bearerbox, so
nothing is passed through unchecked, and the written file is checked once more by Kannel's own test_cfg.
"""

import re
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urlencode

from django.conf import settings

from kannel.dlr_urls import inbound_url
from kannel.models import Connection, Gateway

Value = str | int | bool
Group = Mapping[str, Value]

# Where Debian's kannel-extras and a build from source put it.
CHECKERS = ("/usr/lib/kannel/test/test_cfg", "/usr/sbin/test_cfg", "/usr/local/sbin/test_cfg")
TEST_CFG_TIMEOUT_SECONDS = 10
# Kannel reads `include` anywhere in a line as a directive; a line end would begin a line of its own.
_DANGEROUS = re.compile(r"include|[\r\n\0]", re.IGNORECASE)
_ALLOWED = re.compile(r"[\x20-\x7e]*")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")
_HOST = re.compile(r"[A-Za-z0-9.-]{1,120}")
_PATH = re.compile(r"/[A-Za-z0-9._~/-]*")
_PARTS_PER_SECOND_AT_MOST = 10_000
_PORT_AT_MOST = 65_535
_REDIS_DATABASE_AT_MOST = 1023


class ConfigurationError(Exception):
    """A value that must not reach Kannel. ``field`` names it, the text says what is wrong."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def render(gateway: Gateway, connections: Iterable[Connection], directory: Path) -> str:
    """The whole kannel.conf of a gateway: bearerbox, its smsbox, and one group for each connection in use.

    ``directory`` is where Kannel keeps its store and its log. Raises ConfigurationError.
    """
    used = [connection for connection in connections if connection.is_enabled]
    _receipt_ports(used)
    groups: list[Group] = [
        _core(gateway, directory),
        {
            "group": "redis-connection",
            "id": "dlr",
            "host": _shaped("redis_host", gateway.redis_host, _HOST),
            "port": _port("redis_port", gateway.redis_port),
            "database": _in_range("redis_database", gateway.redis_database, 0, _REDIS_DATABASE_AT_MOST),
            "max-connections": 8,
        },
        _dlr_db(),
        *_smsbox(gateway, directory),
        *_route(gateway, used),
        *(_smsc(connection) for connection in used),
    ]
    return "\n".join(_group(group) for group in groups)


def _core(gateway: Gateway, directory: Path) -> Group:
    return {
        "group": "core",
        "admin-port": _port("admin_port", gateway.admin_port),
        "admin-interface": _shaped("host", gateway.host, _HOST),
        "admin-password": _secret("KANNEL_ADMIN_PASSWORD"),
        "status-password": _secret("KANNEL_STATUS_PASSWORD"),
        "admin-deny-ip": "*.*.*.*",
        "admin-allow-ip": "127.0.0.1",
        "smsbox-port": _port("box_port", gateway.box_port),
        "smsbox-interface": gateway.host,
        "smsbox-max-pending": 1000,
        "box-deny-ip": "*.*.*.*",
        "box-allow-ip": "127.0.0.1",
        "log-file": str(directory / "bearerbox.log"),
        # 4 is "panic" alone: as an error (3) Kannel tells the number of each receipt that fits nothing.
        "log-level": 4,
        # Survives kill -9 as the spool does, and grows slow only with a queue far longer than ours may be (pace.AT_MOST).
        # With the spool our whole path carried 481 messages/s (bearerbox 1793 us of CPU each), with the file 1379 (378 us).
        "store-type": "file",
        "store-location": str(directory / "kannel.store"),
        "dlr-storage": "redis",
        "sms-resend-freq": 15,
        "sms-resend-retry": 30,
        "sms-outgoing-queue-limit": 5000,
    }


def _dlr_db() -> Group:
    fields = ("smsc", "timestamp", "source", "destination", "service", "url", "mask", "status", "boxc-id")
    columns = ("smsc", "ts", "src", "dst", "svc", "url", "mask", "st", "box")
    group: dict[str, Value] = {"group": "dlr-db", "id": "dlr", "ttl": 604_800, "table": "dlr"}
    return group | {f"field-{field}": column for field, column in zip(fields, columns, strict=True)}


def _smsbox(gateway: Gateway, directory: Path) -> list[Group]:
    """bearerbox wants the group even where no smsbox runs. Its user may send over HTTP from this host only."""
    box: dict[str, Value] = {
        "group": "smsbox",
        "smsbox-id": gateway.smsbox_id or f"{gateway.name}-http",
        "bearerbox-host": gateway.host,
        "bearerbox-port": gateway.box_port,
        "sendsms-port": _port("sendsms_port", gateway.sendsms_port),
        "sendsms-interface": gateway.host,
        "sendsms-chars": "0123456789+",
        "log-file": str(directory / "smsbox.log"),
        "log-level": 4,
        "http-request-retry": 20,
        "http-queue-delay": 2,
        "http-timeout": 30,
    }
    user: dict[str, Value] = {
        "group": "sendsms-user",
        "username": settings.KANNEL_SENDSMS_USERNAME,
        "password": settings.KANNEL_SENDSMS_PASSWORD,
        "user-deny-ip": "*.*.*.*",
        "user-allow-ip": "127.0.0.1",
        "concatenation": True,
        "max-messages": 10,
    }
    service: dict[str, Value] = {
        "group": "sms-service",
        "keyword": "default",
        "get-url": inbound_url(),
        "max-messages": 0,
        "catch-all": True,
    }
    return [box, *([user] if settings.KANNEL_SENDSMS_PASSWORD else []), service]


def _route(gateway: Gateway, connections: list[Connection]) -> list[Group]:
    """A named smsbox gets inbound messages by such a route only; without one our listener takes them."""
    if not gateway.smsbox_id or not connections:
        return []
    names = ";".join(connection.name for connection in connections)
    return [{"group": "smsbox-route", "smsbox-id": gateway.smsbox_id, "smsc-id": names}]


def _smsc(connection: Connection) -> Group:
    common: dict[str, Value] = {
        "group": "smsc",
        "smsc": connection.kind,
        # A ; in it would be a list of several names.
        "smsc-id": _shaped("name", connection.name, _NAME),
        "smsc-admin-id": connection.name,
        # Without it a link takes messages that were routed, and priced, for another one.
        "allowed-smsc-id": connection.name,
        "throughput": _in_range(
            "throughput_per_second", connection.throughput_per_second, 1, _PARTS_PER_SECOND_AT_MOST
        ),
    }
    return common | (_smpp(connection) if connection.kind == Connection.Kind.SMPP else _http(connection))


def _smpp(connection: Connection) -> dict[str, Value]:
    return {
        "host": _shaped("host", connection.host, _HOST),
        "port": _port("port", connection.port),
        "smsc-username": connection.username,
        "smsc-password": connection.password,
        "system-type": connection.system_type,
        "transceiver-mode": True,
        "interface-version": "34",
        "max-pending-submits": _in_range("window", connection.window, 1, 100),
        **({"msg-id-type": f"0x0{connection.hex_message_ids}"} if connection.hex_message_ids else {}),
        # 2: an unanswered submit is tried again only over a new link; the default doubles messages.
        "wait-ack": 60,
        "wait-ack-expire": 2,
        "enquire-link-interval": 10,
        "reconnect-delay": 3,
    }


def _http(connection: Connection) -> dict[str, Value]:
    if connection.receipt_port is None:
        raise ConfigurationError("receipt_port", "An HTTP connection needs a port for its receipts.")
    for field in ("success_regex", "refused_regex", "message_id_regex"):
        _regex(field, getattr(connection, field))
    query = "to=%p&from=%P&coding=%c&udh=%u&text=%b&dlr-mask=%d"
    if connection.username:
        account = urlencode({"username": connection.username, "password": connection.password})
        # Kannel fills %p and the like in this address: a % of our own is written twice.
        query = f"{account.replace('%', '%%')}&{query}"
    host = _shaped("host", connection.host, _HOST)
    path = _shaped("path", connection.path or "/", _PATH)
    values: dict[str, Value] = {
        "system-type": "generic",
        "send-url": f"http://{host}:{_port('port', connection.port)}{path}?{query}",
        "port": _port("receipt_port", connection.receipt_port),
        "connect-allow-ip": "127.0.0.1",
        "status-success-regex": connection.success_regex,
        # The HTTP code is ignored: what matches nothing would be refused for good, a proxy's error page, too.
        "status-tempfail-regex": ".*",
        "max-pending-submits": _in_range("window", connection.window, 1, 100),
    }
    if connection.username:
        # Kannel then asks for both on the receipts, too.
        values |= {"smsc-username": connection.username, "smsc-password": connection.password}
    if connection.refused_regex:
        values["status-permfail-regex"] = connection.refused_regex
    if connection.message_id_regex:
        values["generic-foreign-id-regex"] = connection.message_id_regex
    return values


def _receipt_ports(connections: list[Connection]) -> None:
    """Kannel listens at the port of each HTTP connection, and only one of two can have it."""
    ports = [one.receipt_port for one in connections if one.kind == Connection.Kind.HTTP and one.receipt_port]
    if twice := sorted({port for port in ports if ports.count(port) > 1}):
        raise ConfigurationError("receipt_port", f"Two connections want port {twice[0]} for their receipts.")


def _secret(name: str) -> str:
    """A password of the environment. Without one Kannel shows its store, texts and all, to whoever asks."""
    if not (value := str(getattr(settings, name))):
        raise ConfigurationError(name, f"Set {name} in the environment to a long random password.")
    return value


def _shaped(field: str, value: str, shape: re.Pattern[str]) -> str:
    if not shape.fullmatch(value):
        raise ConfigurationError(field, "Latin letters, digits and the signs usual for it only, please.")
    return value


def _port(field: str, value: int) -> int:
    return _in_range(field, value, 1, _PORT_AT_MOST)


def _in_range(field: str, value: int, least: int, most: int) -> int:
    if not least <= value <= most:
        raise ConfigurationError(field, f"Between {least} and {most}, please, not {value}.")
    return value


def _regex(field: str, value: str) -> None:
    """Kannel panics on a regular expression that does not compile; POSIX is a subset of what Python accepts here."""
    try:
        re.compile(value)
    except re.error as error:
        raise ConfigurationError(field, f"This is no regular expression: {error}.") from error


# The SMPP driver does not start without this key, though its value is often empty.
MAY_BE_EMPTY = ("system-type",)


def _group(group: Group) -> str:
    return "".join(
        f"{key} = {_value(key, value)}\n"
        for key, value in group.items()
        if value != "" or key in MAY_BE_EMPTY
    )


def _value(key: str, value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    if _DANGEROUS.search(value):
        raise ConfigurationError(key, "Kannel would misread this value: no line ends or the word include.")
    if not _ALLOWED.fullmatch(value):
        raise ConfigurationError(key, "Latin letters, digits and common signs only.")
    if key == "group":
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def problems(text: str) -> str:
    """What Kannel's own checker says about a configuration; empty if it has nothing to say or is not installed."""
    checker = next((path for path in CHECKERS if Path(path).exists()), None)
    if checker is None:
        return ""
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(text)
        file.flush()
        done = subprocess.run(
            [checker, file.name],
            capture_output=True,
            text=True,
            timeout=TEST_CFG_TIMEOUT_SECONDS,
            check=False,
        )
    return (done.stdout + done.stderr).strip()[-400:] if done.returncode else ""


def write(text: str, path: Path) -> None:
    """Puts the file in its place at once or not at all, readable by its owner only: it holds passwords."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(text)
    fresh.replace(path)
