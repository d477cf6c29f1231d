"""Uncertain messages: being handed over when something broke. Kannel's store and its events say what became of them.

Kannel has a message in its store from before it says so until its first report is in the store, and that report until it
is a row of ours (bb_store: saved before the ack, removed when handled). Two looks at the store decide. What the first one
shows, Kannel has. Of the rest, every report that the first look held has become a row when none of them is
left in the second one: whoever then has no row was never taken, and waits again. If Kannel cannot be asked, the policy of
the mailing decides.
"""

import time
import uuid
from datetime import timedelta

import structlog
from django.db import connection
from django.utils import timezone

from backoffice.lib.contention import again_on_contention
from backoffice.mailings.models import Mailing, Message
from backoffice.mailings.sending import accept, doubt, kannel_id, message_of, release
from kannel import administration
from kannel.models import Event, Gateway

logger = structlog.get_logger(__name__)

State = Message.State
Policy = Mailing.UncertainPolicy
# No sender writes a byte of a claim older than 5 s, and Kannel answers within milliseconds.
UNANSWERED_AFTER = timedelta(seconds=15)
# Bytes of a broken link may still wait in Kannel's socket.
STILL_BEING_READ = timedelta(seconds=3)
SECONDS_BETWEEN_LOOKS = 3.0
# How long the policies "give up" and "send again" wait for Kannel to come back and say.
PATIENCE = timedelta(minutes=10)
AT_ONCE = 5000


def doubt_unanswered() -> int:
    """Marks as uncertain what was claimed and never answered: its sender has died."""
    late = Message.objects.filter(state=State.SUBMITTING, state_at__lt=timezone.now() - UNANSWERED_AFTER)
    return doubt([kannel_id(pk, attempt) for pk, attempt in late.values_list("id", "attempt")])


def settle(gateway: Gateway) -> dict[str, int]:
    """Decides about the uncertain messages of one gateway, as far as it can be known. Returns how many went which way.

    Over sendsms Kannel gives its own ids, so only reports and the policy decide there. Raises administration's errors
    when the gateway does not answer; nothing is decided then.
    """
    if gateway.transport == Gateway.Transport.SENDSMS:
        return {}
    in_doubt = _uncertain(gateway)
    if not in_doubt:
        return {}
    first = administration.store(gateway)
    time.sleep(SECONDS_BETWEEN_LOOKS)
    second = administration.store(gateway)
    kept = [one for one in in_doubt if one in first.ids or one in second.ids]
    accept(kept)
    counts = {"kept": len(kept), "told": 0, "never_taken": 0}
    if first.our_reports & second.our_reports:
        return counts
    kept_ids = set(kept)
    gone = [one for one in in_doubt if one not in kept_ids]
    told = set(
        Event.objects.filter(message_id__in=[message_of(one)[0] for one in gone]).values_list(
            "message_id", "attempt"
        )
    )
    never_taken = [one for one in gone if message_of(one) not in told]
    release(never_taken)
    counts |= {"told": len(gone) - len(never_taken), "never_taken": len(never_taken)}
    logger.info("settled", gateway=gateway.name, **counts)
    return counts


def _uncertain(gateway: Gateway) -> list[uuid.UUID]:
    rows = Message.objects.filter(
        state=State.UNCERTAIN, connection__gateway=gateway, state_at__lt=timezone.now() - STILL_BEING_READ
    ).values_list("id", "attempt")
    return [kannel_id(message_id, attempt) for message_id, attempt in rows[:AT_ONCE]]


@again_on_contention
def follow_policy() -> int:
    """Ends what could not be settled: by the policy of its mailing, and at the latest when no receipt can come any more."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH ended AS (
                UPDATE mailings_message m SET
                    state = CASE WHEN again THEN 'waiting' ELSE 'failed' END,
                    reason = CASE WHEN again THEN '' ELSE 'given_up' END,
                    state_at = now(), final_at = CASE WHEN again THEN NULL ELSE now() END
                FROM (
                    SELECT m.id, mailing.uncertain_policy = %(send_again)s AND m.latest_at > now() AS again
                    FROM mailings_message m JOIN mailings_mailing mailing ON mailing.id = m.mailing_id
                    JOIN kannel_connection via ON via.id = m.connection_id
                    JOIN operators_operator operator ON operator.id = via.operator_id
                    WHERE m.state = 'uncertain' AND (
                        mailing.uncertain_policy <> %(wait)s AND m.state_at < now() - %(patience)s::interval
                        OR m.latest_at + operator.receipt_margin < now()
                    )
                    ORDER BY m.id FOR NO KEY UPDATE OF m SKIP LOCKED
                ) AS late
                WHERE m.id = late.id AND m.state = 'uncertain'
                RETURNING m.mailing_id, m.state, CASE WHEN m.sent_at IS NULL THEN m.cost ELSE 0 END AS cost
            ), doubted AS (
                -- Both attempts may be billed; the rows of messages will show one of them.
                UPDATE mailings_spending spending
                SET doubtful = doubtful + again.cost
                FROM (SELECT mailing_id, sum(cost) AS cost FROM ended WHERE state = 'waiting' GROUP BY mailing_id) AS again
                WHERE spending.mailing_id = again.mailing_id
            )
            SELECT count(*) FROM ended
            """,
            {
                "send_again": Policy.SEND_AGAIN,
                "wait": Policy.WAIT,
                "patience": f"{PATIENCE.total_seconds()} seconds",
            },
        )
        return int(cursor.fetchone()[0])
