"""What one stored report says, for pages."""

from kannel.adapters.answers import UNKNOWN_ID
from kannel.models import Event
from kannel.receipt_text import Beside, Outcome, read

TAKEN = 8
"""Kannel's bit of an operator's answer."""


def outcome_of(event: Event) -> str:
    """sent, buffered, delivered, undelivered, expired or rejected."""
    found = read(event.text, event.dlr_type or 0, Beside(event.network_error)).outcome
    if found is Outcome.SENT:
        return "sent" if (event.dlr_type or 0) & TAKEN else "buffered"
    return found.value


def is_unanswered(event: Event) -> bool:
    """Whether the operator did not say that it took the message, for example HTTP 500: nobody knows then."""
    return event.smsc_message_id.startswith(UNKNOWN_ID)
