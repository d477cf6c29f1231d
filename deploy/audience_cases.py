"""Thirty audiences of rising size and depth, each as our tree of conditions and as SQL written by hand for the same people.

A condition that the back office does not know (any more, or yet) is left out of both.
"""

import random
from collections.abc import Container
from dataclasses import dataclass
from typing import Any

SEED = 7
CASES = 30
MOST_CONDITIONS = 20

Tree = dict[str, Any]


@dataclass(frozen=True)
class Condition:
    """A criterion with its inputs, and what somebody who knows SQL would write instead (c is the customer)."""

    name: str
    value: dict[str, Any]
    by_hand: str

    def tree(self) -> Tree:
        return {"type": self.name, "value": self.value}


@dataclass(frozen=True)
class Case:
    """One audience. ``conditions`` counts criteria, ``depth`` the levels of groups below it."""

    number: int
    match: str
    rules: list[Tree]
    by_hand: str
    conditions: int
    depth: int
    has_history: bool


def done(kind: str, days: int, more: str = "") -> str:
    """Somebody did something within some days."""
    return (
        "EXISTS (SELECT FROM customers_action a WHERE a.customer_id = c.id"
        f" AND a.kind = '{kind}' AND a.at >= now() - interval '{days} days'{more})"
    )


def grouped(kind: str, days: int, having: str) -> str:
    """What somebody did within some days, taken together."""
    return (
        "c.id IN (SELECT customer_id FROM customers_action"
        f" WHERE kind = '{kind}' AND at >= now() - interval '{days} days' GROUP BY customer_id HAVING {having})"
    )


def sent_within(measure: str, days: int) -> str:
    """What was sent within some days, from the running sums that are kept of each customer."""
    second = f"floor(date_part('epoch', now()))::int - 1577836800 - {days} * 86400 - 1"
    return (
        "EXISTS (SELECT FROM mailings_senthistory h WHERE h.customer_id = c.id AND "
        + measure.replace("BEFORE", f"width_bucket({second}, sent_seconds)")
        + ")"
    )


CONSENT = (
    "EXISTS (SELECT FROM customers_consent k WHERE k.customer_id = c.id AND k.purpose = 'marketing'"
    " AND k.superseded_at IS NULL AND k.state = 'given')"
)
UNREACHABLE = (
    "EXISTS (SELECT FROM customers_contact k WHERE k.customer_id = c.id AND k.last_failed_at IS NOT NULL"
    " AND (k.last_delivered_at IS NULL OR k.last_failed_at > k.last_delivered_at))"
)
# What customers did and what was sent to them: each needs another table.
HISTORY = (
    Condition("did", {"did": "did", "kind": "purchase", "times": 1, "days": 90}, done("purchase", 90)),
    Condition(
        "did", {"did": "not", "kind": "complaint", "times": 1, "days": 365}, f"NOT {done('complaint', 365)}"
    ),
    Condition("consent", {"state": "given", "purpose": "marketing"}, CONSENT),
    Condition(
        "did",
        {"did": "did", "kind": "visit", "times": 3, "days": 180},
        grouped("visit", 180, "count(*) >= 3"),
    ),
    Condition(
        "spent_within", {"at_least": "3000", "days": 60}, grouped("purchase", 60, "sum(amount) >= 3000")
    ),
    Condition("unreachable", {"state": "not", "days": 0}, f"NOT {UNREACHABLE}"),
    Condition("did", {"did": "did", "kind": "payment", "times": 1, "days": 30}, done("payment", 30)),
    Condition("purchases_within", {"at_least": 2, "days": 365}, grouped("purchase", 365, "count(*) >= 2")),
    Condition(
        "messages_count",
        {"at_least": 2, "days": 90},
        sent_within("cardinality(sent_seconds) - BEFORE >= 2", 90),
    ),
    Condition(
        "message_parts",
        {"at_most": 12, "days": 365},
        "NOT "
        + sent_within(
            "parts_so_far[cardinality(parts_so_far)] - coalesce(parts_so_far[BEFORE], 0) > 12", 365
        ),
    ),
    Condition(
        "messages_cost",
        {"at_least": "10", "days": 180},
        sent_within(
            "cost_so_far[cardinality(cost_so_far)] - coalesce(cost_so_far[BEFORE], 0) >= 10000000", 180
        ),
    ),
)
PERSON = (
    Condition("gender", {"who": "f"}, "c.gender = 'f'"),
    Condition(
        "city", {"is_or_not": "in", "names": "Казань, Москва"}, "upper(c.city) IN ('КАЗАНЬ', 'МОСКВА')"
    ),
    Condition(
        "age",
        {"at_least": 25, "at_most": 60},
        "c.birth_date <= current_date - interval '25 years' AND c.birth_date > current_date - interval '61 years'",
    ),
    Condition("last_purchase", {"when": "within", "days": 200}, "c.last_purchase_on >= current_date - 200"),
    Condition("debt", {"at_most": "1000"}, "c.debt <= 1000"),
    Condition("balance", {"at_least": "50", "at_most": "2900"}, "c.balance BETWEEN 50 AND 2900"),
    Condition("loyalty_points", {"at_least": 300}, "c.loyalty_points >= 300"),
    Condition(
        "loyalty_tier",
        {"is_or_not": "in", "names": "silver, gold, bronze"},
        "upper(c.loyalty_tier) IN ('SILVER', 'GOLD', 'BRONZE')",
    ),
    Condition("segment", {"is_or_not": "not", "names": "sleeping"}, "upper(c.segment) <> 'SLEEPING'"),
    Condition("tags", {"how": "none", "names": "travel"}, "NOT c.tags && ARRAY['travel']::varchar[]"),
    Condition("email", {"has": "yes"}, "c.email <> ''"),
    Condition("language", {"is_or_not": "in", "names": "ru"}, "upper(c.language) = 'RU'"),
    Condition("tariff", {"is_or_not": "not", "names": "Basic"}, "upper(c.tariff) <> 'BASIC'"),
    Condition("customer_for", {"at_least": 6}, "c.registered_on <= current_date - interval '6 months'"),
    Condition("purchases", {"at_least": 1}, "c.purchases_count >= 1"),
    Condition("spent", {"at_least": "1000"}, "c.spent_total >= 1000"),
    Condition("average_receipt", {"at_least": "400"}, "c.average_receipt >= 400"),
    Condition("region", {"is_or_not": "not", "names": "Region 9"}, "upper(c.region) <> 'REGION 9'"),
    Condition("last_visit", {"when": "within", "days": 340}, "c.last_visit_on >= current_date - 340"),
    Condition(
        "contract_ends", {"days": 3000}, "c.contract_ends_on BETWEEN current_date AND current_date + 3000"
    ),
)
WORDS = {"all": " AND ", "any": " OR ", "none": " OR "}


def cases(known: Container[str]) -> list[Case]:
    """The same thirty at every run, from 1 to 20 conditions; ``known`` are the criteria there are."""
    dice = random.Random(SEED)
    history = [condition for condition in HISTORY if condition.name in known]
    person = [condition for condition in PERSON if condition.name in known]
    found = []
    for number in range(1, CASES + 1):
        size = max(1, round(number * MOST_CONDITIONS / CASES))
        # Every second audience looks at what customers did: with one condition in four, one at least.
        asked = max(1, size // 4) if number % 2 else 0
        chosen = dice.sample(history, min(asked, len(history)))
        chosen += dice.sample(person, min(size - len(chosen), len(person)))
        dice.shuffle(chosen)
        depth = min(1 + number % 3, 1 + (len(chosen) - 1) // 2)
        rules, by_hand = _group("all", chosen, depth, dice)
        found.append(Case(number, "all", rules, by_hand, len(chosen), depth, bool(asked)))
    return found


def _group(
    match: str, conditions: list[Condition], depth: int, dice: random.Random
) -> tuple[list[Tree], str]:
    """A third of the conditions goes into a group of its own, until it is deep enough."""
    inner = conditions[: max(2, len(conditions) // 3)] if depth > 1 else []
    rules = [condition.tree() for condition in conditions[len(inner) :]]
    parts = [f"({condition.by_hand})" for condition in conditions[len(inner) :]]
    if inner:
        how = dice.choice(("any", "any", "all"))
        below, sql = _group(how, inner, depth - 1, dice)
        rules.append({"type": "group", "value": {"match": how, "rules": below}})
        parts.append(sql)
    return rules, f"({WORDS[match].join(parts)})"
