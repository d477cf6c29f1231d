"""The messages of a plan on their way to the private Kannel: a lane for each connection, read page by page."""

import time
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.db.models import F
from django.utils import timezone

from backoffice.lib.amounts import SMALLEST_PRICE
from backoffice.mailings.claiming import Claim
from backoffice.mailings.models import Mailing
from backoffice.mailings.rehearsal.comparing import Comparison, Planned
from backoffice.mailings.rehearsal.size import to_rehearse
from kannel.models import Connection

PAGE = 1000
BATCH = 250
# So much traffic is inside Kannel at a time, as when the mailing is sent (mailings.pace), within what one queue takes.
SECONDS_INSIDE = 2.0
LEAST_INSIDE, MOST_INSIDE = 20, 2000
AGAIN_AFTER_SECONDS = 0.5
VALID = timedelta(days=1)
# The factor of a way is kept with five digits, the price of a part with six.
FACTOR_ROUNDED = Decimal("0.000005")
COLUMNS = (
    "id",
    "earliest_at",
    "text",
    "coding",
    "parts",
    "cost",
    "route__prefix",
    "route__price_per_part",
    "route__factor",
)


@dataclass(frozen=True)
class Leaving:
    """A message that is ready to be handed over under its place."""

    place: int
    claim: Claim


class Lane:
    """One connection, and what of the plan goes over it."""

    def __init__(
        self, mailing: Mailing, connection: Connection, share: float, comparison: Comparison
    ) -> None:
        self.mailing, self.connection, self.comparison = mailing, connection, comparison
        self.is_empty = False
        self._not_before = 0.0
        self.most = int(
            min(MOST_INSIDE, max(LEAST_INSIDE, connection.throughput_per_second * SECONDS_INSIDE))
        )
        self._messages = to_rehearse(mailing, share).filter(connection=connection.pk)
        self._after = (datetime(1, 1, 1, tzinfo=UTC), 0)
        self._page: deque[tuple[str, Planned]] = deque()
        self._again: deque[Leaving] = deque()

    @property
    def is_done(self) -> bool:
        """Whether everything of it was handed over."""
        return self.is_empty and not self._page and not self._again

    def put_back(self, leaving: Leaving) -> None:
        """Kannel did not take it now: its queue is full."""
        self._again.append(leaving)
        self._not_before = time.monotonic() + AGAIN_AFTER_SECONDS

    def next(self, first_place: int) -> list[Leaving]:
        """What may be handed over now; places of new ones count from ``first_place``."""
        if time.monotonic() < self._not_before:
            return []
        room = min(BATCH, self.most - self.comparison.inside(self.connection.pk))
        found: list[Leaving] = []
        while self._again and len(found) < BATCH:
            found.append(self._again.popleft())
        place = first_place
        while len(found) < room and (row := self._next_row()) is not None:
            prefix, planned = row
            number = self.comparison.expect(place, prefix, planned)
            found.append(Leaving(place, self._claim(place, number, planned)))
            place += 1
        return found

    def _next_row(self) -> tuple[str, Planned] | None:
        if not self._page and not self.is_empty:
            self._read()
        return self._page.popleft() if self._page else None

    def _read(self) -> None:
        """In the order in which it would be sent, which is that of its index."""
        later = ["(mailings_message.earliest_at, mailings_message.id) > (%s, %s)"]
        rows = list(
            self._messages.extra(where=later, params=self._after)
            .order_by("earliest_at", F("id").asc())
            .values_list(*COLUMNS)[:PAGE]
        )
        self.is_empty = len(rows) < PAGE
        for message_id, earliest_at, text, coding, parts, cost, prefix, price, factor in rows:
            self._after = (earliest_at, message_id)
            part = cost_of_part(cost, parts, price, factor)
            planned = Planned(message_id, self.connection.pk, text, coding, parts, cost, part)
            self._page.append((prefix or "", planned))

    def _claim(self, place: int, number: str, planned: Planned) -> Claim:
        """As sending claims it, except that its number and its place are invented."""
        return Claim(
            message_id=place,
            attempt=0,
            phone=number,
            text=planned.text,
            coding=planned.coding,
            valid_until=timezone.now() + VALID,
            sender=self.mailing.sender,
            priority=self.mailing.priority,
        )


def cost_of_part(cost: Decimal, parts: int, price: Decimal | None, factor: Decimal | None) -> Decimal:
    """What a part costs by its way; where the plan says nearly the same, what the plan says."""
    planned = cost / parts if parts else Decimal(0)
    if (
        price is None
        or factor is None
        or (parts and abs(price * factor - planned) <= price * FACTOR_ROUNDED + SMALLEST_PRICE)
    ):
        return planned
    return (price * factor).quantize(SMALLEST_PRICE)
