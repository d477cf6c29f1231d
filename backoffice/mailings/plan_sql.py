"""The statements that write a plan, put together from an audience, a text and the rules."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.utils import timezone

from backoffice.mailings.contact_rules import ContactRules
from backoffice.mailings.models import Mailing
from backoffice.mailings.rules import IS_NUMBER, Ground, Listed, grounds
from backoffice.message_templates.facts import MailingFacts
from backoffice.message_templates.merge import compile_variants

# Who gets it, or why not: known before the ways are chosen, because how many go where decides the price.
PERSONS = """
CREATE TEMP TABLE plan_person ON COMMIT DROP AS
SELECT customer_id, prefix_id, earliest_at, latest_at,
    CASE
        WHEN {once_a_number} AND ground = ''
            AND row_number() OVER (PARTITION BY phone, ground ORDER BY customer_id) > 1
        THEN 'duplicate' ELSE ground
    END AS verdict,
    mod(abs(hashint8extended(customer_id, {mailing}) % 10000), 10000) < {holdout} * 100 AS is_held_out
FROM (
    {people}
) AS people
"""

# OFFSET 0 keeps PostgreSQL from merging the levels, and so from computing a text again for each use of it.
STATEMENT = """
INSERT INTO mailings_message (mailing_id, customer_id, connection_id, route_id, state, reason, text, coding, parts,
    cost, earliest_at, latest_at, state_at)
SELECT {mailing}, customer_id, connection_id, route_id,
    CASE WHEN reason <> '' THEN 'excluded' WHEN is_held_out THEN 'held_out' ELSE 'waiting' END,
    reason, text, coalesce(measure / 1000, 0), coalesce(measure % 1000, 0),
    coalesce(measure % 1000 * cost_of_part, 0), earliest_at, latest_at, {now}
FROM (
    SELECT written.*, CASE WHEN verdict = '' AND trim(text) = '' THEN 'empty_text' ELSE verdict END AS reason,
        CASE WHEN trim(text) <> '' THEN parley_measure(text) END AS measure
    FROM (
        SELECT person.*, route.route_id, route.cost_of_part,
            route.connections[1 + customer_id % cardinality(route.connections)] AS connection_id,
            CASE WHEN verdict = '' THEN {text} ELSE '' END AS text
        FROM plan_person person JOIN customers_customer c ON c.id = person.customer_id
        LEFT JOIN plan_route route ON person.verdict = '' AND route.prefix_id = person.prefix_id
            AND {point} >= route.low AND {point} < route.high
        OFFSET 0
    ) AS written
    OFFSET 0
) AS measured
"""

# A person's place among those with the same prefix, drawn at random and always the same for a mailing; it does not
# follow the draw of the hold-out.
POINT = "(hashint8extended(person.customer_id, -{mailing} - 1) & {last})"
POINTS = 1 << 20

PEOPLE = """
SELECT c.id AS customer_id, c.phone, {prefix} AS prefix_id, hours.earliest_at, hours.latest_at,
    CASE
        WHEN c.is_blocked OR consent.state = 'withdrawn' OR refused.phone IS NOT NULL THEN 'opted_out'
        {listed}
        WHEN {needs_consent} AND consent.state IS DISTINCT FROM 'given' THEN 'no_consent'
        WHEN c.phone !~ {is_number} THEN 'invalid_number'
        {grounds}
        WHEN {prefix} IS NULL THEN 'no_route'
        WHEN hours.earliest_at IS NULL THEN 'out_of_hours'
        ELSE ''
    END AS ground
FROM customers_customer c
LEFT JOIN operators_portednumber ported ON ported.phone = c.phone
LEFT JOIN operators_network network ON network.id = ported.network_id
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

# A number that was taken along to another network is routed as that network's own numbers are.
PREFIX_JOIN = (
    "LEFT JOIN plan_prefix p{length} ON p{length}.prefix = left(coalesce(network.prefix, c.phone), {length})"
)

# Parts are known once a text is written; so many texts tell how many parts one has on average, by prefix.
SAMPLE = """
SELECT prefix_id, count(*), sum(parley_measure(text) % 1000)
FROM (
    SELECT person.prefix_id, {text} AS text
    FROM plan_person person JOIN customers_customer c ON c.id = person.customer_id
    WHERE verdict = '' AND NOT is_held_out AND {point} < {sampled}
    OFFSET 0
) AS written
WHERE trim(text) <> ''
GROUP BY prefix_id
"""

# Each set is read once and joined by hashing; a look-up for each customer would take minutes.
GROUND_JOIN = "LEFT JOIN ({customers}) AS {name} ON {name}.customer_id = c.id"
GROUND_CASE = "WHEN {name}.customer_id IS NOT NULL THEN '{reason}'"


class PlanSql:
    """The statements that plan one mailing, as SQL without placeholders.

    They read the temporary tables plan_hours, plan_prefix and plan_route (backoffice.mailings.planning and .routes) and
    plan_person, which the first of them makes. Raises MergeError where the text cannot be used.
    """

    def __init__(self, cursor: Any, mailing: Mailing, starts: datetime, ends: datetime) -> None:
        self.cursor, self.mailing = cursor, mailing
        facts = MailingFacts(
            name=mailing.name,
            sender=mailing.sender,
            starts_on=timezone.localdate(starts, timezone.get_default_timezone()),
            ends_on=timezone.localdate(ends, timezone.get_default_timezone()),
        )
        self.text = self._sql(*compile_variants(mailing.template.variants(), facts=facts))
        self.point = POINT.format(mailing=int(mailing.pk), last=POINTS - 1)

    def persons(self, starts: datetime, prefix_lengths: Sequence[int]) -> str:
        """Makes plan_person: the customers of the audience, each with its prefix, its hours and why it is left out."""
        rules = ContactRules.of(self.mailing.purpose)
        return PERSONS.format(
            mailing=int(self.mailing.pk),
            holdout=int(self.mailing.holdout_percent),
            once_a_number=rules.once_a_number,
            people=self._people(rules, starts, sorted(prefix_lengths, reverse=True)),
        )

    def sample(self, share: float) -> str:
        """Prefix, texts and parts of a share of those who get a message."""
        return SAMPLE.format(text=self.text, point=self.point, sampled=int(share * POINTS))

    def messages(self, now: datetime) -> str:
        """The INSERT that writes the plan."""
        return STATEMENT.format(
            mailing=int(self.mailing.pk),
            now=self._sql("%s::timestamptz", [now]),
            text=self.text,
            point=self.point,
        )

    def _people(self, rules: ContactRules, starts: datetime, longest_first: Sequence[int]) -> str:
        route_joins = [PREFIX_JOIN.format(length=length) for length in longest_first]
        list_joins, list_cases = _left_out("listed", [Listed()] if rules.leaves_out_lists else [], self._sql)
        ground_joins, ground_cases = _left_out("ground", grounds(rules, starts, self.mailing), self._sql)
        audience = self.mailing.audience.customers().order_by().values("pk").query.sql_with_params()
        return PEOPLE.format(
            prefix="coalesce({})".format(", ".join(f"p{length}.id" for length in longest_first)),
            is_number=self._sql("%s", [IS_NUMBER]),
            listed="\n".join(list_cases),
            needs_consent=rules.needs_consent,
            grounds="\n".join(ground_cases),
            purpose=self._sql("%s", [self.mailing.purpose]),
            joins="\n".join([*list_joins, *ground_joins, *route_joins]),
            audience=self._sql(*audience),
        )

    def _sql(self, template: str, params: Sequence[Any]) -> str:
        mogrified: bytes = self.cursor.cursor.mogrify(template, params)
        return mogrified.decode()


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
