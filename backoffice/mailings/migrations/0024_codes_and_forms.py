"""Codes of short links end in a letter or digit, targets are written as headers need them, and plans with CR are made anew."""

from typing import Any

from django.db import migrations

from backoffice.message_templates.links import destination_of
from backoffice.message_templates.mistakes import MergeError

# The same as shortlinks.codes.code_of; a test compares them.
CODE = """
CREATE OR REPLACE FUNCTION parley_link_code(link bigint, key bytea, customer bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT translate(encode(substring(int8send(link << 28 | (customer # mask)) FROM 3) || mac, 'base64'), '+/', '-_')
    FROM (
        SELECT mac, ('x' || encode(substring(sha256(mac || key) FOR 4), 'hex'))::bit(32)::bigint & 268435455 AS mask
        FROM (
            SELECT set_byte(whole, 2, get_byte(whole, 2) & 192 | (get_byte(whole, 2) & 63) % 62) AS mac
            FROM (SELECT substring(sha256(key || int8send(customer)) FOR 3) AS whole OFFSET 0) AS signed
            OFFSET 0
        ) AS ended
        OFFSET 0
    ) AS hidden
$$
"""
BEFORE = """
CREATE OR REPLACE FUNCTION parley_link_code(link bigint, key bytea, customer bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT translate(encode(substring(int8send(link << 28 | (customer # mask)) FROM 3) || mac, 'base64'), '+/', '-_')
    FROM (
        SELECT mac, ('x' || encode(substring(sha256(mac || key) FOR 4), 'hex'))::bit(32)::bigint & 268435455 AS mask
        FROM (SELECT substring(sha256(key || int8send(customer)) FOR 3) AS mac OFFSET 0) AS signed
        OFFSET 0
    ) AS hidden
$$
"""
# What was planned of a text with CR was measured with it. Whoever wrote it plans it again.
PLAN_AGAIN = """
UPDATE mailings_mailing m SET state = 'draft', planned_count = NULL, content_hash = '', runs_itself = false,
    problem = 'The text was put in order: each line break is one character now. Plan it again.'
WHERE state IN ('planned', 'submitted', 'approved')
    AND EXISTS (SELECT FROM mailings_message s WHERE s.mailing_id = m.id AND s.text LIKE '%' || chr(13) || '%')
"""


def mend_targets(apps: Any, schema_editor: Any) -> None:
    """Writes targets as headers need them; one that leads nowhere stays, and its header is escaped anyhow."""
    links = apps.get_model("mailings", "ShortLink").objects
    for pk, target in links.values_list("pk", "target").iterator():
        if target.isascii():
            continue
        try:
            links.filter(pk=pk).update(target=destination_of(target))
        except MergeError:
            continue


class Migration(migrations.Migration):

    dependencies = [
        ('mailings', '0023_how_files_are_read'),
        ('message_templates', '0005_text_form'),
    ]

    operations = [
        migrations.RunSQL([(CODE, None)], [(BEFORE, None)]),
        migrations.RunPython(mend_targets, migrations.RunPython.noop),
        migrations.RunSQL([(PLAN_AGAIN, None)], migrations.RunSQL.noop),
    ]
