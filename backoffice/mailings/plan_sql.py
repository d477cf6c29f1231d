"""The statements that write a plan, put together from an audience, a text and the rules."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet
from django.utils import timezone

from backoffice.customers.number_kinds import NO_SMS
from backoffice.mailings.compare_models import texts_of
from backoffice.mailings.contact_rules import ContactRules
from backoffice.mailings.models import Mailing, Message, ShortLink
from backoffice.mailings.querysets import id_range
from backoffice.mailings.rules import IS_NUMBER, Ground, Listed, grounds
from backoffice.mailings.shortlinks.writing import compile_with_links
from backoffice.mailings.when import Times, draw_sql
from backoffice.message_templates.facts import MailingFacts

# Who gets it, or why not: known before the ways are chosen, because how many go where decides the price.
PERSONS = """
CREATE TEMP TABLE plan_person ON COMMIT DROP AS
SELECT customer_id, prefix_id, earliest_at, latest_at,
    CASE
        WHEN {once_a_number} AND ground = ''
            AND row_number() OVER (PARTITION BY phone, ground ORDER BY customer_id) > 1
        THEN 'duplicate'
        WHEN ground = '' AND NOT ({is_held_out}) AND NOT ({is_tested}) THEN 'for_winner'
        ELSE ground
    END AS verdict,
    {is_held_out} AS is_held_out
FROM (
    {people}
) AS people
"""

# The draws of a customer for the hold-out, for the test of several texts and for one of the texts follow seeds of their
# own, so that one does not follow another.
IS_DRAWN = "mod(abs(hashint8extended({customer}, {seed}) % 10000), 10000) < {percent} * 100"
TEXT_SEED, TEST_SEED = 2 << 40, 3 << 40

# Ids carry the month of the plan, not of the statement: at the end of a month the two may differ.
# OFFSET 0 keeps PostgreSQL from merging the levels, and so from computing a text again for each use of it.
STATEMENT = """
INSERT INTO mailings_message (id, mailing_id, customer_id, connection_id, route_id, state, reason, text, coding, parts,
    cost, earliest_at, latest_at, state_at, template_id)
SELECT {first_id} | nextval('mailings_message_id_seq'), {mailing}, customer_id, connection_id, route_id,
    CASE WHEN reason <> '' THEN 'excluded' WHEN is_held_out THEN 'held_out' ELSE '{to_be_sent}' END,
    reason, text, coalesce(measure / 1000, 0), coalesce(measure % 1000, 0),
    coalesce(measure % 1000 * cost_of_part, 0), earliest_at, latest_at, {now}, template_id
FROM ({measured}) AS measured
"""
MEASURED = """
SELECT written.*, CASE WHEN verdict = '' AND trim(text) = '' THEN 'empty_text' ELSE verdict END AS reason,
    CASE WHEN trim(text) <> '' THEN parley_measure(text) END AS measure
FROM (
    SELECT person.*, route.route_id, route.cost_of_part,
        route.connections[1 + customer_id % cardinality(route.connections)] AS connection_id,
        CASE WHEN verdict = '' THEN {text} ELSE '' END AS text, {template} AS template_id
    FROM plan_person person JOIN customers_customer c ON c.id = person.customer_id
    LEFT JOIN plan_route route ON person.verdict = '' AND route.prefix_id = person.prefix_id
        AND {point} >= route.low AND {point} < route.high
    OFFSET 0
) AS written
OFFSET 0
"""

# Where a message must not cost more than so much: it goes the way with the lowest price, or not at all.
WITHIN_PRICE = """
SELECT customer_id, is_held_out, earliest_at, latest_at, template_id,
    CASE WHEN is_too_dear THEN 'too_dear' ELSE reason END AS reason,
    CASE WHEN is_too_dear THEN '' ELSE text END AS text,
    CASE WHEN NOT is_too_dear THEN measure END AS measure,
    CASE WHEN is_too_dear THEN NULL WHEN is_dear THEN lowest_connection_id ELSE connection_id END AS connection_id,
    CASE WHEN is_too_dear THEN NULL WHEN is_dear THEN lowest_route_id ELSE route_id END AS route_id,
    CASE WHEN is_dear THEN lowest_cost_of_part ELSE cost_of_part END AS cost_of_part
FROM (
    SELECT dear.*, is_dear AND coalesce(measure % 1000 * lowest_cost_of_part > {max_price}, true)
        AS is_too_dear
    FROM (
        SELECT measured.*, reason = '' AND coalesce(measure % 1000 * measured.cost_of_part > {max_price}, true)
            AS is_dear,
            lowest.route_id AS lowest_route_id, lowest.cost_of_part AS lowest_cost_of_part,
            lowest.connections[1 + customer_id % cardinality(lowest.connections)] AS lowest_connection_id
        FROM ({measured}) AS measured LEFT JOIN plan_lowest lowest ON lowest.prefix_id = measured.prefix_id
    ) AS dear
) AS judged
"""

# A person's place among those with the same prefix, drawn at random and always the same for a mailing; it does not
# follow the draw of the hold-out.
POINT = "(hashint8extended(person.customer_id, -{mailing} - 1) & {last})"
POINTS = 1 << 20

PEOPLE = """
SELECT c.id AS customer_id, c.phone, {prefix} AS prefix_id, {earliest} AS earliest_at, hours.latest_at,
    CASE
        WHEN c.is_blocked OR consent.state = 'withdrawn' OR refused.phone IS NOT NULL THEN 'opted_out'
        {listed}
        WHEN {needs_consent} AND consent.state IS DISTINCT FROM 'given' THEN 'no_consent'
        WHEN c.phone !~ {is_number} THEN 'invalid_number'
        WHEN no_sms.phone IS NOT NULL THEN 'not_mobile'
        {grounds}
        WHEN {prefix} IS NULL THEN 'no_route'
        WHEN hours.latest_at IS NULL THEN 'out_of_hours'
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
LEFT JOIN customers_numberkind no_sms ON no_sms.phone = c.phone AND no_sms.{no_sms}
LEFT JOIN plan_hours hours ON hours.time_zone = c.time_zone {stretch}
{joins}
WHERE c.id IN ({audience}) {triggered}
"""

# Only who has an occasion, see occasions.py.
TRIGGERED = "AND c.id IN (SELECT customer_id FROM plan_occasion)"

# Spread over a period, everybody has a moment of their own in it; otherwise each zone has one stretch without length.
STRETCH = "AND {draw} >= hours.low AND {draw} < hours.high"
EARLIEST = """hours.opens_at
    + hours.seconds * ({draw} - hours.low) / (hours.high - hours.low) * interval '1 second'"""

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

    They read the temporary tables plan_hours, plan_prefix, plan_route and plan_lowest (backoffice.mailings.planning and .routes) and
    plan_person, which the first of them makes. Raises MergeError where the text cannot be used.
    """

    def __init__(self, cursor: Any, mailing: Mailing, times: Times, links: Sequence[ShortLink] = ()) -> None:
        self.cursor, self.mailing = cursor, mailing
        self.text, self.template = self._texts(facts_of(mailing, times.starts, times.ends), links)
        self.point = POINT.format(mailing=int(mailing.pk), last=POINTS - 1)

    def persons(self, starts: datetime, prefix_lengths: Sequence[int]) -> str:
        """Makes plan_person: the customers of the audience, each with its prefix, its hours and why it is left out."""
        rules = ContactRules.of(self.mailing.purpose)
        return PERSONS.format(
            is_held_out=self._is_drawn(0, self.mailing.holdout_percent),
            is_tested=self._is_drawn(TEST_SEED, self.mailing.test_percent)
            if self.mailing.has_test
            else "true",
            once_a_number=rules.once_a_number,
            people=self._people(rules, starts, sorted(prefix_lengths, reverse=True)),
        )

    def sample(self, share: float) -> str:
        """Prefix, texts and parts of a share of those who get a message."""
        return SAMPLE.format(text=self.text, point=self.point, sampled=int(share * POINTS))

    def messages(self, now: datetime) -> str:
        """The INSERT that writes the plan."""
        measured = MEASURED.format(text=self.text, point=self.point, template=self.template)
        if self.mailing.max_price is not None:
            max_price = self._sql("%s::numeric", [self.mailing.max_price])
            measured = WITHIN_PRICE.format(measured=measured, max_price=max_price)
        return STATEMENT.format(
            mailing=int(self.mailing.pk),
            now=self._sql("%s::timestamptz", [now]),
            first_id=id_range(now)[0],
            to_be_sent=to_be_sent(self.mailing),
            measured=measured,
        )

    def _people(self, rules: ContactRules, starts: datetime, longest_first: Sequence[int]) -> str:
        route_joins = [PREFIX_JOIN.format(length=length) for length in longest_first]
        list_joins, list_cases = _left_out("listed", [Listed()] if rules.leaves_out_lists else [], self._sql)
        ground_joins, ground_cases = _left_out("ground", grounds(rules, starts, self.mailing), self._sql)
        draw, is_spread = draw_sql(self.mailing), self.mailing.spread_hours > 0
        audience = self._audience().query.sql_with_params()
        return PEOPLE.format(
            prefix="coalesce({})".format(", ".join(f"p{length}.id" for length in longest_first)),
            is_number=self._sql("%s", [IS_NUMBER]),
            no_sms=NO_SMS,
            listed="\n".join(list_cases),
            needs_consent=rules.needs_consent,
            grounds="\n".join(ground_cases),
            purpose=self._sql("%s", [self.mailing.purpose]),
            joins="\n".join([*list_joins, *ground_joins, *route_joins]),
            audience=self._sql(*audience),
            triggered=TRIGGERED if self.mailing.trigger else "",
            earliest=EARLIEST.format(draw=draw) if is_spread else "hours.opens_at",
            stretch=STRETCH.format(draw=draw) if is_spread else "",
        )

    def _audience(self) -> QuerySet[Any]:
        """The ids of those who are looked at: an audience, or those whom a comparison left for its best text."""
        if self.mailing.rest_of is None:
            return self.mailing.audience.customers().order_by().values("pk")
        kept = Message.objects.of(self.mailing.rest_of).filter(reason=Message.Reason.FOR_WINNER)
        return kept.order_by().values("customer_id")

    def _texts(self, facts: MailingFacts, links: Sequence[ShortLink]) -> tuple[str, str]:
        """The merged text for the customer ``c``, and whose it is where several are compared."""
        first, *others = [
            (
                self._sql(*compile_with_links(one.template.variants(), links, facts)),
                one.template.pk,
                one.percent,
            )
            for one in texts_of(self.mailing)
        ]
        if not others:
            return first[0], "NULL::bigint"
        texts, templates, reached = "", "", 0
        for text, template, percent in others:
            reached += percent
            drawn = self._is_drawn(TEXT_SEED, reached, customer="c.id")
            texts, templates = (
                f"{texts} WHEN {drawn} THEN {text}",
                f"{templates} WHEN {drawn} THEN {template}",
            )
        return f"CASE{texts} ELSE {first[0]} END", f"CASE{templates} ELSE {first[1]} END"

    def _is_drawn(self, seed: int, percent: int, customer: str = "customer_id") -> str:
        return IS_DRAWN.format(seed=seed + int(self.mailing.pk), percent=int(percent), customer=customer)

    def _sql(self, template: str, params: Sequence[Any]) -> str:
        mogrified: bytes = self.cursor.cursor.mogrify(template, params)
        return mogrified.decode()


def facts_of(mailing: Mailing, starts: datetime, ends: datetime) -> MailingFacts:
    """What its texts may say of a mailing that is sent within this time."""
    here = timezone.get_default_timezone()
    return MailingFacts(
        name=mailing.name,
        sender=mailing.sender,
        starts_on=timezone.localdate(starts, here),
        ends_on=timezone.localdate(ends, here),
    )


def to_be_sent(mailing: Mailing) -> str:
    """The state of a planned message. The plan of a series is a sample: its runs are planned anew, it never leaves."""
    return "cancelled" if mailing.is_series else "waiting"


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
