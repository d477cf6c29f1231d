"""How many customers fit, while somebody is still typing: at once from a fixed part of them, then to the last one.

The exact number comes before the exact breakdown, because it can use indexes and takes a fraction of the time.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.core.exceptions import EmptyResultSet, ValidationError
from django.db.models import Q
from wagtail.blocks import StreamValue

from backoffice.audiences.breakdown import Fitting, Reach, Writable, fitting, writable
from backoffice.audiences.compile import rules_to_q
from backoffice.audiences.draw import SMALL, Draw, draw, these
from backoffice.audiences.limits import Asker, CountTooSlowError, within
from backoffice.customers.models import Customer

TIMEOUT = timedelta(seconds=2)
EXACT_TIMEOUT = timedelta(seconds=5)
EVERYBODY = "audiences:everybody"
EVERYBODY_SECONDS = 60


@dataclass(frozen=True)
class ExactCount:
    """``writable`` is None where judging each of those who fit takes longer than somebody waits."""

    customers: int
    everybody: int
    writable: Writable | None

    @property
    def share(self) -> float:
        return self.customers / self.everybody if self.everybody else 0.0


@dataclass(frozen=True)
class ExactBreakdown:
    """``writable`` is None where it was exact with the number; otherwise some of those who fit stand for all of them."""

    fitting: Fitting
    writable: Writable | None


def complete_rules(rules: Sequence[Any]) -> list[Any]:
    """The rules that can be counted, with their values cleaned; those still being filled in are left out."""
    complete = []
    for rule in rules:
        try:
            cleaned = rule.block.clean(rule.value)
        except ValidationError:
            continue
        complete.append(StreamValue.StreamChild(rule.block, cleaned, id=rule.id))
    return complete


def reach(
    match: str,
    rules: Sequence[Any],
    purpose: str = "",
    *,
    timeout: timedelta = TIMEOUT,
    asker: Asker | None = None,
) -> Reach:
    """The first answer: who fits, what each condition does, and who of them may be written to.

    Exact up to SMALL customers, otherwise an estimate from those who are drawn.

    :param rules: complete rules of an audience.
    :param purpose: of a mailing; the rules for everybody depend on it. Empty: they are not asked.
    :raises CountTooSlowError: when a statement takes longer than ``timeout``.
    :raises CountCancelledError: when the page of ``asker`` has asked something newer.
    """
    q = rules_to_q(match, rules)
    drawn = within(timeout, lambda: draw(_look_ups(q)), asker)
    found = within(timeout, lambda: fitting(match, rules, drawn), asker)
    base = Customer.objects.filter(q) if drawn.is_exact else these(found.some)
    may = within(timeout, lambda: writable(base, purpose, q), asker)
    return Reach(found, may if drawn.is_exact else may.scaled(found.customers))


def exact_count(
    match: str,
    rules: Sequence[Any],
    purpose: str = "",
    *,
    timeout: timedelta = EXACT_TIMEOUT,
    asker: Asker | None = None,
) -> ExactCount:
    """The second answer: everyone who fits, counted. Raises as :func:`reach` does.

    When only judging them takes too long, their number stands, and who of them may be written to stays an estimate.
    """
    q = rules_to_q(match, rules)
    fits = Customer.objects.filter(q).order_by()
    customers = within(timeout, fits.count, asker)
    everybody = within(timeout, _everybody, asker)
    may = None
    if customers <= SMALL:
        with suppress(CountTooSlowError):
            # By their ids: PostgreSQL guesses far too many of a condition on history (633 000, not 31 000), and then judges by
            # tables read whole: 7.7 s, by their ids 2.6 s and 1.7 s to find these.
            ids = within(timeout, lambda: list(fits.values_list("pk", flat=True)), asker)
            may = within(timeout, lambda: writable(these(ids), purpose, q), asker)
    return ExactCount(customers, max(everybody, customers), may)


def exact_breakdown(
    match: str,
    rules: Sequence[Any],
    purpose: str = "",
    *,
    timeout: timedelta = EXACT_TIMEOUT,
    asker: Asker | None = None,
) -> ExactBreakdown:
    """The third answer: what each condition does, with every customer read. Raises as :func:`reach` does."""
    found = within(timeout, lambda: fitting(match, rules, Draw(1), judged=0), asker)
    if found.customers <= SMALL:
        return ExactBreakdown(found, None)
    estimated = reach(match, rules, purpose, timeout=timeout, asker=asker).writable
    return ExactBreakdown(found, estimated.scaled(found.customers))


def _look_ups(q: Q) -> int:
    """How many subqueries a condition has: each looks into another table for every customer who is read."""
    try:
        sql, _params = Customer.objects.filter(q).query.sql_with_params()
    except EmptyResultSet:
        return 0
    return str(sql).count("(SELECT")


def _everybody() -> int:
    """All customers, counted at most once a minute."""
    known: int | None = cache.get(EVERYBODY)
    if known is None:
        known = Customer.objects.order_by().count()
        cache.set(EVERYBODY, known, EVERYBODY_SECONDS)
    return known
