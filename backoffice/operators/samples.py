"""The last days of every connection in half-minutes: written in sets by the watch, shown as small curves, then thrown away."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from kannel.models import Sample

EACH = timedelta(seconds=30)
KEPT_FOR = timedelta(days=3)
SHOWN_FOR = timedelta(hours=1)
POINTS = 60

# Kannel counts from its own start: a count that is smaller than the last one began at nothing.
TAKE = """
INSERT INTO kannel_sample (connection_id, at, is_online, queued, sent, failed, sent_total, failed_total)
SELECT via.id, %(now)s, via.status = 'online', via.queued,
    CASE WHEN last.sent_total IS NULL THEN 0 WHEN via.sent >= last.sent_total THEN via.sent - last.sent_total
        ELSE via.sent END,
    CASE WHEN last.failed_total IS NULL THEN 0 WHEN via.failed >= last.failed_total
        THEN via.failed - last.failed_total ELSE via.failed END,
    via.sent, via.failed
FROM kannel_connection via
LEFT JOIN LATERAL (
    SELECT at, sent_total, failed_total FROM kannel_sample
    WHERE connection_id = via.id ORDER BY at DESC LIMIT 1
) AS last ON true
WHERE via.is_enabled AND (last.at IS NULL OR last.at <= %(before)s)
"""


def take_samples() -> int:
    """A sample of each connection in use that has none of the last half-minute. Returns how many were due."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(TAKE, {"now": now, "before": now - EACH})
        return int(cursor.rowcount)


def prune_samples() -> int:
    """Throws away what nobody looks at any more. Returns how many there were."""
    deleted, _kinds = Sample.objects.filter(at__lt=timezone.now() - KEPT_FOR).delete()
    return deleted


@dataclass(frozen=True)
class Curve:
    """One connection in the last hour: messages sent a second on the average of each minute; and what it comes to."""

    per_second: list[float]
    sent: int
    failed: int
    down_minutes: int

    @property
    def most(self) -> float:
        return max(self.per_second, default=0.0)

    def points(self, width: int, height: int) -> str:
        """The curve for an SVG polyline of this size; a straight line at the bottom for nothing."""
        top = self.most or 1.0
        step = width / max(1, len(self.per_second) - 1)
        return " ".join(
            f"{index * step:.1f},{height - value / top * (height - 2) - 1:.1f}"
            for index, value in enumerate(self.per_second)
        )


def curves_of(connection_ids: Iterable[int], now: datetime | None = None) -> dict[int, Curve]:
    """The last hour of these connections, in one query."""
    now = now or timezone.now()
    begins = now - SHOWN_FOR
    rows = Sample.objects.filter(connection__in=list(connection_ids), at__gt=begins, at__lte=now)
    found: dict[int, list[tuple[int, int, int, bool]]] = defaultdict(list)
    for pk, at, sent, failed, is_online in rows.values_list(
        "connection_id", "at", "sent", "failed", "is_online"
    ):
        minute = min(POINTS - 1, int((at - begins) / SHOWN_FOR * POINTS))
        found[pk].append((minute, sent, failed, is_online))
    return {pk: _curve(samples) for pk, samples in found.items()}


def _curve(samples: list[tuple[int, int, int, bool]]) -> Curve:
    seconds = SHOWN_FOR.total_seconds() / POINTS
    sent = [0] * POINTS
    for minute, count, _failed, _is_online in samples:
        sent[minute] += count
    return Curve(
        per_second=[count / seconds for count in sent],
        sent=sum(sent),
        failed=sum(failed for _minute, _sent, failed, _is_online in samples),
        down_minutes=len({minute for minute, _sent, _failed, is_online in samples if not is_online}),
    )
