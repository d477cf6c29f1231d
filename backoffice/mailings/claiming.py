"""Taking the next messages of a connection: marked as *submitting* and committed before a byte leaves.

The statement that marks a message is also the last one that may refuse it: consent, lists of customers never to write to,
hours, approval, budget and the state of the mailing are read in it, not before it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy

from backoffice.customers.models import Purpose
from backoffice.mailings import background, lifecycle, speed
from backoffice.mailings.budget import room_in
from backoffice.mailings.hours import DEFAULT_LENGTH, zone_named
from backoffice.mailings.models import Mailing, PausedPart
from backoffice.mailings.querysets import id_range
from backoffice.mailings.when import allowed_hours, last_end
from kannel.models import Connection

# Shares of the line by priority (0 low … 3 urgent): an urgent mailing gets nearly all of it, a low one is never starved.
WEIGHTS = {0: 1, 1: 4, 2: 16, 3: 256}
# What a customer is owed goes before what we would like to sell, as one step of priority would.
SERVICE_FIRST = 4
# A mailing that has to be over soon goes before one that has the day.
DEADLINES = ((timedelta(minutes=15), 8), (timedelta(hours=1), 4), (timedelta(hours=4), 2))

CLAIM = """
WITH mailing AS MATERIALIZED (
    SELECT validity, sender, priority FROM mailings_mailing m
    WHERE id = {mailing} AND state = 'running' AND content_hash <> '' AND EXISTS (
        SELECT FROM mailings_launchorder o WHERE o.mailing_id = m.id AND o.content_hash = m.content_hash
    ) AND NOT EXISTS (
        SELECT FROM mailings_pausedpart p
        WHERE p.mailing_id = m.id AND p.operator_id = {operator} AND p.ended_at IS NULL
    )
), rules AS MATERIALIZED (
    SELECT coalesce(bool_and(needs_consent), true) AS needs_consent,
        coalesce(bool_and(leaves_out_lists), true) AS leaves_out_lists
    FROM mailings_contactrules WHERE purpose = {purpose}
), next AS MATERIALIZED (
    SELECT id, customer_id, earliest_at, latest_at, CASE WHEN sent_at IS NULL THEN cost ELSE 0 END AS reserves
    FROM mailings_message
    WHERE state = 'waiting' AND connection_id = {connection} AND mailing_id = {mailing} AND earliest_at <= {now}
        AND id BETWEEN {first_id} AND {last_id} AND EXISTS (SELECT FROM mailing)
    ORDER BY earliest_at, id LIMIT {limit}
    FOR UPDATE SKIP LOCKED
), judged AS MATERIALIZED (
    SELECT next.id, next.earliest_at, next.latest_at, next.reserves, c.phone,
        CASE WHEN zone.opens_at IS NULL THEN home.closes_at ELSE zone.closes_at END AS closes_at,
        coalesce(zone.opens_at, home.opens_at) AS opens_at,
        CASE
            WHEN c.id IS NULL OR c.is_blocked OR consent.state = 'withdrawn' OR EXISTS (
                SELECT FROM customers_customer other
                LEFT JOIN customers_consent said ON said.customer_id = other.id
                    AND said.purpose = {purpose} AND said.superseded_at IS NULL
                WHERE other.phone = c.phone AND c.phone <> '' AND (other.is_blocked OR said.state = 'withdrawn')
            ) THEN 'opted_out'
            WHEN rules.leaves_out_lists AND EXISTS (
                SELECT FROM customers_customer other
                JOIN audiences_listmember member ON member.customer_id = other.id
                JOIN audiences_customerlist list ON list.id = member.customer_list_id
                WHERE other.phone = c.phone AND c.phone <> '' AND list.kind = 'exclusion'
                OFFSET 0  -- never a hash of half a million members for a few hundred messages
            ) THEN 'excluded_list'
            WHEN rules.needs_consent AND consent.state IS DISTINCT FROM 'given' THEN 'no_consent'
            WHEN c.phone = '' THEN 'invalid_number'
            ELSE ''
        END AS reason
    FROM next
    LEFT JOIN customers_customer c ON c.id = next.customer_id
    LEFT JOIN customers_consent consent
        ON consent.customer_id = c.id AND consent.purpose = {purpose} AND consent.superseded_at IS NULL
    LEFT JOIN LATERAL (
        SELECT closes_at, opens_at FROM (VALUES {hours}) AS own (time_zone, closes_at, opens_at)
        WHERE own.time_zone = c.time_zone
        OFFSET 0  -- looked through for each message: the planner would build a hash of these few for each
    ) AS zone ON true
    CROSS JOIN (VALUES {home}) AS home (time_zone, closes_at, opens_at)
    CROSS JOIN rules
), decided AS MATERIALIZED (
    SELECT judged.*, CASE
        WHEN reason <> '' THEN 'excluded'
        WHEN latest_at <= {now} THEN 'expired'
        WHEN closes_at IS NULL THEN 'waiting'
        ELSE 'submitting'
    END AS state
    FROM judged
), fitting AS MATERIALIZED (
    SELECT decided.*, state <> 'submitting' OR {room} IS NULL OR {room} >=
        sum(CASE WHEN state = 'submitting' THEN reserves ELSE 0 END) OVER (ORDER BY earliest_at, id) AS fits
    FROM decided
), marked AS (
    UPDATE mailings_message m SET
        state = decided.state,
        state_at = CASE WHEN decided.state = 'waiting' THEN m.state_at ELSE {now} END,
        reason = CASE decided.state WHEN 'expired' THEN 'window_closed' ELSE decided.reason END,
        earliest_at = CASE WHEN decided.state = 'waiting' THEN decided.opens_at ELSE m.earliest_at END,
        attempt = m.attempt + (decided.state = 'submitting')::int,
        submitted_at = CASE WHEN decided.state = 'submitting' THEN {now} ELSE m.submitted_at END,
        final_at = CASE WHEN decided.state IN ('excluded', 'expired') THEN {now} END
    FROM fitting decided, mailing
    WHERE m.id = decided.id AND m.id BETWEEN {first_id} AND {last_id} AND decided.fits
    RETURNING m.state, decided.reserves, m.id, m.attempt, decided.phone, m.text, m.coding,
        least(m.latest_at, {now} + mailing.validity, decided.closes_at), mailing.sender, mailing.priority
)
SELECT * FROM marked
UNION ALL
(SELECT '{no_room}', 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM fitting WHERE NOT fits LIMIT 1)
"""
NO_ROOM = "no_room"


@dataclass(frozen=True, slots=True)
class Claim:
    """A message that is ours to hand over; nobody else will, until it is settled."""

    message_id: int
    attempt: int
    phone: str
    text: str
    coding: int
    valid_until: datetime
    sender: str
    priority: int


def claim(via: Connection, limit: int) -> list[Claim]:
    """Marks up to ``limit`` due messages of this connection as *submitting* and commits. Messages of people who
    withdrew their consent or were put on a list never to write to become excluded, those too late expire, those outside local
    hours wait for the next opening. A mailing whose next message does not fit into its budget is paused."""
    now = timezone.now()
    claims: list[Claim] = []
    for mailing, share in shares(list(_with_work(via, now)), limit):
        wanted = speed.granted(mailing, min(share, limit - len(claims)))
        if wanted > 0:
            taken = TAKE.do(mailing.pk, partial(_claim_of, mailing, via, wanted, now)) or []
            speed.give_back(mailing, wanted - len(taken))
            claims += taken
    return claims


def shares(mailings: list[Mailing], limit: int, now: datetime | None = None) -> Iterable[tuple[Mailing, int]]:
    """How much of a batch each mailing gets: by its weight at first, then what is left, the weightiest first."""
    now = now or timezone.now()
    weights = {mailing.pk: weight(mailing, now) for mailing in mailings}
    ranked = sorted(
        mailings, key=lambda mailing: (-weights[mailing.pk], mailing.started_at or mailing.created_at)
    )
    total = sum(weights.values())
    if len(ranked) > 1:
        yield from ((mailing, -(-limit * weights[mailing.pk] // total)) for mailing in ranked)
    yield from ((mailing, limit) for mailing in ranked)


def weight(mailing: Mailing, now: datetime) -> int:
    """The share of the line that a mailing asks for: by its priority, its purpose, and the time it has left."""
    wanted = WEIGHTS[mailing.priority]
    if mailing.purpose == Purpose.SERVICE:
        wanted *= SERVICE_FIRST
    ends = last_end(mailing) if mailing.planned_at else now + DEFAULT_LENGTH
    hurry = next((times for left, times in DEADLINES if ends - now <= left), 1)
    return wanted * hurry


def _with_work(via: Connection, now: datetime) -> "QuerySet[Mailing]":
    """Running mailings that have a message due on this connection."""
    # OFFSET 0: one look into the index for each mailing. As a join it reads every message that waits, at each claim:
    # 0.9 s of 560 000.
    due = """EXISTS (SELECT FROM mailings_message WHERE state = 'waiting' AND connection_id = %s
        AND mailing_id = mailings_mailing.id AND earliest_at <= %s OFFSET 0)"""
    paused = PausedPart.objects.filter(mailing=OuterRef("pk"), operator=via.operator_id, ended_at=None)
    running = Mailing.objects.filter(~Exists(paused), state=Mailing.State.RUNNING).select_related(
        "speed_limit"
    )
    return running.extra(where=[due], params=[via.pk, now])


def _claim_of(mailing: Mailing, via: Connection, limit: int, now: datetime) -> list[Claim]:
    assert mailing.planned_at is not None
    first_id, last_id = id_range(mailing.planned_at)
    with room_in(mailing) as room, connection.cursor() as cursor:

        def sql(template: str, params: Any) -> str:
            mogrified: bytes = cursor.cursor.mogrify(template, params)
            return mogrified.decode()

        hours = [sql("(%s, %s::timestamptz, %s::timestamptz)", row) for row in _hours_now(mailing, now)]
        cursor.execute(
            CLAIM.format(
                connection=int(via.pk),
                operator=int(via.operator_id),
                mailing=int(mailing.pk),
                limit=int(limit),
                now=sql("%s::timestamptz", [now]),
                room=sql("%s::numeric", [room.left]),
                no_room=NO_ROOM,
                purpose=sql("%s", [mailing.purpose]),
                first_id=first_id,
                last_id=last_id,
                home=hours[0],
                hours=", ".join(hours),
            )
        )
        rows = cursor.fetchall()
        room.is_too_small = any(state == NO_ROOM for state, *_rest in rows)
        room.taken = sum((reserves for state, reserves, *_rest in rows if state == "submitting"), Decimal(0))
        return [Claim(*row) for state, _reserves, *row in rows if state == "submitting"]


def _hours_now(mailing: Mailing, now: datetime) -> list[tuple[str, datetime | None, datetime]]:
    """Zone, when its present stretch closes (None: it is closed), when the next one opens; the company's own zone first."""
    hours = allowed_hours(mailing)
    return [(name, *hours.now(zone_named(name), now)) for name in ["", *filter(None, mailing.time_zones)]]


def _stop(subject: str, sentence: str) -> None:
    lifecycle.stop(Mailing.objects.get(pk=subject), sentence)


TAKE = background.step_of_mailing(
    f"{background.OF_MAILING}claim",
    gettext_lazy("Taking the next messages of a mailing"),
    gettext_lazy(
        "“%(name)s” was paused: its next messages could not be taken (%(error)s), %(count)s times. Resume it, or cancel what is "
        "left, and tell the administrators."
    ),
    give_up=_stop,
)
