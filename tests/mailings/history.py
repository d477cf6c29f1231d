"""Messages and events written straight into their tables, for tests of what became of them."""

import uuid
from datetime import date, datetime
from itertools import count
from typing import Any

from django.db import connection
from django.utils import timezone

from backoffice.customers.models import Customer
from backoffice.mailings.models import Mailing, Message
from kannel.monthly import ensure_partition, first_id, id_default_sql

_numbers = count(1)


def sent(customer: Customer, mailing: Mailing, *, month: date | None = None, **values: Any) -> Message:
    """A message with any history, planned in some month (this one by default)."""
    values = {"state": Message.State.SENT, "state_at": timezone.now(), "attempt": 1, "parts": 1, **values}
    month = month or timezone.now().date()
    ensure_partition("mailings_message", month)
    message_id = first_id(month) + next(_numbers)
    return Message.objects.create(id=message_id, customer=customer, mailing=mailing, **values)


def inbound(
    sender: str,
    text: str,
    *,
    at: datetime | None = None,
    kannel_id: uuid.UUID | None = None,
    octets: bytes | None = None,
    part: tuple[int, int, int] = (0, 1, 1),
) -> uuid.UUID:
    """Writes an inbound message as the listener does. Returns Kannel's id of it."""
    kannel_id = kannel_id or uuid.uuid4()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO kannel_event (
                id, gateway_id, kind, kannel_id, sender, recipient, text, occurred_at, octets, part_reference, part, parts
            )
            VALUES ({id_default_sql("kannel_event")}, 1, 'inbound', %s, %s, '1234', %s, %s, %s, %s, %s, %s)
            """,
            [kannel_id, sender, text, at or timezone.now(), octets, *part],
        )
    return kannel_id
