"""Inbound messages to replies: in batches, any number of times, with the same result.

A number that several customers share answers for the one who was last written to.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import phonenumbers
import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from backoffice.customers.contacts import tell_sql
from backoffice.lib.phones import normalise
from backoffice.replies.models import Reply

logger = structlog.get_logger(__name__)

BATCH = 1000
# A reference of parts is used again after 256 messages.
PARTS_WITHIN = timedelta(hours=6)
_WORD = re.compile(r"\w+")
_WORD_LENGTH = Reply._meta.get_field("word").max_length
_INTERNATIONAL = re.compile(r"\+[1-9][0-9]{6,14}")

WAITING = """
SELECT id, sender, text, parts FROM kannel_event
WHERE applied_at IS NULL AND kind = 'inbound' ORDER BY id LIMIT %s
"""

# Kannel tells times in whole seconds. A message whose acceptance we do not know yet counts from when it was handed over.
LEFT_AT = "coalesce(m.sent_at, date_trunc('second', m.submitted_at))"

# An operator that got no answer in time sends a message once more, Kannel gives it another id: in the same second it is one
# reply. Later than that a person may have written the same again, so both are kept and the second one is marked.
SAME = "recipient, text, octets, part_reference, part"
SAME_REPLY = """r.customer_id = a.customer_id AND r.recipient = a.recipient AND r.text = a.text
    AND r.octets IS NOT DISTINCT FROM a.octets AND (r.part_reference, r.part) = (a.part_reference, a.part)"""
AGAIN_WITHIN = "interval '5 minutes'"

FACTS = """(
    SELECT customer_id, received_at AS reply_at, NULL AS failure,
        NULL::timestamptz AS sent_at, NULL::timestamptz AS delivered_at, NULL::timestamptz AS failed_at
    FROM fresh
)"""

APPLY = f"""
WITH told AS (
    SELECT e.id, e.kannel_id, e.text, e.occurred_at, e.recipient, e.octets, e.part_reference, e.part, e.parts, words.word
    FROM kannel_event e JOIN unnest(%(ids)s::bigint[], %(words)s::text[]) AS words (id, word) ON words.id = e.id
    WHERE e.id = ANY(%(ids)s::bigint[])
), authors AS (
    SELECT DISTINCT ON (told.id) told.*, c.id AS customer_id, latest.id AS message_id, latest.mailing_id
    FROM told
    JOIN unnest(%(phone_ids)s::bigint[], %(phones)s::text[]) AS readings (id, phone) ON readings.id = told.id
    JOIN customers_customer c ON c.phone = readings.phone
    LEFT JOIN LATERAL (
        SELECT m.id, m.mailing_id, {LEFT_AT} AS left_at FROM mailings_message m
        WHERE m.customer_id = c.id AND {LEFT_AT} <= told.occurred_at
            AND m.state IN ('submitting', 'uncertain', 'accepted', 'sent', 'delivered', 'undelivered', 'expired')
        ORDER BY left_at DESC, m.id DESC LIMIT 1
    ) AS latest ON true
    ORDER BY told.id, latest.left_at DESC NULLS LAST, c.id
), once AS (
    SELECT DISTINCT ON (customer_id, {SAME}, occurred_at) * FROM authors a
    WHERE NOT EXISTS (SELECT FROM replies_reply r WHERE {SAME_REPLY} AND r.received_at = a.occurred_at)
    ORDER BY customer_id, {SAME}, occurred_at, id
), fresh AS (
    INSERT INTO replies_reply (
        kannel_id, customer_id, received_at, {SAME}, parts, word, message_id, mailing_id, is_repeat
    )
    SELECT kannel_id, customer_id, occurred_at, {SAME}, parts, word, message_id, mailing_id,
        lag(occurred_at) OVER same >= occurred_at - {AGAIN_WITHIN} IS TRUE OR EXISTS (
            SELECT FROM replies_reply r
            WHERE {SAME_REPLY} AND r.received_at BETWEEN a.occurred_at - {AGAIN_WITHIN} AND a.occurred_at
        )
    FROM once a WINDOW same AS (PARTITION BY customer_id, {SAME} ORDER BY occurred_at) ORDER BY id
    ON CONFLICT (kannel_id) DO NOTHING
    RETURNING customer_id, received_at
), contacts AS (
    {tell_sql(FACTS)}
), settled AS (
    UPDATE kannel_event SET applied_at = now() WHERE id = ANY(%(ids)s::bigint[])
)
SELECT (SELECT count(*) FROM fresh), (SELECT count(*) FROM told) - (SELECT count(*) FROM authors)
"""


def apply_inbound() -> int:
    """Applies one batch of waiting inbound messages. Returns how many there were.

    What comes from a number that no customer has becomes no reply; it is counted in the log, and its event stays.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        # Waits and does not give up: a wake-up is told once, and the worker before may have looked too early for it.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('replies'))")
        cursor.execute(WAITING, [BATCH])
        waiting: Sequence[Any] = cursor.fetchall()
        if not waiting:
            return 0
        readings = [(event_id, phone) for event_id, sender, *_ in waiting for phone in phones_of(sender)]
        cursor.execute(
            APPLY,
            {
                "ids": [event_id for event_id, *_ in waiting],
                "words": [first_word(text) for _, _, text, _ in waiting],
                "phone_ids": [event_id for event_id, _ in readings],
                "phones": [phone for _, phone in readings],
            },
        )
        replies, strangers = cursor.fetchone()
        if any(parts > 1 for *_, parts in waiting):
            join_parts()
    logger.info("inbound_applied", events=len(waiting), replies=replies, from_unknown_numbers=strangers)
    return len(waiting)


def drain() -> int:
    """Applies batches until none is full. Returns the number of events."""
    applied = count = apply_inbound()
    while count == BATCH:
        count = apply_inbound()
        applied += count
    return applied


def join_parts() -> int:
    """Joins replies whose parts have all come one by one, as they do over a restart of Kannel. Returns how many."""
    since = timezone.now() - PARTS_WITHIN
    groups: dict[tuple[Any, ...], dict[int, Reply]] = {}
    for one in Reply.objects.filter(parts__gt=1, received_at__gte=since).order_by("received_at", "id"):
        key = (one.customer_id, one.recipient, one.part_reference, one.parts)
        groups.setdefault(key, {}).setdefault(one.part, one)
    whole = [found for key, found in groups.items() if len(found) == key[-1]]
    for found in whole:
        first, *others = (found[number] for number in sorted(found))
        _join(first, others)
    return len(whole)


def _join(first: Reply, others: Sequence[Reply]) -> None:
    pieces = [first, *others]
    if any(one.octets is not None for one in pieces):
        first.octets = b"".join(
            one.text.encode() if one.octets is None else bytes(one.octets) for one in pieces
        )
        first.text = ""
    else:
        first.text = "".join(one.text for one in pieces)
    first.word, first.part, first.parts = first_word(first.text), 1, 1
    first.save(update_fields=["text", "octets", "word", "part", "parts"])
    Reply.objects.filter(pk__in=[one.pk for one in others]).delete()


def first_word(text: str) -> str:
    """The first word in capital letters, for example STOP of "Stop, please."; empty if there is no letter or digit."""
    found = _WORD.search(text)
    return found[0].upper()[:_WORD_LENGTH] if found else ""


def phones_of(sender: str) -> Iterator[str]:
    """What a sender may be in E.164: operators give numbers with a plus, without one, or as people dial them at home.

    Kannel writes a plus before whatever was told to be international, also before 8 916 or 916: only a number that exists
    is taken as it is given.
    """
    bare = sender.strip().lstrip("+")
    as_given = f"+{bare.removeprefix('00')}"
    if _INTERNATIONAL.fullmatch(as_given):
        yield as_given
        if sender.strip().startswith(("+", "00")) and _exists(as_given):
            return
    try:
        as_dialled = normalise(bare, settings.DEFAULT_REGION)
    except ValueError:
        return
    if as_dialled != as_given:
        yield as_dialled


def _exists(number: str) -> bool:
    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(number)))
    except phonenumbers.NumberParseException:
        return False
