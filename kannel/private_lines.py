"""Connections as they are played: the same rate, window, kind and adapter, but a simulated operator at the other end."""

import copy
from pathlib import Path

from django.utils.translation import gettext as _

from kannel.adapters.private import receipts_address
from kannel.models import Connection, Gateway
from kannel.simulator.api import ApiOperator
from kannel.simulator.behaviour import Behaviour
from kannel.simulator.http import HttpOperator
from kannel.simulator.record import Record
from kannel.simulator.smpp import SmppOperator
from kannel.simulator.witness import Witness
from kannel.values import ConfigurationError

HERE = "127.0.0.1"
USERNAME, PASSWORD = "rehearsal", "rehearse"
PlayedOperator = SmppOperator | HttpOperator


def record_of(connection: Connection, folder: Path) -> Path:
    """Where its simulated operator notes what it took."""
    return folder / f"{connection.name}.record"


def operator_for(
    connection: Connection, folder: Path, receipt_port: int, adapters_port: int, witness: Witness
) -> PlayedOperator:
    """A simulated operator that speaks as the connection expects it; it does not listen yet.

    :raises ConfigurationError: if it is to go through an adapter and has none.
    """
    operator = _operator(connection, Record(record_of(connection, folder)), receipt_port, adapters_port)
    operator.witness = witness
    return operator


def _operator(
    connection: Connection, record: Record, receipt_port: int, adapters_port: int
) -> PlayedOperator:
    name = connection.name
    if connection.kind == Connection.Kind.SMPP:
        # It writes ids as the connection reads them, so that receipts find their messages.
        form = connection.hex_message_ids
        behaviour = Behaviour(hex_answer_ids=bool(form & 1), hex_receipt_ids=bool(form & 2))
        return SmppOperator(name, behaviour, record, 0, password=PASSWORD)
    if connection.kind == Connection.Kind.HTTP:
        return HttpOperator(name, Behaviour(), record, 0, receipt_url=f"http://{HERE}:{receipt_port}/")
    if connection.adapter is None:
        raise ConfigurationError(
            "adapter", _("Choose the adapter that speaks this operator's language."), name
        )
    address, header = receipts_address(connection, adapters_port)
    return ApiOperator(
        name,
        Behaviour(),
        record,
        0,
        shape=connection.adapter.played_by,
        receipt_url=address,
        receipt_secret=header,
        username=USERNAME,
        password=PASSWORD,
    )


def replica_of(
    connection: Connection, gateway: Gateway, operator: PlayedOperator, receipt_port: int
) -> Connection:
    """The connection with that operator at its other end; not for saving. The account is an invented one."""
    has_account = connection.kind != Connection.Kind.HTTP
    changed: dict[str, object] = {
        "gateway": gateway,
        "host": HERE,
        "port": operator.port,
        "username": USERNAME if has_account else "",
        "password": PASSWORD if has_account else "",
        "use_tls": False,
        "our_address": None,
        "is_enabled": True,
        "receipt_port": receipt_port,
        "receipt_addresses": HERE,
        "path": "/send",
        "success_regex": "^OK",
        "refused_regex": "^ERROR",
        "message_id_regex": "^OK ([0-9A-F]+)",
    }
    replica = copy.copy(connection)
    for name, value in changed.items():
        setattr(replica, name, value)
    return replica
