"""Receipts that operators send without the mark of one (esm_class 0), so that Kannel takes them for texts of customers."""

from kannel.dlr_keys import find
from kannel.events import NewEvent
from kannel.models import Event, Gateway
from kannel.receipt_text import Outcome, unmarked, without_words

# What Kannel would have made of them.
TYPES = {Outcome.DELIVERED: 1, Outcome.UNDELIVERED: 2, Outcome.EXPIRED: 34, Outcome.SENT: 4}


def recognised(gateway: Gateway, event: NewEvent) -> NewEvent:
    """An inbound message as the report it is, or as it came.

    It is one if Kannel waits for a receipt of that id from that number, or if it has all the fields of a receipt: then it is
    kept as a report that fits no message. Anything less was written by a person.
    """
    found = unmarked(event.text)
    if found is None:
        return event
    message = find(gateway, event.connection_name, found.operator_id, (event.sender, event.recipient))
    if message is None and not found.is_whole:
        return event
    message_id, attempt = message or (None, 0)
    return event._replace(
        kind=Event.Kind.REPORT,
        message_id=message_id,
        attempt=attempt,
        dlr_type=TYPES[found.outcome],
        smsc_message_id=found.operator_id,
        text=without_words(event.text),
        sender="",
        recipient="",
    )
