"""A plan, counted once: all that its check says of it, from one statement over its messages."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.core.cache import cache
from django.db import connection

from backoffice.lib.amounts import PRICE_PLACES
from backoffice.mailings.models import Mailing, Message
from backoffice.mailings.querysets import id_range

NOT_SENT = (Message.State.EXCLUDED.value, Message.State.HELD_OUT.value)
# A plan is frozen: its count stays right until it is planned anew, and then it has another name.
KEPT_SECONDS = 7 * 24 * 3600
SAMPLES = 3
# A page waits no longer for one of the counts. The plan's own is made where it is planned, so it is usually there.
WAITS = timedelta(seconds=15)
# Messages of one zone that leave evenly over a period are counted in at most so many groups, none shorter than this.
GROUPS_OF_A_PERIOD = 96
SHORTEST_GROUP = timedelta(minutes=15)

COUNT = """
SELECT m.mailing_id, m.state, m.reason, m.connection_id, m.coding, m.parts, m.template_id,
    coalesce(c.time_zone, '') AS time_zone, m.latest_at, min(m.earliest_at), count(*), sum(m.cost), min(m.cost),
    max(m.cost), min(m.id), max(m.id), max(c.updated_at)
FROM mailings_message m LEFT JOIN customers_customer c ON c.id = m.customer_id
WHERE m.mailing_id = ANY(%(mailings)s) AND m.id BETWEEN %(first)s AND %(last)s
GROUP BY m.mailing_id, m.state, m.reason, m.connection_id, m.coding, m.parts, m.template_id, time_zone, m.latest_at,
    CASE WHEN m.state NOT IN ('excluded', 'held_out') THEN date_bin(%(length)s, m.earliest_at, 'epoch') END
ORDER BY min(m.id)
"""


class Row(NamedTuple):
    """Messages of a plan that have all of these in common."""

    mailing_id: int
    state: str
    reason: str
    connection_id: int | None
    coding: int
    parts: int
    template_id: int | None
    time_zone: str
    latest_at: datetime | None
    earliest_at: datetime | None
    messages: int
    cost: Decimal
    least_cost: Decimal
    most_cost: Decimal
    first_id: int
    last_id: int
    data_of: datetime | None

    @property
    def is_sent(self) -> bool:
        return self.state not in NOT_SENT


@dataclass
class Fate:
    """What becomes of some of a plan, and the messages of a few of them."""

    people: int = 0
    samples: list[int] = field(default_factory=list)


@dataclass
class Charge:
    """What messages of one size cost over one connection; ``least`` and ``most``: a single part."""

    messages: int = 0
    parts: int = 0
    cost: Decimal = Decimal(0)
    least: Decimal | None = None
    most: Decimal | None = None


class Leaving(NamedTuple):
    """Messages that go over one connection to one time zone, from the same moment on until the same moment."""

    connection_id: int
    time_zone: str
    earliest_at: datetime
    latest_at: datetime
    messages: int
    parts: int


@dataclass
class PlanFacts:
    """The count of one plan. Fates by state and reason, charges by connection, coding and parts of a message."""

    fates: dict[tuple[str, str], Fate] = field(default_factory=lambda: defaultdict(Fate))
    charges: dict[tuple[int, int, int], Charge] = field(default_factory=lambda: defaultdict(Charge))
    leaving: list[Leaving] = field(default_factory=list)
    texts: dict[int | None, int] = field(default_factory=lambda: defaultdict(int))
    data_of: datetime | None = None
    """When the newest of what we know about these customers came in."""

    @property
    def people(self) -> int:
        return sum(fate.people for fate in self.fates.values())

    @property
    def recipients(self) -> int:
        return sum(charge.messages for charge in self.charges.values())

    def add(self, row: Row) -> None:
        """Takes a row of the count in."""
        fate = self.fates[row.state, row.reason]
        fate.people += row.messages
        ids = sorted({row.first_id, row.last_id})
        fate.samples += ids[: SAMPLES - len(fate.samples)]
        self.data_of = max(filter(None, (self.data_of, row.data_of)), default=None)
        if row.is_sent and row.connection_id is not None:
            self._charge(row, row.connection_id)

    def _charge(self, row: Row, connection_id: int) -> None:
        charge = self.charges[connection_id, row.coding, row.parts]
        charge.messages += row.messages
        charge.parts += row.messages * row.parts
        charge.cost += row.cost
        if row.parts:
            least, most = (round(cost / row.parts, PRICE_PLACES) for cost in (row.least_cost, row.most_cost))
            charge.least = least if charge.least is None else min(charge.least, least)
            charge.most = most if charge.most is None else max(charge.most, most)
        self.texts[row.template_id] += row.messages
        if row.earliest_at and row.latest_at:
            parts = row.messages * max(1, row.parts)
            self.leaving.append(
                Leaving(connection_id, row.time_zone, row.earliest_at, row.latest_at, row.messages, parts)
            )


def facts_of(mailing: Mailing) -> PlanFacts:
    """The count of a plan, from the cache or, once after each plan, from its messages."""
    return facts_of_all([mailing])[mailing.pk]


def facts_of_all(mailings: Sequence[Mailing]) -> dict[int, PlanFacts]:
    """The counts of several plans; those that are not in the cache take one statement together."""
    keys = {_key(mailing): mailing for mailing in mailings if mailing.planned_at}
    known: dict[str, PlanFacts] = cache.get_many(keys)
    missing = [mailing for key, mailing in keys.items() if key not in known]
    fresh = {_key(mailing): facts for mailing, facts in zip(missing, _count(missing), strict=True)}
    if fresh:
        cache.set_many(fresh, KEPT_SECONDS)
    return {mailing.pk: (known | fresh)[key] for key, mailing in keys.items()}


def group_length(mailings: Iterable[Mailing]) -> timedelta:
    """How long a group of messages is that leave evenly over a period."""
    longest = max((mailing.spread_hours for mailing in mailings), default=0)
    return max(SHORTEST_GROUP, timedelta(hours=longest) / GROUPS_OF_A_PERIOD)


def whole_range(mailings: Sequence[Mailing]) -> tuple[int, int]:
    """The ids between which all messages of these plans are."""
    ranges = [id_range(mailing.planned_at) for mailing in mailings if mailing.planned_at]
    return min(first for first, _last in ranges), max(last for _first, last in ranges)


def _key(mailing: Mailing) -> str:
    assert mailing.planned_at is not None
    # The 1 grows with the shape of what is kept.
    return f"parley:check:1:{mailing.pk}:{mailing.planned_at.timestamp()}:{mailing.plan_digest}"


def _count(mailings: Sequence[Mailing]) -> list[PlanFacts]:
    if not mailings:
        return []
    first, last = whole_range(mailings)
    found = {mailing.pk: PlanFacts() for mailing in mailings}
    values: dict[str, Any] = {
        "mailings": list(found),
        "first": first,
        "last": last,
        "length": group_length(mailings),
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNT, values)
        for values_of_row in cursor.fetchall():
            row = Row(*values_of_row)
            found[row.mailing_id].add(row)
    return list(found.values())
