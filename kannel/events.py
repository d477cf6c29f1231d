"""Writing events: many rows by one COPY, committed before anybody is told that they arrived."""

import io
import re
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from kannel.models import Event

logger = structlog.get_logger(__name__)

COLUMNS = (
    "gateway_id",
    "kind",
    "kannel_id",
    "message_id",
    "attempt",
    "connection_name",
    "dlr_type",
    "smsc_message_id",
    "sender",
    "recipient",
    "text",
    "network_error",
    "octets",
    "part_reference",
    "part",
    "parts",
    "occurred_at",
    "received_at",
)
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": ""})
_HAS_ESCAPES = re.compile(r"[\\\t\n\r\0]")


class NewEvent(NamedTuple):
    """An event as it came, before it is a row. Times are aware."""

    gateway_id: int
    kind: Event.Kind
    kannel_id: uuid.UUID
    connection_name: str
    text: str
    occurred_at: datetime
    message_id: int | None = None
    attempt: int = 0
    dlr_type: int | None = None
    smsc_message_id: str = ""
    sender: str = ""
    recipient: str = ""
    network_error: int | None = None
    octets: bytes | None = None
    part_reference: int = 0
    part: int = 1
    parts: int = 1


def moment(epoch_seconds: int) -> datetime:
    """The time of a frame; now, where Kannel gave none."""
    return datetime.fromtimestamp(epoch_seconds, UTC) if epoch_seconds > 0 else timezone.now()


def write(events: Sequence[NewEvent]) -> None:
    """Commits the events, then tells whoever applies them. Raises DatabaseError if they could not be committed."""
    now = timezone.now().isoformat()
    rows = io.StringIO("".join([_row(event, now) for event in events]))
    # The raw cursor speaks psycopg2; whoever waits for the database to come back looks for Django's errors.
    with transaction.atomic(), connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.cursor.copy_expert(f"COPY kannel_event ({', '.join(COLUMNS)}) FROM STDIN", rows)
    for kind in {event.kind for event in events}:
        _tell(kind)


def _row(event: NewEvent, received_at: str) -> str:
    """A line of COPY's text format, in the order of COLUMNS."""
    return (
        f"{event.gateway_id}\t{event.kind.value}\t{event.kannel_id}\t{_number(event.message_id)}\t{event.attempt}"
        f"\t{_escaped(event.connection_name[:32])}\t{_number(event.dlr_type)}\t{_escaped(event.smsc_message_id[:80])}"
        f"\t{_escaped(event.sender[:32])}\t{_escaped(event.recipient[:32])}\t{_escaped(event.text)}"
        f"\t{_number(event.network_error)}\t{_octets(event.octets)}"
        f"\t{event.part_reference}\t{event.part}\t{event.parts}\t{event.occurred_at.isoformat()}\t{received_at}\n"
    )


def _number(value: int | None) -> str:
    return "\\N" if value is None else str(value)


def _octets(value: bytes | None) -> str:
    return "\\N" if value is None else f"\\\\x{value.hex()}"


def _escaped(text: str) -> str:
    # Looking takes a sixth of what translating does, and hardly a receipt has anything to translate.
    return text.translate(_ESCAPES) if _HAS_ESCAPES.search(text) else text


def _tell(kind: Event.Kind) -> None:
    wake = settings.KANNEL_EVENTS_COMMITTED.get(kind.value)
    if wake is None:
        return
    try:
        import_string(wake)()
    except Exception as error:
        logger.warning("nobody_told_of_events", kind=kind.value, error=type(error).__name__)
