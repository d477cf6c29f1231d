"""Two audiences side by side: who is in both, only here, only there."""

from dataclasses import dataclass
from datetime import timedelta

from backoffice.audiences.compile import rules_to_q
from backoffice.audiences.draw import draw
from backoffice.audiences.limits import CountTooSlowError, within
from backoffice.audiences.models import Audience
from backoffice.audiences.tally import tally
from backoffice.customers.models import Customer

TIMEOUT = timedelta(seconds=5)
SHOWN = 5
PARTS = ("f0 AND f1", "f0 AND NOT f1", "f1 AND NOT f0")


@dataclass(frozen=True)
class Part:
    """Customers in both audiences, or only in one. ``share`` is of those in at least one, from 0 to 1."""

    customers: int
    share: float
    people: list[Customer]


@dataclass(frozen=True)
class Comparison:
    """How two audiences overlap."""

    both: Part
    only_first: Part
    only_second: Part
    is_exact: bool

    @property
    def first(self) -> int:
        return self.both.customers + self.only_first.customers

    @property
    def first_share(self) -> float:
        return self.both.share + self.only_first.share

    @property
    def second(self) -> int:
        return self.both.customers + self.only_second.customers

    @property
    def either(self) -> int:
        return self.first + self.only_second.customers


def compare(first: Audience, second: Audience, timeout: timedelta = TIMEOUT) -> Comparison:
    """Counts the overlap: exactly if that fits into ``timeout``, otherwise an estimate from those who are drawn.

    :raises UnusableAudienceError: if a condition of either is incomplete.
    :raises CountTooSlowError: when even the estimate takes longer.
    """
    for audience in (first, second):
        audience.check_rules()
    conditions = [rules_to_q(audience.match, audience.rules) for audience in (first, second)]
    drawn = draw()
    shown = within(
        timeout,
        lambda: tally(drawn.customers(), conditions, PARTS, [(part, SHOWN) for part in PARTS]),
    )
    counts, is_exact = [count * drawn.every_nth for count in shown.counts], drawn.is_exact
    if not is_exact:
        try:
            counts = within(timeout, lambda: tally(Customer.objects.order_by(), conditions, PARTS)).counts
            is_exact = True
        except CountTooSlowError:
            pass
    people = Customer.objects.in_bulk([pk for ids in shown.ids for pk in ids])
    total = sum(counts)
    both, only_first, only_second = (
        Part(count, count / total if total else 0.0, [people[pk] for pk in ids if pk in people])
        for count, ids in zip(counts, shown.ids, strict=True)
    )
    return Comparison(both, only_first, only_second, is_exact)
