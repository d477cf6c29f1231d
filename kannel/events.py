"""Writing events: many rows by one COPY, committed before anybody is told that they arrived."""

import io
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

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


@dataclass(frozen=True, slots=True)
class NewEvent:
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
    now = timezone.now()
    rows = io.StringIO()
    for event in events:
        values = (
            event.gateway_id,
            event.kind.value,
            event.kannel_id,
            event.message_id,
            event.attempt,
            event.connection_name[:32],
            event.dlr_type,
            event.smsc_message_id[:80],
            event.sender[:32],
            event.recipient[:32],
            event.text,
            event.network_error,
            None if event.octets is None else f"\\x{event.octets.hex()}",
            event.part_reference,
            event.part,
            event.parts,
            event.occurred_at.isoformat(),
            now.isoformat(),
        )
        rows.write(
            "\t".join("\\N" if value is None else str(value).translate(_ESCAPES) for value in values) + "\n"
        )
    rows.seek(0)
    # The raw cursor speaks psycopg2; whoever waits for the database to come back looks for Django's errors.
    with transaction.atomic(), connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.cursor.copy_expert(f"COPY kannel_event ({', '.join(COLUMNS)}) FROM STDIN", rows)
    for kind in {event.kind for event in events}:
        _tell(kind)


def _tell(kind: Event.Kind) -> None:
    wake = settings.KANNEL_EVENTS_COMMITTED.get(kind.value)
    if wake is None:
        return
    try:
        import_string(wake)()
    except Exception as error:
        logger.warning("nobody_told_of_events", kind=kind.value, error=type(error).__name__)
