"""How many customers fit, while somebody is still typing: one statement, never longer than two seconds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import OperationalError, connection, transaction
from django.db.models import Count, F, Func, Value
from django.db.models.functions import Mod
from wagtail.blocks import StreamValue

from backoffice.audiences.compile import rule_sentence, rule_to_q, rules_sentence, rules_to_q
from backoffice.customers.models import Customer

TIMEOUT = timedelta(seconds=2)
SAMPLE_SIZE = 5
# So many customers give the share of a condition to within 0.5 percentage points.
SAMPLED = 50_000

Answer = TypeVar("Answer")


class CountTooSlowError(Exception):
    """The database was stopped because counting took too long."""


@dataclass(frozen=True)
class RuleCount:
    """What one condition alone leaves; an estimate where the base is large. ``share`` is of everybody, from 0 to 1."""

    sentence: str
    customers: int
    share: float


@dataclass(frozen=True)
class Reach:
    """Who fits a tree of conditions. ``share`` is of everybody, from 0 to 1.

    ``is_exact`` speaks of ``customers``, ``rules_are_exact`` of the counts of single rules.
    """

    sentence: str
    customers: int
    everybody: int
    share: float
    rules: list[RuleCount]
    sample: list[Customer]
    is_exact: bool = True
    rules_are_exact: bool = True


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


def reach(match: str, rules: Sequence[Any], timeout: timedelta = TIMEOUT) -> Reach:
    """Counts the customers who fit and those each rule alone leaves, and takes a few of them as a sample.

    The whole is counted exactly if that fits into ``timeout``. Each rule alone, and the whole otherwise, is counted
    among SAMPLED customers drawn by a hash of their id (20 conditions over 1.9 million rows would take seconds).

    :param rules: complete rules of an audience.
    :raises CountTooSlowError: when even the estimate takes longer than ``timeout``.
    """
    q = rules_to_q(match, rules)
    everyone = Customer.objects.order_by()
    everybody = _within(timeout, everyone.count)
    every_nth = max(1, everybody // SAMPLED)
    drawn = everyone
    if every_nth > 1:
        drawn = drawn.alias(draw=Mod(Func(F("pk"), function="hashint8"), Value(every_nth))).filter(draw=0)
    alone = {f"rule_{number}": Count("pk", filter=rule_to_q(rule)) for number, rule in enumerate(rules)}
    counts = _within(
        timeout, lambda: drawn.aggregate(drawn=Count("pk"), fitting=Count("pk", filter=q), **alone)
    )
    customers, is_exact = counts["fitting"], True
    if every_nth > 1:
        try:
            customers = _within(timeout, everyone.filter(q).count)
        except CountTooSlowError:
            customers, is_exact = _extrapolated(counts["fitting"], counts["drawn"], everybody), False
    rule_counts = [
        _extrapolated(counts[f"rule_{number}"], counts["drawn"], everybody) for number in range(len(rules))
    ]
    return Reach(
        sentence=rules_sentence(match, rules),
        customers=customers,
        everybody=everybody,
        share=_share(customers, everybody),
        rules=[
            RuleCount(rule_sentence(rule), count, _share(count, everybody))
            for rule, count in zip(rules, rule_counts, strict=True)
        ],
        sample=_within(timeout, lambda: list(drawn.filter(q)[:SAMPLE_SIZE])) if counts["fitting"] else [],
        is_exact=is_exact,
        rules_are_exact=every_nth == 1,
    )


def _extrapolated(part: int, drawn: int, everybody: int) -> int:
    return round(_share(part, drawn) * everybody)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _within(timeout: timedelta, statement: Callable[[], Answer]) -> Answer:
    """What one statement answers.

    :raises CountTooSlowError: when the database needs longer than ``timeout``.
    """
    try:
        with transaction.atomic():
            _limit_statements(timeout)
            return statement()
    except OperationalError as error:
        # 57014 query_canceled; every other failure is not ours to explain.
        if getattr(error.__cause__, "pgcode", None) != "57014":
            raise
        raise CountTooSlowError from error


def _limit_statements(timeout: timedelta) -> None:
    """Compiling (JIT) a statement with this many conditions takes longer than running it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('statement_timeout', %s, true), set_config('jit', 'off', true)",
            [f"{int(timeout.total_seconds() * 1000)}ms"],
        )
