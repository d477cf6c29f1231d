"""Gateway and Connection rows to kannel.conf: every value is checked before it can reach Kannel, then quoted.

After the reference configuration that was measured (PROTOCOL.md, 1.3). A bad value can kill a running bearerbox, so
nothing is passed through unchecked, and the written file is checked once more by Kannel's own test_cfg and by a dry start.
"""

import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from kannel.dlr_urls import inbound_url
from kannel.models import Connection, Gateway
from kannel.secret_field import Unreadable
from kannel.smsc_groups import Group, smsc_groups
from kannel.values import (
    FOLDER,
    HOST,
    NAME,
    ConfigurationError,
    Value,
    addresses,
    harmless,
    number,
    port,
    shaped,
)

__all__ = ["ConfigurationError", "fit_together", "groups", "problems", "render", "write", "written"]

# Where Debian's kannel-extras and a build from source put it.
CHECKERS = ("/usr/lib/kannel/test/test_cfg", "/usr/sbin/test_cfg", "/usr/local/sbin/test_cfg")
TEST_CFG_TIMEOUT_SECONDS = 10
CONF = "kannel.conf"
REDIS_DATABASE_AT_MOST = 1023


def render(gateway: Gateway, connections: Iterable[Connection], directory: Path) -> str:
    """The whole kannel.conf of a gateway: bearerbox, its smsbox, and the groups of each connection in use.

    ``directory`` is where Kannel keeps its store and its log. Raises ConfigurationError.
    """
    return written(groups(gateway, connections, directory))


def groups(gateway: Gateway, connections: Iterable[Connection], directory: Path) -> list[Group]:
    """The groups of kannel.conf, in order, checked. Raises ConfigurationError."""
    shaped(FOLDER)("directory", str(directory))
    used = [connection for connection in connections if connection.is_enabled]
    fit_together(gateway, used)
    _readable(used)
    return [
        _core(gateway, directory),
        _redis(gateway),
        _dlr_db(),
        *_smsbox(gateway, directory),
        *_route(gateway, used),
        *(group for connection in used for group in smsc_groups(connection)),
    ]


def _redis(gateway: Gateway) -> Group:
    password = {"password": settings.KANNEL_REDIS_PASSWORD} if settings.KANNEL_REDIS_PASSWORD else {}
    return {
        "group": "redis-connection",
        "id": "dlr",
        "host": str(shaped(HOST)("redis_host", gateway.redis_host)),
        "port": port("redis_port", gateway.redis_port),
        **password,
        "database": number(0, REDIS_DATABASE_AT_MOST)("redis_database", gateway.redis_database) or 0,
        "max-connections": 8,
    }


def _core(gateway: Gateway, directory: Path) -> Group:
    return {
        "group": "core",
        "admin-port": port("admin_port", gateway.admin_port),
        "admin-interface": str(shaped(HOST)("host", gateway.host)),
        "admin-password": _secret("KANNEL_ADMIN_PASSWORD"),
        "status-password": _secret("KANNEL_STATUS_PASSWORD"),
        "admin-deny-ip": "*.*.*.*",
        "admin-allow-ip": addresses("our_addresses", gateway.our_addresses),
        "smsbox-port": port("box_port", gateway.box_port),
        "smsbox-interface": gateway.host,
        "smsbox-max-pending": 1000,
        "box-deny-ip": "*.*.*.*",
        "box-allow-ip": addresses("our_addresses", gateway.our_addresses),
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
        "smsbox-id": _named("smsbox_id", gateway.smsbox_id) or f"{_named('name', gateway.name)}-http",
        "bearerbox-host": gateway.host,
        "bearerbox-port": gateway.box_port,
        "sendsms-port": port("sendsms_port", gateway.sendsms_port),
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
        "user-allow-ip": addresses("our_addresses", gateway.our_addresses),
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
    names = ";".join(dict.fromkeys(connection.smsc_id for connection in connections))
    return [{"group": "smsbox-route", "smsbox-id": gateway.smsbox_id, "smsc-id": names}]


def _named(field: str, value: str) -> str:
    return str(shaped(NAME)(field, value)) if value else ""


def fit_together(gateway: Gateway, connections: list[Connection]) -> None:
    """Connections of one gateway must not want the same. Raises ConfigurationError at the later one."""
    _receipt_ports(gateway, connections)
    _names(connections)


def _receipt_ports(gateway: Gateway, connections: list[Connection]) -> None:
    """Kannel listens at the port of each HTTP connection, and only one of two can have it."""
    own = (gateway.admin_port, gateway.box_port, gateway.sendsms_port)
    seen: dict[int, str] = dict.fromkeys(own, gateway.name)
    for one in connections:
        if one.kind == Connection.Kind.SMPP or one.receipt_port is None:
            continue
        if other := seen.get(one.receipt_port):
            sentence = _("%(name)s uses this port. Choose another one.") % {"name": other}
            raise ConfigurationError("receipt_port", sentence, one.name)
        seen[one.receipt_port] = one.name


def _names(connections: list[Connection]) -> None:
    """Two binds of one name would be one to Kannel: "north" with two binds takes north_1 and north_2."""
    seen: dict[str, str] = {}
    for one in connections:
        for bind in one.bind_names():
            if other := seen.get(bind):
                sentence = _("A bind of %(name)s has this name already. Choose another one.") % {
                    "name": other
                }
                raise ConfigurationError("name", sentence, one.name)
            seen[bind] = one.name


def _readable(connections: list[Connection]) -> None:
    for one in connections:
        if isinstance(one.password, Unreadable):
            sentence = _("This password was kept with a key that KANNEL_SECRET_KEYS lacks. Type it again.")
            raise ConfigurationError("password", sentence, one.name)


def _secret(name: str) -> str:
    """A password of the environment. Without one Kannel shows its store, texts and all, to whoever asks."""
    if not (value := str(getattr(settings, name))):
        raise ConfigurationError(
            name, _("Set %(name)s in the environment to a long random password.") % {"name": name}
        )
    return value


def written(groups: Iterable[Group]) -> str:
    """Groups as Kannel reads them. Raises ConfigurationError for a value that would be read as something else."""
    return "\n".join(_group(group) for group in groups)


def _group(group: Group) -> str:
    return "".join(f"{key} = {_value(key, value)}\n" for key, value in group.items())


def _value(key: str, value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return str(value)
    harmless(key, value)
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
