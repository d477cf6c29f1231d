"""The settings of a private stack: `env` in its folder, secrets made once, readable by nobody else."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from deploy import programs, second_gateway

FIRST_LINE = "# Written by deploy/stack.py at each start. Secrets are kept, the rest is not."
# The name by which processes of a stack are recognised, also when whoever started them is gone.
MARK = "PARLEY_STACK"
SECRETS = {
    "SECRET_KEY": 50,
    "POSTGRES_PASSWORD": 24,
    "REDIS_PASSWORD": 24,
    "KANNEL_ADMIN_PASSWORD": 24,
    "KANNEL_STATUS_PASSWORD": 24,
    "KANNEL_SENDSMS_PASSWORD": 24,
    "KANNEL_DLR_SECRET": 32,
    "KANNEL_SECRET_KEYS": 32,
    "METRICS_TOKEN": 24,
    "DEMO_PASSWORD": 12,
}


def read(path: Path) -> dict[str, str]:
    """NAME=value lines of a file; empty if there is none."""
    if not path.exists():
        return {}
    lines = (line.partition("=") for line in path.read_text().splitlines() if not line.startswith("#"))
    return {name.strip(): value.strip() for name, sign, value in lines if sign}


def values(var: Path, ports: Mapping[str, int], known: Mapping[str, str]) -> dict[str, str]:
    """All settings of a stack in this folder; a secret that is known is kept, any other is made."""
    kept = {name: known.get(name) or secrets.token_hex(size) for name, size in SECRETS.items()}
    web = f"http://127.0.0.1:{ports['web']}"
    return {
        **kept,
        "DEBUG": "false",
        "HTTPS": "false",
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "BASE_URL": web,
        "CSRF_TRUSTED_ORIGINS": web,
        "DATABASE_URL": f"postgres://parley:{kept['POSTGRES_PASSWORD']}@127.0.0.1:{ports['postgresql']}/parley",
        "REDIS_URL": f"redis://:{kept['REDIS_PASSWORD']}@127.0.0.1:{ports['redis']}/0",
        "KANNEL_REDIS_PASSWORD": kept["REDIS_PASSWORD"],
        "KANNEL_DIRECTORIES": f"{programs.GATEWAY}={var / 'kannel'},{second_gateway.NAME}={second_gateway.folder(var)}",
        "KANNEL_DLR_BASE_URL": f"http://127.0.0.1:{ports['dlr_endpoint']}",
        "SHORT_LINKS_URL": f"http://127.0.0.1:{ports['links']}/",
        "TRUSTED_PROXIES": "1",
        "KANNEL_ADAPTERS_PORT": str(ports["adapters"]),
        "KANNEL_ADAPTERS_URL": f"http://127.0.0.1:{ports['adapters']}",
        "STATIC_ROOT": str(var / "static"),
        "MEDIA_ROOT": str(var / "media"),
    }


def write(path: Path, settings: Mapping[str, str]) -> None:
    """Replaces the file; one that somebody else wrote is kept beside it as env.before."""
    if path.exists() and not path.read_text().startswith(FIRST_LINE):
        path.replace(path.with_name(f"{path.name}.before"))
    text = "\n".join([FIRST_LINE, *(f"{name}={value}" for name, value in settings.items())]) + "\n"
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    new.replace(path)


def of_processes(var: Path, settings: Mapping[str, str]) -> dict[str, str]:
    """The environment of a stack's processes: ours, without settings that would win over those of the stack."""
    inherited = {name: value for name, value in os.environ.items() if name not in settings}
    return {
        **inherited,
        "PARLEY_ENV_FILE": str(var / "env"),
        "PARLEY_VAR": str(var),
        MARK: str(var),
        "DJANGO_SETTINGS_MODULE": "backoffice.settings",
        "PYTHONUNBUFFERED": "1",
    }
