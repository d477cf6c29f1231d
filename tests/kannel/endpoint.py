"""The DLR endpoint as it runs in production: uvicorn, on the port that the rendered smsbox configuration names."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from django.db import connections
from pytest_django import Settings

from backoffice.operators.models import Operator
from kannel import configuration
from kannel.dlr_endpoint import Endpoint
from tests.kannel.house import Kannel, until


@contextmanager
def endpoint_at(kannel: Kannel, settings: Settings) -> Iterator[str]:
    """The address of a running endpoint, with a real smsbox that calls it."""
    server = uvicorn.Server(uvicorn.Config(Endpoint(), host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    until(lambda: server.started)
    address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    settings.KANNEL_DLR_BASE_URL = address
    kannel.kill("bearerbox")
    _render(kannel, smsbox_id="main-http")
    kannel.start_bearerbox()
    kannel.start_smsbox()
    until(lambda: _smsbox_answers(kannel), 30)
    try:
        yield address
    finally:
        kannel.kill("smsbox")
        kannel.kill("bearerbox")
        _render(kannel, smsbox_id="")
        server.should_exit = True
        thread.join(15)
        connections.close_all()


def _render(kannel: Kannel, smsbox_id: str) -> None:
    """The address and the route of inbound messages are read when Kannel starts."""
    gateway = kannel.gateway(smsbox_id=smsbox_id)
    text = configuration.render(gateway, kannel.connections(gateway, Operator()), kannel.folder)
    configuration.write(text, kannel.folder / "kannel.conf")


def _smsbox_answers(kannel: Kannel) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", kannel.ports.sendsms), 1):
            return True
    except OSError:
        return False
