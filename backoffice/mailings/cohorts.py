"""Counting what becomes of messages by connection, mailing and ten seconds: inside the statement that applies receipts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from backoffice.mailings.given_back import RETURNED
from backoffice.mailings.models import Cohort

WIDTH = timedelta(seconds=10)
# Receipts are counted that came within so many seconds (Cohort has a column for each).
WITHIN_SECONDS = (20, 60, 300, 900)
# What is older is compared with, as one sum; what is younger is looked at cohort by cohort.
RECENT = timedelta(minutes=20)
PAST = timedelta(hours=6)
KEPT = timedelta(days=3)

_BEGIN = "to_timestamp(floor(extract(epoch FROM {0}) / 10) * 10)"
_ENDED = "('delivered', 'undelivered', 'expired', 'rejected')"
_CODE = "coalesce(substring({0} FROM '^err:[-0-9A-Za-z_]{{1,40}}'), substring({0} FROM '0x0*[0-9A-Fa-f]{{1,8}}'), '')"
_KEY = "connection_id, at, mailing_id, outcome, error"


def begin_of(moment: datetime) -> datetime:
    """When the cohort of a message began that was taken at a moment."""
    return datetime.fromtimestamp(moment.timestamp() // WIDTH.seconds * WIDTH.seconds, moment.tzinfo)


def count_sql(changed: str) -> str:
    """An INSERT that may stand in a WITH. ``changed`` is a relation of messages with what they were before the change:
    connection_id, mailing_id, state, sent_at, final_at, error, reason_before, state_before, sent_before, final_before, error_before.

    A message is taken when it is first known to have left, and ends once: a better report takes the earlier end away.
    What Kannel itself threw back (RETURNED) never reached the operator, so it is no refusal.
    """
    sums = ", ".join(f"sum(n) FILTER (WHERE seconds <= {limit})" for limit in WITHIN_SECONDS)
    columns = ", ".join(f"within_{limit}" for limit in WITHIN_SECONDS)
    added = ", ".join(
        f"{column} = kept.{column} + excluded.{column}"
        for column in ("messages", *(f"within_{limit}" for limit in WITHIN_SECONDS))
    )
    zeros = ", ".join(f"coalesce({one}, 0)" for one in sums.split(", "))
    return f"""
    INSERT INTO mailings_cohort AS kept ({_KEY}, messages, {columns})
    SELECT {_KEY}, sum(n), {zeros} FROM (
        SELECT connection_id, {_BEGIN.format("sent_at")} AS at, mailing_id, 'taken' AS outcome, '' AS error, 1 AS n,
            0 AS seconds
        FROM {changed} WHERE sent_before IS NULL AND sent_at IS NOT NULL
        UNION ALL
        SELECT connection_id, {_BEGIN.format("coalesce(sent_at, final_at)")}, mailing_id, state,
            {_CODE.format("error")}, 1, extract(epoch FROM final_at - coalesce(sent_at, final_at))
        FROM {changed} WHERE state IN {_ENDED} AND state <> state_before AND error <> '{RETURNED}'
        UNION ALL
        SELECT connection_id, {_BEGIN.format("coalesce(sent_before, final_before)")}, mailing_id, state_before,
            {_CODE.format("error_before")}, -1, extract(epoch FROM final_before - coalesce(sent_before, final_before))
        FROM {changed} WHERE state_before IN {_ENDED} AND reason_before = '' AND state <> state_before
            AND error_before <> '{RETURNED}'
    ) AS counted
    WHERE connection_id IS NOT NULL AND at IS NOT NULL
    GROUP BY {_KEY} ORDER BY {_KEY}
    ON CONFLICT ({_KEY}) DO UPDATE SET {added}
    """


@dataclass
class Counts:
    """Messages of some cohorts together: how many were taken, and how many ended how within a time."""

    taken: int = 0
    delivered: int = 0
    ended: int = 0
    rejected: int = 0
    codes: dict[str, int] = field(default_factory=dict)

    @property
    def answered(self) -> int:
        """Messages that the operator took or refused."""
        return self.taken + self.rejected

    def __add__(self, other: "Counts") -> "Counts":
        codes = {
            code: self.codes.get(code, 0) + other.codes.get(code, 0) for code in {*self.codes, *other.codes}
        }
        return Counts(
            self.taken + other.taken,
            self.delivered + other.delivered,
            self.ended + other.ended,
            self.rejected + other.rejected,
            codes,
        )


@dataclass(frozen=True)
class Slice:
    """One row of the count: of one cohort, or of all the older ones of a mailing and connection (``at`` is None)."""

    connection_id: int
    mailing_id: int
    at: datetime | None
    outcome: str
    error: str
    messages: int
    within: tuple[int, ...]

    def counts(self, within_index: int | None) -> Counts:
        """What it adds, if only receipts count that came within WITHIN_SECONDS[within_index]; None: all that came so far."""
        if self.outcome == Cohort.Outcome.TAKEN:
            return Counts(taken=self.messages)
        counts_all = within_index is None or self.outcome == Cohort.Outcome.REJECTED
        ended = self.messages if within_index is None or counts_all else self.within[within_index]
        codes = {self.error: ended} if self.error else {}
        if self.outcome == Cohort.Outcome.REJECTED:
            return Counts(rejected=ended, codes=codes)
        return Counts(
            delivered=ended if self.outcome == Cohort.Outcome.DELIVERED else 0, ended=ended, codes=codes
        )


def slices(now: datetime | None = None) -> list[Slice]:
    """All counts of the last hours in one statement: recent ones by cohort, older ones added up."""
    now = now or timezone.now()
    sums = ", ".join(f"sum(within_{limit})" for limit in WITHIN_SECONDS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT connection_id, mailing_id, CASE WHEN at >= %s THEN at END AS cohort, outcome, error, sum(messages), {sums}
            FROM mailings_cohort WHERE at >= %s
            GROUP BY connection_id, mailing_id, cohort, outcome, error
            """,
            [now - RECENT, now - PAST],
        )
        return [_slice(row) for row in cursor]


def _slice(row: Sequence[Any]) -> Slice:
    connection_id, mailing_id, at, outcome, error, messages, *within = row
    return Slice(connection_id, mailing_id, at, outcome, error, int(messages), tuple(map(int, within)))


def forget_old() -> int:
    """Deletes counts that nothing is compared with any more."""
    return Cohort.objects.filter(at__lt=timezone.now() - KEPT).delete()[0]
