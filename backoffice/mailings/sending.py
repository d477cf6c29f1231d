"""From rows to Kannel: one sender per connection takes what is due, hands it over and records each answer.

A sender may be killed at any moment. What it had marked as *submitting* is settled later (settling.py), never sent blindly.
"""

import time
import uuid
from collections.abc import Sequence
from datetime import timedelta

import structlog
from django.db import connection, transaction
from django.db.models import Count, Q
from django.utils import timezone

from backoffice.lib.arrays import bigints, span
from backoffice.lib.contention import again_on_contention
from backoffice.mailings.carriers import Carrier, HandOverFailed, carrier_of
from backoffice.mailings.claiming import claim
from backoffice.mailings.models import Message
from backoffice.mailings.pace import Pace, keep_departures, kept_departures
from backoffice.mailings.turns import SECONDS, Turn, whole
from backoffice.operators import standing
from kannel.models import Connection, Gateway

logger = structlog.get_logger(__name__)

State = Message.State
# Of 250 at a time a message takes 11 µs more of this process and the database a commit more.
BATCH = 500
# A claim older than this may already have been declared uncertain by somebody (settling.UNANSWERED_AFTER is 15 s).
CLAIM_IS_GOOD_FOR_SECONDS = 5.0
# After its turn a sender waits so long for answers; what is answered later is settled (settling.py).
ANSWERS_WITHIN_SECONDS = 5.0
ATTEMPT_BITS = 64


def kannel_id(message_id: int, attempt: int) -> uuid.UUID:
    """The UUID under which Kannel knows one attempt of a message: both can be read from it."""
    return uuid.UUID(int=message_id << ATTEMPT_BITS | attempt)


def message_of(kannel_uuid: uuid.UUID) -> tuple[int, int]:
    """Message id and attempt of a UUID made by kannel_id()."""
    return kannel_uuid.int >> ATTEMPT_BITS, kannel_uuid.int & (1 << ATTEMPT_BITS) - 1


def send(connection_id: int, turn: Turn | None = None, *, for_seconds: float = SECONDS) -> int:
    """Sends what is due on one connection, for a turn or at most so long. Returns how many messages Kannel took.

    Does nothing if another worker has this connection.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('send'), %s)", [connection_id])
        if not cursor.fetchone()[0]:
            return 0
    try:
        via = Connection.objects.select_related("gateway", "operator").get(pk=connection_id)
        return Sender(via, carrier_of(via)).run(turn or whole(for_seconds))
    except HandOverFailed:
        logger.warning("gateway_out_of_reach", connection=connection_id)
        return 0
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtext('send'), %s)", [connection_id])


class Sender:
    """One turn of sending over one connection."""

    def __init__(self, via: Connection, carrier: Carrier) -> None:
        self.via = via
        self.carrier = carrier
        self.pace = Pace(via.throughput_per_second, departures_per_second=kept_departures(via.pk))
        self.taken = 0
        self.paused_until = 0.0
        # How many messages a braked connection may still be given; None: as many as it takes.
        self.allowance = standing.allowance_of(via.pk)

    def run(self, turn: Turn) -> int:
        idle_since: float | None = None
        try:
            while not turn.is_over() and self._may_send():
                moved = self._hand_over() + self._take_answers(0.02)
                idle_since = None if moved or self.carrier.unanswered else idle_since or time.monotonic()
                if idle_since and time.monotonic() - idle_since > 1.5:
                    break
            patience_ends = time.monotonic() + ANSWERS_WITHIN_SECONDS
            while self.carrier.unanswered and time.monotonic() < patience_ends:
                self._take_answers(0.2)
            keep_departures(self.via.pk, self.pace.departures_per_second)
        except HandOverFailed as failure:
            self._record_unknown(failure.unanswered)
            logger.warning("hand_over_failed", connection=self.via.name, unanswered=len(failure.unanswered))
        return self.taken

    def _may_send(self) -> bool:
        """Only over a connection that the operator takes messages on now: a queue inside Kannel cannot be paused."""
        if self.pace.is_due():
            self.via.refresh_from_db(from_queryset=Connection.objects.select_related("gateway", "operator"))
            self.pace.update(in_flight(self.via))
            self.allowance = standing.allowance_of(self.via.pk)
        return (
            self.via.is_enabled
            and self.via.operator.is_enabled
            and self.via.gateway.is_enabled
            and self.via.gateway.status == Gateway.Status.RUNNING
            and self.via.status == Connection.Status.ONLINE
            and self.allowance != 0
        )

    def _hand_over(self) -> int:
        room = min(self.pace.room(), BATCH, BATCH if self.allowance is None else self.allowance)
        if room < 1 or time.monotonic() < self.paused_until:
            return 0
        claimed_at = time.monotonic()
        claims = claim(self.via, room)
        if not claims:
            return 0
        if time.monotonic() - claimed_at > CLAIM_IS_GOOD_FOR_SECONDS:
            release([kannel_id(one.message_id, one.attempt) for one in claims])
            return 0
        self.pace.handed_over(len(claims))
        if self.allowance is not None:
            self.allowance -= len(claims)
            standing.take_allowance(self.via.pk, len(claims))
        self.carrier.hand_over([(kannel_id(one.message_id, one.attempt), one) for one in claims])
        return len(claims)

    def _take_answers(self, timeout_seconds: float) -> int:
        answers = self.carrier.answers(timeout_seconds)
        if answers.taken:
            accept(answers.taken)
            self.taken += len(answers.taken)
        if answers.refused:
            refuse(answers.refused)
        if answers.not_now:
            release(answers.not_now)
            self.pace.returned(len(answers.not_now))
            self.paused_until = time.monotonic() + 1.0
        self._record_unknown(answers.unknown)
        return len(answers.taken) + len(answers.refused)

    def _record_unknown(self, ids: Sequence[uuid.UUID]) -> None:
        if ids:
            doubt(ids)


def in_flight(via: Connection) -> int:
    """Messages of a connection that are inside Kannel, or on the way there.

    Of those taken more than a minute ago no more than Kannel itself counts (Connection.queued, seconds old): a message
    whose reports were lost must not narrow the line for ever.
    """
    young = Q(state_at__gte=timezone.now() - timedelta(minutes=1))
    counts = Message.objects.filter(connection=via, state__in=(State.SUBMITTING, State.ACCEPTED)).aggregate(
        young=Count("id", filter=young), old=Count("id", filter=~young)
    )
    return int(counts["young"] + min(counts["old"], via.queued))


def accept(ids: Sequence[uuid.UUID]) -> None:
    """Kannel has them in its store. A receipt may have been faster: then there is nothing to do."""
    _settle(ids, State.ACCEPTED)


def refuse(ids: Sequence[uuid.UUID]) -> None:
    """Kannel will not take them, now or later."""
    _settle(ids, State.FAILED, reason="refused", final=True)


def release(ids: Sequence[uuid.UUID]) -> None:
    """Kannel did not take them now, and certainly has not got them: they wait again."""
    _settle(ids, State.WAITING)


def doubt(ids: Sequence[uuid.UUID]) -> int:
    """Nobody can say whether Kannel has them. Returns of how many that is new."""
    return _settle(ids, State.UNCERTAIN)


@again_on_contention
def _settle(ids: Sequence[uuid.UUID], state: State, *, reason: str = "", final: bool = False) -> int:
    """Only attempts that are still ours to decide: the message is submitting or uncertain, and not in a later attempt."""
    pairs = [message_of(one) for one in ids]
    first, last = span([message_id for message_id, _ in pairs])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            WITH mine AS MATERIALIZED (
                SELECT m.id, m.state AS state_before, m.connection_id
                FROM mailings_message m JOIN unnest(%(ids)s::bigint[], %(attempts)s::bigint[]) AS answered (id, attempt)
                    ON m.id = answered.id AND m.attempt = answered.attempt
                WHERE m.id BETWEEN %(first)s AND %(last)s AND m.state IN ('submitting', 'uncertain') AND m.state <> %(state)s
                ORDER BY m.id FOR NO KEY UPDATE OF m
            ), settled AS (
                UPDATE mailings_message m SET state = %(state)s, reason = %(reason)s, state_at = now(),
                    final_at = CASE WHEN %(final)s THEN now() END
                FROM mine WHERE m.id = mine.id AND m.id BETWEEN %(first)s AND %(last)s
                RETURNING mine.connection_id, mine.state_before
            )
            SELECT connection_id, state_before, count(*) FROM settled GROUP BY connection_id, state_before
            """,
            {
                "state": state.value,
                "reason": reason,
                "final": final,
                "first": first,
                "last": last,
                "ids": bigints(message_id for message_id, _ in pairs),
                "attempts": bigints(attempt for _, attempt in pairs),
            },
        )
        rows = cursor.fetchall()
        for connection_id, before, count in rows:
            _count_trial(connection_id, before, state, count)
    return sum(count for *_ignored, count in rows)


def _count_trial(connection_id: int, before: str, state: State, count: int) -> None:
    """The trial allowance of a braked connection is for messages that were taken: a claim spends it, and what was certainly
    not taken gives it back. What is uncertain is not spent either, until somebody finds that it was taken after all."""
    if before == State.SUBMITTING and state != State.ACCEPTED:
        standing.give_back_allowance(connection_id, count)
    elif before == State.UNCERTAIN and state == State.ACCEPTED:
        standing.take_allowance(connection_id, count)
