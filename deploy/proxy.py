"""The proxy before a stack's web processes: its configuration, made from the template beside this file."""

import getpass
import os
from collections.abc import Mapping
from pathlib import Path

TEMPLATE = Path(__file__).with_name("nginx.conf.template")
NGINX = "/usr/sbin/nginx"


def folder(var: Path) -> Path:
    """Where it keeps what it is reading and writing; its processes stand in this folder."""
    return var / "nginx"


def pages(var: Path) -> Path:
    """What it shows of itself: too much, too often, nobody there."""
    return folder(var) / "pages"


def configuration(var: Path) -> Path:
    return folder(var) / "nginx.conf"


def write_configuration(var: Path, ports: Mapping[str, int], static: str) -> None:
    """Writes it, for one user: root starts nginx as itself here, since nobody else may enter the folder."""
    values = {
        "USER": f"user {getpass.getuser()};" if os.geteuid() == 0 else "",
        "FOLDER": str(folder(var)),
        "STATIC": static,
        "PAGES": str(pages(var)),
        "PORT": str(ports["web"]),
        "WEB_SERVER_PORT": str(ports["web_server"]),
        "LINKS_PORT": str(ports["links"]),
        "DLR_ENDPOINT_PORT": str(ports["dlr_endpoint"]),
    }
    text = TEMPLATE.read_text()
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    folder(var).mkdir(parents=True, exist_ok=True, mode=0o700)
    configuration(var).write_text(text)


def command(var: Path) -> list[str]:
    """nginx in the foreground."""
    return [NGINX, "-c", str(configuration(var)), "-p", str(folder(var)), "-e", "stderr"]
