"""Several numbers about one set of customers, each condition computed once for each of them, in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q

from backoffice.audiences.compile import holds
from backoffice.customers.querysets import CustomerQuerySet


@dataclass(frozen=True)
class Tally:
    """``counts`` has one number for each of what was wanted, ``ids`` some customers for each of what was to be shown."""

    counts: list[int]
    ids: list[list[int]]


def tally(
    base: CustomerQuerySet,
    conditions: Sequence[Q],
    wanted: Sequence[str],
    shown: Sequence[tuple[str, int]] = (),
) -> Tally:
    """How many of ``base`` meet each of ``wanted``: SQL over the conditions, which are named f0, f1 … and never NULL.

    :param shown: more of such SQL, and of how many customers the ids are wanted; chosen at random, always the same.
    """
    try:
        inner, params, names = _people(base, conditions)
    except EmptyResultSet:  # Django can tell without asking that nobody is in it
        return Tally([0] * len(wanted), [[] for _ in shown])
    columns = [f"count(*) FILTER (WHERE {condition})" for condition in wanted]
    columns += [
        f"(array_agg(id ORDER BY hashint8extended(id, 1)) FILTER (WHERE {condition}))[1:{limit}]"
        for condition, limit in shown
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)} FROM ({inner} OFFSET 0) AS people ({names})", params)
        row = cursor.fetchone()
    return Tally(list(row[: len(wanted)]), [ids or [] for ids in row[len(wanted) :]])


def _people(base: CustomerQuerySet, conditions: Sequence[Q]) -> tuple[str, tuple[Any, ...], str]:
    """SQL of the id of each customer and whether each condition holds, its parameters, and the names of its columns.

    OFFSET 0, behind it, keeps PostgreSQL from computing a condition again wherever its name is used.
    """
    flags = {f"f{number}": holds(condition) for number, condition in enumerate(conditions)}
    sql, params = base.annotate(**flags).values_list("pk", *flags).query.sql_with_params()
    return sql, params, ", ".join(["id", *flags])
