"""What customers wrote, and what receipts said, goes from the raw events once it was made use of."""

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from kannel.models import Event

# Long enough to look into a receipt that was read wrongly. Replies themselves stay where they are shown.
INBOUND_DAYS, REPORT_DAYS = 7, 30
PIECE = 20_000
_FORGET = """
UPDATE kannel_event SET text = '', sender = '', recipient = ''
WHERE id IN (
    SELECT id FROM kannel_event
    WHERE kind = %s AND applied_at < %s AND (text <> '' OR sender <> '' OR recipient <> '')
    LIMIT %s
)
"""


def forget_texts() -> int:
    """Empties texts and numbers of events that were applied days ago, in pieces; of how many events."""
    now, gone = timezone.now(), 0
    for kind, days in ((Event.Kind.INBOUND, INBOUND_DAYS), (Event.Kind.REPORT, REPORT_DAYS)):
        piece = PIECE
        while piece == PIECE:
            with connection.cursor() as cursor:
                cursor.execute(_FORGET, [kind.value, now - timedelta(days=days), PIECE])
                piece = cursor.rowcount
            gone += piece
    return gone
