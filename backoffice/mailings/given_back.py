"""What Kannel gave back: it had these messages for a bind that was taken out of it, and no operator ever saw them.

Of one part it says so (RETURNED). Of a text of several parts it gives no reason, whatever became of them
(kannel/PROTOCOL.md, 7): then it was given back if its bind was out at that moment, and refused otherwise.
"""

from collections.abc import Sequence
from typing import Any

from backoffice.lib.arrays import bigints, span

# Its link was stopped before it was taken (bb_smscconn.c).
RETURNED = "NACK/no SMSC"
WITHOUT_REASON = "NACK/"
# Kannel's moments are whole seconds of its own clock; a change of a gateway was applied within the last day or is too old.
GIVEN_BACK = """
SELECT e.id FROM kannel_event e
JOIN mailings_message m ON m.id = e.message_id AND m.id BETWEEN %(first_message)s AND %(last_message)s
WHERE e.id = ANY(%(ids)s::bigint[]) AND (
    EXISTS (
        SELECT FROM operators_standing s WHERE s.connection_id = m.connection_id AND s.withdrawn_at IS NOT NULL
            AND e.occurred_at BETWEEN s.withdrawn_at - interval '5 seconds'
            AND coalesce(s.restored_at, now()) + interval '5 seconds'
    ) OR EXISTS (
        SELECT FROM kannel_applyrun run JOIN kannel_connection via ON via.gateway_id = run.gateway_id
        WHERE via.id = m.connection_id AND run.created_at > now() - interval '1 day'
            AND e.occurred_at BETWEEN run.created_at - interval '5 seconds'
            AND coalesce(run.finished_at, now()) + interval '5 seconds'
    )
)
"""


def with_reasons(cursor: Any, events: Sequence[Sequence[Any]], reasons: Sequence[str]) -> list[str]:
    """The reasons of reports, with RETURNED for those that say nothing and whose message was given back.

    ``events`` begin with the number of the event and that of its message.
    """
    silent = {
        event[0]: event[1] for event, said in zip(events, reasons, strict=True) if said == WITHOUT_REASON
    }
    if not silent:
        return list(reasons)
    first, last = span([message for message in silent.values() if message is not None])
    cursor.execute(GIVEN_BACK, {"ids": bigints(silent), "first_message": first, "last_message": last})
    returned = {row[0] for row in cursor.fetchall()}
    return [RETURNED if event[0] in returned else said for event, said in zip(events, reasons, strict=True)]
