"""How many customers fit, while somebody is still typing: one statement, never longer than two seconds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import OperationalError, connection, transaction
from django.db.models import Count
from wagtail.blocks import StreamValue

from backoffice.audiences.compile import rule_sentence, rule_to_q, rules_sentence, rules_to_q
from backoffice.customers.models import Customer

TIMEOUT = timedelta(seconds=2)
SAMPLE_SIZE = 5


class CountTooSlowError(Exception):
    """The database was stopped because counting took too long."""


@dataclass(frozen=True)
class RuleCount:
    """What one condition alone leaves. ``share`` is of everybody, from 0 to 1."""

    sentence: str
    customers: int
    share: float


@dataclass(frozen=True)
class Reach:
    """Who fits a tree of conditions. ``share`` is of everybody, from 0 to 1."""

    sentence: str
    customers: int
    everybody: int
    share: float
    rules: list[RuleCount]
    sample: list[Customer]


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
    """Counts the customers who fit, those each rule alone leaves, and takes a few of them as a sample.

    :param rules: complete rules of an audience.
    :raises CountTooSlowError: when the database needs longer than ``timeout`` for one of the two statements.
    """
    q = rules_to_q(match, rules)
    alone = {f"rule_{number}": Count("pk", filter=rule_to_q(rule)) for number, rule in enumerate(rules)}
    try:
        with transaction.atomic():
            _limit_statements(timeout)
            everyone = Customer.objects.order_by()
            counts = everyone.aggregate(everybody=Count("pk"), fitting=Count("pk", filter=q), **alone)
            sample = list(everyone.filter(q)[:SAMPLE_SIZE]) if counts["fitting"] else []
    except OperationalError as error:
        # 57014 query_canceled; every other failure is not ours to explain.
        if getattr(error.__cause__, "pgcode", None) != "57014":
            raise
        raise CountTooSlowError from error
    everybody = counts["everybody"]
    return Reach(
        sentence=rules_sentence(match, rules),
        customers=counts["fitting"],
        everybody=everybody,
        share=_share(counts["fitting"], everybody),
        rules=[
            RuleCount(
                rule_sentence(rule), counts[f"rule_{number}"], _share(counts[f"rule_{number}"], everybody)
            )
            for number, rule in enumerate(rules)
        ],
        sample=sample,
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _limit_statements(timeout: timedelta) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('statement_timeout', %s, true)", [f"{int(timeout.total_seconds() * 1000)}ms"]
        )
