"""How often customers do something anyway after a mailing: measured from earlier ones of the same purpose, or assumed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from backoffice.mailings.check.facts import whole_range
from backoffice.mailings.models import Mailing

State = Mailing.State
WITHIN = timedelta(days=7)
NOT_OLDER = timedelta(days=180)
MAILINGS = 3
# So many recipients, drawn at random, tell the share to within a quarter of a percentage point or so.
PEOPLE = 15_000
# Of fewer than so many who did it, the share says little.
FEWEST = 20
ASSUMED_PURCHASES, ASSUMED_REPLIES = 0.05, 0.02
KEPT_SECONDS = 24 * 3600

MEASURE = """
SELECT count(*),
    count(*) FILTER (WHERE EXISTS (
        SELECT FROM customers_action a WHERE a.customer_id = m.customer_id AND a.kind = 'purchase'
            AND a.at >= m.sent_at AND a.at < m.sent_at + %(within)s)),
    count(*) FILTER (WHERE EXISTS (
        SELECT FROM customers_contact k WHERE k.customer_id = m.customer_id
            AND k.last_reply_at >= m.sent_at AND k.last_reply_at < m.sent_at + %(within)s))
FROM mailings_message m
WHERE m.mailing_id = ANY(%(mailings)s) AND m.id BETWEEN %(first)s AND %(last)s AND m.sent_at IS NOT NULL
    AND mod(hashint8extended(m.customer_id, 0), %(one_of)s) = 0
"""


@dataclass(frozen=True)
class Rates:
    """Shares of recipients, 0 to 1, who bought or replied within a week; None where too few are known."""

    purchases: float | None
    replies: float | None
    mailings: int


def rates_of(mailing: Mailing) -> Rates:
    """What the last mailings of the same purpose tell. Measured once a day, from a sample of their recipients."""
    before = _earlier(mailing, timezone.now())
    key = f"parley:rates:{mailing.purpose}:{'-'.join(str(one.pk) for one in before)}"
    found: Rates | None = cache.get(key)
    if found is None:
        found = _measure(before)
        cache.set(key, found, KEPT_SECONDS)
    return found


def _earlier(mailing: Mailing, now: datetime) -> list[Mailing]:
    """Mailings whose week is over."""
    return list(
        Mailing.objects.filter(
            purpose=mailing.purpose,
            state=State.FINISHED,
            planned_at__isnull=False,
            started_at__gt=now - NOT_OLDER,
            finished_at__lt=now - WITHIN,
            repeats="",
        )
        .exclude(pk=mailing.pk)
        .order_by("-finished_at")[:MAILINGS]
    )


def _measure(before: list[Mailing]) -> Rates:
    if not before:
        return Rates(None, None, 0)
    first, last = whole_range(before)
    values: dict[str, Any] = {
        "mailings": [mailing.pk for mailing in before],
        "first": first,
        "last": last,
        "within": WITHIN,
        "one_of": max(1, sum(mailing.planned_count or 0 for mailing in before) // PEOPLE),
    }
    with connection.cursor() as cursor:
        cursor.execute(MEASURE, values)
        people, bought, replied = cursor.fetchone()
    return Rates(_share(bought, people), _share(replied, people), len(before))


def _share(hits: int, people: int) -> float | None:
    return hits / people if hits >= FEWEST else None
