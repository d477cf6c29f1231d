"""Applying delivery reports: in batches, in any order, any number of times, with the same result.

Each report has a rank; a message takes the highest rank it has ever seen. Rank, not time, decides, so a report that
arrives late, early or twice changes nothing that a better one has said. “Unknown”, “under way” and “accepted” end nothing.
"""

import time
from collections.abc import Sequence
from itertools import starmap
from typing import Any, NamedTuple

import structlog
from django.db import connection, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.accounts.roles import OPERATOR_STAFF
from backoffice.alerts.feed import raise_alert
from backoffice.alerts.models import Alert
from backoffice.alerts.steps import is_away
from backoffice.customers.contacts import tell_sql
from backoffice.lib.arrays import bigints, span, texts
from backoffice.lib.contention import again_on_contention
from backoffice.mailings import given_back, retrying, sent_history
from backoffice.mailings.cohorts import count_sql
from backoffice.mailings.contacts import correct, facts_of
from backoffice.mailings.locking import lock_messages
from kannel.adapters.answers import UNKNOWN_ID
from kannel.models import Event
from kannel.receipt_text import Beside, Reading
from kannel.receipt_text import read as read_receipt

logger = structlog.get_logger(__name__)

BATCH = 4000
UNREADABLE = "reports-set-aside"
# An event that fits no message may be faster than the commit of the message; after so many looks it stays unapplied.
MAX_TRIES = 20
# The error of a message that the operator may have, and did not say so.
NO_ANSWER = "no_answer"
FINAL = 1 | 2 | 16
# Messages that were planned for nobody: no report can be about them.
NEVER_SENT = ("excluded", "held_out")

# The first place is a state, the second its reason: an answer that says nothing clear gives way to any word.
RANK = f"""(CASE {{0}} WHEN 'delivered' THEN 6 WHEN 'undelivered' THEN 5 WHEN 'expired' THEN 4 WHEN 'rejected' THEN 3
    WHEN 'sent' THEN CASE {{1}} WHEN '{NO_ANSWER}' THEN 1 ELSE 2 END ELSE 0 END)"""

# Our own verdicts (nobody could say, no receipt in time) give way to the operator's word.
STANDING = """(CASE WHEN m.state IN ('delivered', 'undelivered', 'rejected', 'sent') OR m.state = 'expired' AND m.reason = ''
    THEN {rank} ELSE 0 END)""".format(rank=RANK.format("m.state", "m.error"))

# Of two reports of one rank the earlier one counts, whichever comes first; of two of one second the reason decides.
IS_BETTER = f"""(best.rank > {STANDING} OR best.rank = {STANDING}
    AND (best.occurred_at, best.told_reason) < (coalesce(m.final_at, '-infinity'), m.error))"""

# Kannel says once, and without a reason, that a part of a longer text was not taken. Receipts speak of its first part alone, and
# may come before that or after it (kannel/PROTOCOL.md, 4): the customer has not got the text, whatever they say. Not so where
# Kannel has told that all parts were taken, which it does before it could send a text a second time.
PART_REFUSED = given_back.WITHOUT_REASON
REJECTED = 16

# Looked up only where it can be: few messages are sent again, or refused without a reason.
_IS_OF_FIRST_PART = f"""(e.outcome <> 'rejected' AND m.parts > 1
    AND (m.error IN ('{PART_REFUSED}', '{given_back.RETURNED}') OR e.attempt < m.attempt OR m.id = ANY(%(refused_ids)s::bigint[]))
    AND EXISTS (
        SELECT FROM kannel_event other
        WHERE other.message_id = m.id AND other.attempt = e.attempt AND other.dlr_type = {REJECTED}
            AND other.text = '{PART_REFUSED}'
        OFFSET 0  -- looked up for the few that come here, never hashed for all events there are
    ) AND NOT EXISTS (
        SELECT FROM kannel_event other
        WHERE other.message_id = m.id AND other.attempt = e.attempt AND other.dlr_type = 8
        OFFSET 0
    ))"""

# It takes back what a receipt of the first part has said, unless another attempt said it.
_TAKES_BACK = """(e.is_part_refused AND m.parts > 1 AND e.attempt = m.attempt AND m.sent_at IS NOT NULL
    AND m.state IN ('delivered', 'undelivered', 'expired', 'sent') AND NOT EXISTS (
        SELECT FROM kannel_event other
        WHERE other.message_id = m.id AND (other.dlr_type = 8 OR other.attempt <> e.attempt AND other.dlr_type IN (1, 2))
        OFFSET 0
    ))"""
_SENT_OTHERWISE = "sent_before > sent_at OR sent_before IS NOT NULL AND sent_at IS NULL"
_RANK_OF_REPORT = f"(CASE WHEN takes_back THEN 7 ELSE {RANK.format('outcome', 'told_reason')} END)"

# The operator's acceptance may be told after its final word; the moment of sending is still the first one.
#
# A failure that was answered by sending again is no news while the message waits for that (reason "again").
#
# Contacts are told in the same statement. Of 4000 messages accepted at once that takes 25 ms more than 135 ms of the
# database's CPU, of 2000 accepted and delivered in one batch 7 to 15 ms more than 100 ms. Histories of what was sent take
# about 10 µs a message more, once, when it is accepted: of 4000 messages 37 ms more than 128 ms, on a busy machine.
APPLY = f"""
WITH reports AS (
    SELECT e.message_id, e.attempt, e.occurred_at, e.reason AS told_reason, e.outcome,
        m.attempt AS present_attempt, m.state, m.reason, m.error, m.sent_at, m.final_at, {_TAKES_BACK} AS takes_back
    FROM unnest(
        %(messages)s::bigint[], %(attempts)s::int[], %(moments)s::timestamptz[], %(outcomes)s::text[], %(reasons)s::text[],
        %(are_part_refused)s::boolean[]
    ) AS e (message_id, attempt, occurred_at, outcome, reason, is_part_refused)
    JOIN mailings_message m ON m.id = e.message_id
    WHERE m.id BETWEEN %(first_message)s AND %(last_message)s
        AND m.state NOT IN ('excluded', 'held_out') AND NOT {_IS_OF_FIRST_PART}
), best AS (
    SELECT DISTINCT ON (message_id) message_id, attempt, outcome, takes_back, {_RANK_OF_REPORT} AS rank, occurred_at, told_reason,
        min(occurred_at) FILTER (WHERE outcome <> 'rejected') OVER (PARTITION BY message_id) AS sent_at,
        state AS state_before, reason AS reason_before, error AS error_before, sent_at AS sent_before,
        final_at AS final_before
    FROM reports
    WHERE outcome <> 'rejected' OR attempt >= present_attempt
    ORDER BY message_id, {_RANK_OF_REPORT} DESC, occurred_at, told_reason
), changed AS (
    UPDATE mailings_message m SET
        state = CASE WHEN {IS_BETTER} THEN best.outcome ELSE m.state END,
        reason = CASE WHEN {IS_BETTER} THEN '' ELSE m.reason END,
        state_at = CASE WHEN {IS_BETTER} THEN now() ELSE m.state_at END,
        sent_at = CASE WHEN NOT best.takes_back THEN least(m.sent_at, best.sent_at) END,
        final_at = CASE WHEN NOT {IS_BETTER} THEN m.final_at WHEN best.outcome <> 'sent' THEN best.occurred_at END,
        error = CASE WHEN {IS_BETTER} THEN best.told_reason ELSE m.error END
    FROM best
    WHERE m.id = best.message_id AND m.id BETWEEN %(first_message)s AND %(last_message)s
        AND ({IS_BETTER} OR best.sent_at < coalesce(m.sent_at, 'infinity'))
        AND (best.outcome <> 'rejected' OR best.attempt >= m.attempt)
        AND (m.reason <> 'again' OR best.outcome = 'delivered' OR best.outcome = 'sent' AND m.sent_at IS NULL)
        AND m.state NOT IN ('excluded', 'held_out')
    RETURNING m.customer_id, m.state, m.reason, m.sent_at, m.final_at, m.error, m.parts, m.cost,
        least(final_before, CASE WHEN sent_before > m.sent_at OR m.sent_at IS NULL THEN sent_before END) AS was_wrong_at,
        m.id, m.connection_id, m.mailing_id, best.attempt = m.attempt AS is_present,
        state_before, reason_before, error_before, sent_before, final_before
), told AS (
    {tell_sql(facts_of("changed"))}
), told_sent AS (
    {sent_history.tell_sql(sent_history.facts_of("(SELECT * FROM changed WHERE sent_before IS NULL)"))}
), counted AS (
    {count_sql("changed")}
)
SELECT count(*), min(was_wrong_at), array_agg(customer_id) FILTER (WHERE was_wrong_at IS NOT NULL),
    min(least(sent_at, sent_before)) FILTER (WHERE {_SENT_OTHERWISE}),
    array_agg(customer_id) FILTER (WHERE {_SENT_OTHERWISE}),
    array_agg(id) FILTER (WHERE is_present AND state = 'rejected'),
    array_agg(id) FILTER (WHERE is_present AND state IN ('undelivered', 'expired'))
FROM changed
"""

CLOSE = f"""
WITH closed AS (
    UPDATE mailings_message m SET state = 'expired', reason = 'no_receipt', state_at = now(), final_at = now()
    FROM (
        SELECT m.id FROM mailings_message m
        JOIN kannel_connection via ON via.id = m.connection_id
        JOIN operators_operator operator ON operator.id = via.operator_id
        WHERE m.state IN ('accepted', 'sent') AND m.latest_at + operator.receipt_margin < now()
            AND NOT EXISTS (
                SELECT FROM kannel_event e WHERE e.message_id = m.id AND e.applied_at IS NULL AND e.tries = 0
            )
        ORDER BY m.id FOR NO KEY UPDATE OF m SKIP LOCKED
    ) AS late
    WHERE m.id = late.id AND m.state IN ('accepted', 'sent')
    RETURNING m.customer_id, m.state, m.reason, m.sent_at, m.final_at, m.error
), told AS (
    {tell_sql(facts_of("closed"))}
)
SELECT count(*) FROM closed
"""


class Report(NamedTuple):
    """Columns of an event that is a report; its moment as PostgreSQL writes it, since it goes back there."""

    id: int
    message_id: int | None
    attempt: int
    occurred_at: str
    dlr_type: int | None
    text: str
    network_error: int | None
    smsc_message_id: str


@again_on_contention
def apply_events(*, again: bool = False, limit: int = BATCH) -> int:
    """Applies one batch of waiting reports. Returns how many there were; 0 also if another worker is at it.

    ``again`` looks once more at those that fitted no message.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('receipts'))")
        if not cursor.fetchone()[0]:
            return 0
        waiting = _waiting(cursor, again=again, limit=limit)
        if not waiting:
            return 0
        # A receipt that came as an inbound message may be of none.
        known = {report.message_id for report in waiting if report.message_id is not None}
        # Senders record their answers about the same messages. With the rows in hand, what is read below is as it is.
        locked = lock_messages(cursor, bigints(known))
        cursor.execute(APPLY, _told(cursor, waiting, known))
        changed, was_wrong_at, corrected, sent_at, moved, rejected, failed = cursor.fetchone()
        if corrected:
            correct(cursor, corrected, since=was_wrong_at)
        if moved:
            sent_history.correct(cursor, moved, since=sent_at)
        retrying.send_again(cursor, rejected or [], failed or [])
        _settle(cursor, waiting, {message_id for message_id, state in locked if state not in NEVER_SENT})
    logger.debug("events_applied", events=len(waiting), messages=changed)
    return len(waiting)


def _waiting(cursor: Any, *, again: bool, limit: int) -> list[Report]:
    cursor.execute(
        """
        SELECT id, message_id, attempt, occurred_at::text, dlr_type, text, network_error, smsc_message_id FROM kannel_event
        WHERE applied_at IS NULL AND kind = 'report' AND tries BETWEEN %s AND %s ORDER BY id LIMIT %s
        """,
        [1 if again else 0, MAX_TRIES if again else 0, limit],
    )
    return list(starmap(Report, cursor.fetchall()))


def _told(cursor: Any, reports: Sequence[Report], known: set[int]) -> dict[str, Any]:
    """Parameters of APPLY. They bring all it has to know of the reports: reading them again by their ids would take as long as
    the messages, and minutes while a new partition has no statistics."""
    read = [read_receipt(one.text, one.dlr_type or 0, Beside(one.network_error)) for one in reports]
    reasons = [_reason(reading, one) for reading, one in zip(read, reports, strict=True)]
    are_part_refused = [one.dlr_type == REJECTED and one.text == PART_REFUSED for one in reports]
    first, last = span(known)
    return {
        "messages": bigints(one.message_id for one in reports),
        "attempts": bigints(one.attempt for one in reports),
        "moments": texts(one.occurred_at for one in reports),
        "outcomes": texts(reading.outcome.value for reading in read),
        "reasons": texts(given_back.with_reasons(cursor, reports, reasons)),
        "are_part_refused": texts(str(is_refused) for is_refused in are_part_refused),
        "refused_ids": bigints({one.message_id for one in reports if one.text == PART_REFUSED} & known),
        "first_message": first,
        "last_message": last,
    }


def _settle(cursor: Any, reports: Sequence[Report], fitting: set[int]) -> None:
    """What fits a message is applied; the rest is looked at again."""
    applied = [one.id for one in reports if one.message_id in fitting]
    others = [one.id for one in reports if one.message_id not in fitting]
    cursor.execute(
        "UPDATE kannel_event SET applied_at = now() WHERE id = ANY(%s::bigint[])", [bigints(applied)]
    )
    if others:
        cursor.execute(
            "UPDATE kannel_event SET tries = tries + 1 WHERE id = ANY(%s::bigint[])", [bigints(others)]
        )


def _reason(reading: Reading, report: Report) -> str:
    is_unanswered = report.smsc_message_id.startswith(UNKNOWN_ID) and not (report.dlr_type or 0) & FINAL
    return NO_ANSWER if is_unanswered else reading.reason


def apply_what_can_be() -> int:
    """One batch; when something in it cannot be applied, ever smaller ones, until that report is alone and set aside.

    So one report that nobody foresaw does not keep all the others from being applied. Returns how many were looked at.
    """
    size = BATCH
    while True:
        try:
            return apply_events(limit=size)
        except Exception as error:
            if is_away(error):
                raise
            if size == 1:
                return _set_aside(error)
            size = max(1, size // 8)


def _set_aside(error: Exception) -> int:
    """The oldest report that waits is not looked at any more, and told. Its row stays as it came."""
    waiting = Event.objects.filter(applied_at=None, kind=Event.Kind.REPORT, tries=0).order_by("id")
    event = waiting.values_list("pk", flat=True).first()
    if event is None:
        raise error
    Event.objects.filter(pk=event).update(tries=MAX_TRIES + 1)
    logger.error("report_set_aside", number=event, exc_info=error)
    raise_alert(
        UNREADABLE,
        Alert.Level.WARNING,
        lambda: (
            _(
                "Delivery reports could not be applied and were set aside, the last one with number %(number)s (%(error)s). "
                "All others are applied. Tell the administrators."
            )
            % {"number": event, "error": type(error).__name__}
        ),
        link=reverse("standing:receipts"),
        groups=[OPERATOR_STAFF],
    )
    return 1


@again_on_contention
def close_without_receipt() -> int:
    """Ends messages whose receipt did not come in time: validity is over, and the operator's margin after it, too."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('receipts'))")
        cursor.execute(CLOSE)
        return int(cursor.fetchone()[0])


def drain(*, for_seconds: float = 8.0, linger_seconds: float = 0.6) -> int:
    """Applies batches until nothing has come for a moment, at most so long. Returns the number of events.

    For one worker at a time: a second one would only keep a sender from its work, so it does nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('drain'), 0)")
        if not cursor.fetchone()[0]:
            return 0
    try:
        return _drain(for_seconds, linger_seconds)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtext('drain'), 0)")


def _drain(for_seconds: float, linger_seconds: float) -> int:
    ends = time.monotonic() + for_seconds
    applied, last = 0, time.monotonic()
    while time.monotonic() < ends:
        count = apply_what_can_be()
        applied += count
        if count:
            last = time.monotonic()
        elif time.monotonic() - last > linger_seconds:
            break
        if count < BATCH // 2:
            # Small batches cost as much as large ones; a fifth of a second gathers hundreds of events.
            time.sleep(0.2)
    return applied
