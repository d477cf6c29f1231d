"""The one statement that writes a plan, put together from an audience, a text and the rules."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet

from backoffice.mailings.contact_rules import ContactRules
from backoffice.mailings.models import Mailing
from backoffice.mailings.rules import IS_NUMBER, Ground, Listed, grounds
from backoffice.message_templates.merge import compile_sql

# OFFSET 0 keeps PostgreSQL from merging the levels, and so from computing a text again for each use of it.
STATEMENT = """
INSERT INTO mailings_message
    (mailing_id, customer_id, connection_id, state, reason, text, coding, parts, cost, earliest_at, latest_at, state_at)
SELECT {mailing}, customer_id, connection_id,
    CASE WHEN reason <> '' THEN 'excluded' WHEN is_held_out THEN 'held_out' ELSE 'waiting' END,
    reason, text, coalesce(measure / 1000, 0), coalesce(measure % 1000, 0),
    coalesce(measure % 1000 * price_per_part, 0), earliest_at, latest_at, {now}
FROM (
    SELECT customer_id, connection_id, price_per_part, earliest_at, latest_at, text,
        CASE WHEN verdict = '' AND trim(text) = '' THEN 'empty_text' ELSE verdict END AS reason,
        CASE WHEN trim(text) <> '' THEN parley_measure(text) END AS measure,
        mod(abs(hashint8extended(customer_id, {mailing}) % 10000), 10000) < {holdout} * 100 AS is_held_out
    FROM (
        SELECT judged.*, CASE WHEN verdict = '' THEN {text} ELSE '' END AS text
        FROM (
            SELECT people.*, CASE
                WHEN {once_a_number} AND ground = ''
                    AND row_number() OVER (PARTITION BY phone, ground ORDER BY customer_id) > 1
                THEN 'duplicate' ELSE ground END AS verdict
            FROM (
                {people}
            ) AS people
        ) AS judged JOIN customers_customer c ON c.id = judged.customer_id
        OFFSET 0
    ) AS written
    OFFSET 0
) AS measured
"""

PEOPLE = """
SELECT c.id AS customer_id, c.phone, ({connections})[1 + c.id % cardinality({connections})] AS connection_id,
    {price} AS price_per_part, hours.earliest_at, hours.latest_at,
    CASE
        WHEN c.is_blocked OR consent.state = 'withdrawn' OR refused.phone IS NOT NULL THEN 'opted_out'
        {listed}
        WHEN {needs_consent} AND consent.state IS DISTINCT FROM 'given' THEN 'no_consent'
        WHEN c.phone !~ {is_number} THEN 'invalid_number'
        {grounds}
        WHEN {connections} IS NULL THEN 'no_route'
        WHEN hours.earliest_at IS NULL THEN 'out_of_hours'
        ELSE ''
    END AS ground
FROM customers_customer c
LEFT JOIN customers_consent consent
    ON consent.customer_id = c.id AND consent.purpose = {purpose} AND consent.superseded_at IS NULL
LEFT JOIN (
    SELECT phone FROM customers_customer WHERE is_blocked
    UNION
    SELECT phone FROM customers_customer other JOIN customers_consent said ON said.customer_id = other.id
    WHERE said.purpose = {purpose} AND said.superseded_at IS NULL AND said.state = 'withdrawn'
) AS refused ON refused.phone = c.phone AND c.phone <> ''
LEFT JOIN plan_hours hours ON hours.time_zone = c.time_zone
{joins}
WHERE c.id IN ({audience})
"""

# Each set is read once and joined by hashing; a look-up for each customer would take minutes.
GROUND_JOIN = "LEFT JOIN ({customers}) AS {name} ON {name}.customer_id = c.id"
GROUND_CASE = "WHEN {name}.customer_id IS NOT NULL THEN '{reason}'"


def plan_statement(
    cursor: Any, mailing: Mailing, now: datetime, starts: datetime, prefix_lengths: Sequence[int]
) -> str:
    """The INSERT that plans a mailing, as SQL without placeholders.

    It reads the temporary tables plan_hours and plan_route; ``prefix_lengths`` are those of the routes.
    Raises MergeError where the text cannot be used.
    """

    def sql(template: str, params: Sequence[Any]) -> str:
        mogrified: bytes = cursor.cursor.mogrify(template, params)
        return mogrified.decode()

    rules = ContactRules.of(mailing.purpose)
    return STATEMENT.format(
        mailing=int(mailing.pk),
        now=sql("%s::timestamptz", [now]),
        holdout=int(mailing.holdout_percent),
        once_a_number=rules.once_a_number,
        text=_text_by_language(mailing.template.variants(), sql),
        people=_people(mailing, rules, starts, sorted(prefix_lengths, reverse=True), sql),
    )


def _people(
    mailing: Mailing, rules: ContactRules, starts: datetime, longest_first: Sequence[int], sql: Any
) -> str:
    """The customers of the audience, each with its route, its hours and the ground to leave it out."""
    route_joins = [
        f"LEFT JOIN plan_route r{length} ON r{length}.prefix = left(c.phone, {length})"
        for length in longest_first
    ]
    list_joins, list_cases = _left_out("listed", [Listed()] if rules.leaves_out_lists else [], sql)
    ground_joins, ground_cases = _left_out("ground", grounds(rules, starts, mailing), sql)
    return PEOPLE.format(
        connections=_first_of(longest_first, "connections"),
        price=_first_of(longest_first, "price_per_part"),
        is_number=sql("%s", [IS_NUMBER]),
        listed="\n".join(list_cases),
        needs_consent=rules.needs_consent,
        grounds="\n".join(ground_cases),
        purpose=sql("%s", [mailing.purpose]),
        joins="\n".join([*list_joins, *ground_joins, *route_joins]),
        audience=sql(*mailing.audience.customers().order_by().values("pk").query.sql_with_params()),
    )


def _left_out(prefix: str, found: Iterable[Ground | Listed], sql: Any) -> tuple[list[str], list[str]]:
    """Joins and cases of some grounds. One that can have no customers needs neither."""
    joins, cases = [], []
    for number, ground in enumerate(found):
        name = f"{prefix}{number}"
        try:
            customers = sql(*ground.customers().query.sql_with_params())
        except EmptyResultSet:
            continue
        joins.append(GROUND_JOIN.format(name=name, customers=customers))
        cases.append(GROUND_CASE.format(name=name, reason=ground.reason.value))
    return joins, cases


def _first_of(lengths: Sequence[int], column: str) -> str:
    return "coalesce({})".format(", ".join(f"r{length}.{column}" for length in lengths))


def _text_by_language(variants: dict[str, str], sql: Any) -> str:
    """A CASE over the customer's language; the variant "" is for everybody else."""
    whens = [
        f"WHEN {sql('%s', [language])} THEN {sql(*compile_sql(text))}"
        for language, text in variants.items()
        if language
    ]
    otherwise = sql(*compile_sql(variants[""])) if "" in variants else "''"
    if not whens:
        return otherwise
    return f"CASE lower(split_part(c.language, '-', 1)) {' '.join(whens)} ELSE {otherwise} END"
