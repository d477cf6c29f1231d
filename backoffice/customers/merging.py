"""Good rows of a file into the customers: what changes, counted before and done after, by the same expressions."""

from dataclasses import dataclass, field
from typing import Any

from backoffice.customers.reading import Plan

# What a new customer has in the columns that the file lacks or leaves empty; in all others NULL.
DEFAULTS = {
    **dict.fromkeys(
        [
            "phone",
            "first_name",
            "middle_name",
            "last_name",
            "email",
            "language",
            "gender",
            "region",
            "city",
            "time_zone",
            "tariff",
            "segment",
            "loyalty_tier",
            "channel",
            "device",
            "manager",
        ],
        "''",
    ),
    **dict.fromkeys(
        ["loyalty_points", "balance", "debt", "purchases_count", "spent_total", "average_receipt"], "0"
    ),
    "tags": "'{}'",
    "is_blocked": "false",
}


@dataclass
class Counts:
    """What a merge would do, in customers; ``emptied`` in fields, by column."""

    added: int = 0
    changed: int = 0
    changed_emptying: int = 0
    emptied: dict[str, int] = field(default_factory=dict)


def count_merge(cursor: Any, plan: Plan) -> Counts:
    """What merging the table ``staging`` would do, with empty cells kept and with them emptying."""
    fields = [name for name in plan.ours if name not in ("external_id", "is_blocked")]
    asked = [
        "count(*) FILTER (WHERE c.id IS NULL)",
        f"count(*) FILTER (WHERE c.id IS NOT NULL AND {_is_changed(plan, empties=False)})",
        f"count(*) FILTER (WHERE c.id IS NOT NULL AND {_is_changed(plan, empties=True)})",
        *(f"count(*) FILTER (WHERE s.{name} IS NULL AND {_is_filled(name)})" for name in fields),
    ]
    if plan.attributes:
        asked.append(f"sum({EMPTIED_ATTRIBUTES})")
        fields = [*fields, "attributes"]
    cursor.execute(
        f"SELECT {', '.join(asked)} FROM staging s LEFT JOIN customers_customer c ON c.external_id = s.external_id"
    )
    added, changed, changed_emptying, *emptied = cursor.fetchone()
    by_column = {name: int(count) for name, count in zip(fields, emptied, strict=True) if count}
    return Counts(added, changed, changed_emptying, by_column)


def merge_customers(cursor: Any, plan: Plan, *, empties: bool) -> tuple[int, int]:
    """New customers and changed ones, in one statement. Returns how many of each."""
    compared = _compared(plan)
    others = [name for name in DEFAULTS if name not in plan.ours]
    values = {"external_id": "s.external_id"}
    values |= {name: _value(name, empties) for name in compared}
    values |= {name: DEFAULTS[name] for name in others}
    values |= {"attributes": values.get("attributes", "'{}'"), "created_at": "now()", "updated_at": "now()"}
    conflict = "DO NOTHING"
    if compared:
        assignments = ", ".join(f"{name} = excluded.{name}" for name in compared)
        conflict = f"DO UPDATE SET {assignments}, updated_at = now()"
    cursor.execute(
        f"""
        WITH merged AS (
            INSERT INTO customers_customer ({", ".join(values)})
            SELECT {", ".join(values.values())}
            FROM staging s LEFT JOIN customers_customer c ON c.external_id = s.external_id
            WHERE c.id IS NULL OR {_is_changed(plan, empties=empties)}
            ON CONFLICT (external_id) {conflict}
            RETURNING (xmax = 0) AS is_new
        )
        SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM merged
        """
    )
    added, changed = cursor.fetchone()
    return added, changed


def _compared(plan: Plan) -> list[str]:
    return [name for name in plan.ours if name != "external_id"] + (["attributes"] if plan.attributes else [])


def _is_changed(plan: Plan, *, empties: bool) -> str:
    compared = _compared(plan)
    if not compared:
        return "false"
    before = ", ".join(f"c.{name}" for name in compared)
    after = ", ".join(_value(name, empties) for name in compared)
    return f"ROW({before}) IS DISTINCT FROM ROW({after})"


def _value(name: str, empties: bool) -> str:
    """What a column has after the merge: of the row ``s`` of the file and the customer ``c``, if there is one."""
    if name == "is_blocked":
        # A block is lifted by a person alone.
        return "(coalesce(s.is_blocked, false) OR coalesce(c.is_blocked, false))"
    if name == "attributes":
        return ATTRIBUTES_EMPTYING if empties else ATTRIBUTES_KEPT
    ways = [f"s.{name}", *([] if empties else [f"c.{name}"]), *filter(None, [DEFAULTS.get(name)])]
    return f"coalesce({', '.join(ways)})"


# In the staging table an attribute of which nothing is said is null.
ATTRIBUTES_KEPT = "(coalesce(c.attributes, '{}') || jsonb_strip_nulls(s.attributes))"
ATTRIBUTES_EMPTYING = "jsonb_strip_nulls(coalesce(c.attributes, '{}') || s.attributes)"
EMPTIED_ATTRIBUTES = """(
    SELECT count(*) FROM jsonb_each(s.attributes) AS said
    WHERE said.value = 'null' AND jsonb_exists(c.attributes, said.key)
)"""


def _is_filled(name: str) -> str:
    """Whether the customer ``c`` has anything in a column; of numbers 0 is nothing."""
    default = DEFAULTS.get(name)
    return f"c.{name} <> {default}" if default else f"c.{name} IS NOT NULL"
