"""What a stack consists of: each process with its command, how it is stopped, and when it is ready."""

import signal
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import redis

from deploy import postgresql, proxy

ROOT = Path(__file__).resolve().parent.parent
PORTS = (
    "postgresql",
    "redis",
    "web",  # the proxy, which is what people open
    "web_server",
    "links",
    "dlr_endpoint",
    "adapters",
    "kannel_admin",
    "kannel_box",
    "kannel_sendsms",
    "smpp_operator",
    "smpp_operator_control",
    "http_operator",
    "http_operator_control",
    "http_operator_receipts",
)
LOOPBACK = "127.0.0.1"
GATEWAY = "main"
OPERATORS = ("smpp", "http")
STORES = ("postgresql", "redis")
REDIS_CONFIGURATION = """
bind {addresses}
port {port}
requirepass {password}
protected-mode {protected}
dir "{folder}"
appendonly yes
# With "everysec" Redis answers before it writes while the disk is slow (up to 2 s), and a crash then loses keys of
# receipts. With "no" it always writes first; the rest is the kernel's, as with Kannel's own store.
appendfsync no
save ""
maxmemory-policy noeviction
set-proc-title no
"""


@dataclass(frozen=True)
class Program:
    """One supervised process."""

    name: str
    command: list[str]
    is_ready: Callable[[], bool]
    stop_signal: int = signal.SIGTERM
    graceful_seconds: int = 15


def answers(port: int, address: str = LOOPBACK) -> bool:
    """Whether something listens on this port."""
    try:
        socket.create_connection((address, port), timeout=1).close()
    except OSError:
        return False
    return True


def redis_is_ready(port: int, password: str) -> bool:
    """Whether Redis has read its files and answers."""
    try:
        with redis.Redis(port=port, password=password, socket_timeout=2, socket_connect_timeout=2) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def always() -> bool:
    return True


def python(*words: str) -> list[str]:
    """A command of this very Python, run in the checkout."""
    return [sys.executable, *words]


def manage(*words: str) -> list[str]:
    return python(str(ROOT / "manage.py"), *words)


def write_redis_configuration(var: Path, port: int, password: str, other_address: str = LOOPBACK) -> None:
    """Redis listens on loopback, and at an address that nothing but a namespace of ours reaches if one is given."""
    folder = var / "redis"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    addresses = " ".join(dict.fromkeys([LOOPBACK, other_address]))
    protected = "yes" if addresses == LOOPBACK else "no"
    text = REDIS_CONFIGURATION.format(
        port=port, folder=folder, addresses=addresses, protected=protected, password=password
    )
    file = var / "redis.conf"
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_text(text)


def _simulator(var: Path, ports: dict[str, int], kind: str, options: list[str]) -> Program:
    port, control = ports[f"{kind}_operator"], ports[f"{kind}_operator_control"]
    where = ["--port", str(port), "--control-port", str(control), "--record", str(record_path(var, kind))]
    run = python("-m", "kannel.simulator", kind, "--name", f"{kind}-operator", *where, *options)
    return Program(f"operator-{kind}", run, lambda: answers(control))


def record_path(var: Path, kind: str) -> Path:
    """Where a simulated operator notes what it took."""
    return var / "operators" / f"{kind}.record"


def simulators(
    var: Path, ports: dict[str, int], options: dict[str, list[str]], *more_receipt_urls: str
) -> list[Program]:
    """Two operators that behave as `options` say (by kind: options of `python -m kannel.simulator`).

    The one over HTTP calls the first gateway, or any of `more_receipt_urls`.
    """
    urls = [f"http://127.0.0.1:{ports['http_operator_receipts']}/", *more_receipt_urls]
    receipts = ["--receipt-url", " ".join(urls)]
    return [
        _simulator(var, ports, "smpp", options.get("smpp", [])),
        _simulator(var, ports, "http", [*receipts, *options.get("http", [])]),
    ]


def kannel(var: Path, ports: dict[str, int]) -> list[Program]:
    conf = str(var / "kannel" / "kannel.conf")
    return [
        Program(
            "bearerbox",
            ["/usr/sbin/bearerbox", "-v", "3", conf],
            lambda: answers(ports["kannel_box"]),
            graceful_seconds=35,
        ),
        Program(
            "smsbox",
            ["/usr/sbin/smsbox", "-v", "3", conf],
            lambda: answers(ports["kannel_sendsms"]),
            graceful_seconds=15,
        ),
    ]


def back_office(var: Path, ports: dict[str, int]) -> list[Program]:
    huey = ["run_huey", "-w", "2", "-k", "process", "-g", "TERM", "-t", "60"]
    web, dlr, adapters = (str(ports[name]) for name in ("web_server", "dlr_endpoint", "adapters"))
    gunicorn = python(
        "-m", "gunicorn", "--config", "python:backoffice.gunicorn_conf", "backoffice.wsgi:application"
    )
    uvicorn = python("-m", "uvicorn", "--host", "127.0.0.1", "--no-access-log", "--lifespan", "on")
    return [
        Program("listener", manage("listen_to_kannel", GATEWAY), always, graceful_seconds=30),
        Program(
            "dlr-endpoint",
            [*uvicorn, "--port", dlr, "backoffice.asgi:application"],
            lambda: answers(int(dlr)),
        ),
        # Always: a connection through an adapter can be made in the back office at any time.
        Program(
            "adapters",
            [*uvicorn, "--port", adapters, "kannel.adapters.application:application"],
            lambda: answers(int(adapters)),
        ),
        Program("worker-1", manage(*huey), always, graceful_seconds=60),
        Program("worker-2", manage(*huey, "-n"), always, graceful_seconds=60),
        Program("pulse", manage("pulse"), always),
        # One thread in each process: validation in StreamField is not thread-safe.
        Program(
            "web",
            [
                *gunicorn,
                "--bind",
                f"127.0.0.1:{web}",
                "--workers",
                "2",
                "--timeout",
                "60",
                "--no-control-socket",
            ],
            lambda: answers(int(web)),
        ),
        Program("proxy", proxy.command(var), lambda: answers(ports["web"]), stop_signal=signal.SIGQUIT),
    ]


def stores(var: Path, ports: dict[str, int], settings: Mapping[str, str]) -> list[Program]:
    port, password = ports["postgresql"], settings["POSTGRES_PASSWORD"]
    return [
        Program(
            "postgresql",
            postgresql.command(var / "postgresql", port),
            lambda: postgresql.is_ready(port, password),
            stop_signal=signal.SIGINT,  # fast shutdown: open sessions are ended
            graceful_seconds=60,
        ),
        Program(
            "redis",
            # Under libfaketime Redis hangs at its start; its times to live are lengths, which no clock moves.
            ["/usr/bin/env", "-u", "LD_PRELOAD", "/usr/bin/redis-server", str(var / "redis.conf")],
            lambda: redis_is_ready(ports["redis"], settings["REDIS_PASSWORD"]),
            graceful_seconds=30,
        ),
    ]
