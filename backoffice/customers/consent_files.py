"""What a file says about consent, against what stands: a withdrawal is taken at once, and given back only on evidence."""

from typing import Any

from django.contrib.contenttypes.models import ContentType

from backoffice.customers.models import Customer
from backoffice.customers.reading import Plan

PURPOSES = ("marketing", "service")
# What the file says otherwise than it stands. The columns of two purposes become rows.
SAID = """
CREATE TEMP TABLE said ON COMMIT DROP AS
SELECT given.line, c.id AS customer_id, given.purpose, given.state, given.since, given.source,
    standing.id AS standing_id, standing.state AS before,
    coalesce(standing.state = 'withdrawn' AND given.state = 'given', false) AS is_lifted, standing.since AS before_since
FROM ({given}) AS given
JOIN customers_customer c ON c.external_id = given.external_id
LEFT JOIN customers_consent standing
    ON standing.customer_id = c.id AND standing.purpose = given.purpose AND standing.superseded_at IS NULL
WHERE standing.state IS DISTINCT FROM given.state
"""
GIVEN = """
SELECT line, external_id, '{purpose}' AS purpose, consent_{purpose} AS state, consent_on AS since,
    consent_source AS source
FROM staging WHERE consent_{purpose} <> ''
"""
# Evidence is a day after the withdrawal, and a source by which we have had consent before.
KNOWN = """
SELECT DISTINCT source FROM customers_consent
WHERE state = 'given' AND source IN (SELECT source FROM said WHERE is_lifted)
"""
WITHOUT_EVIDENCE = """
WITH kept AS (
    DELETE FROM said WHERE is_lifted AND (since IS NULL OR since <= before_since OR source <> ALL (%s)) RETURNING line
)
INSERT INTO remark SELECT DISTINCT line, 'consent', 0 FROM kept
"""
SUPERSEDE = """
UPDATE customers_consent k SET superseded_at = now() FROM said
WHERE k.id = said.standing_id AND k.superseded_at IS NULL
"""
INSERT = """
INSERT INTO customers_consent (customer_id, purpose, state, since, source)
SELECT said.customer_id, said.purpose, said.state, coalesce(said.since, now()), said.source FROM said
WHERE NOT EXISTS (
    SELECT FROM customers_consent k
    WHERE k.customer_id = said.customer_id AND k.purpose = said.purpose AND k.superseded_at IS NULL
)
"""
# As the card of a customer logs what a person notes. A first answer changes nothing that stood; it is its own evidence.
LOG = """
INSERT INTO wagtailcore_modellogentry
    (content_type_id, label, action, data, timestamp, uuid, user_id, content_changed, deleted, object_id)
SELECT %s, c.external_id, 'customers.consent',
    jsonb_build_object('purpose', said.purpose, 'state', said.state, 'source', said.source, 'import', %s::int),
    now(), gen_random_uuid(), %s, true, false, said.customer_id::text
FROM said JOIN customers_customer c ON c.id = said.customer_id WHERE said.standing_id IS NOT NULL
"""


def has_consents(plan: Plan) -> bool:
    """Whether a file says anything about consent."""
    return any(f"consent_{purpose}" in plan.columns for purpose in PURPOSES)


def compare(cursor: Any) -> None:
    """Makes the table ``said`` of what is to be changed, and a remark for each row that would lift a withdrawal in vain."""
    given = " UNION ALL ".join(GIVEN.format(purpose=purpose) for purpose in PURPOSES)
    cursor.execute(SAID.format(given=given))
    cursor.execute("SELECT EXISTS (SELECT FROM said WHERE is_lifted)")
    if cursor.fetchone()[0]:
        cursor.execute(KNOWN)
        cursor.execute(WITHOUT_EVIDENCE, [[source for (source,) in cursor.fetchall()]])


def merge(cursor: Any, by: int | None, run: int | None) -> None:
    """A new answer supersedes the old one, which stays as history, and is logged; the same answer again changes nothing."""
    cursor.execute("ANALYZE said")
    cursor.execute(SUPERSEDE)
    cursor.execute(INSERT)
    kind = ContentType.objects.get_for_model(Customer)
    cursor.execute(LOG, [kind.pk, run, by])
