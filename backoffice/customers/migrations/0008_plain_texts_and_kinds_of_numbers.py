"""What was stored before texts were made plain on the way in, and before anybody asked what line a number belongs to."""

import json

from django.db import migrations

from backoffice.customers.number_kinds import note_kinds
from backoffice.lib.plain_text import plain_text

COLUMNS = (
    "first_name",
    "middle_name",
    "last_name",
    "email",
    "language",
    "region",
    "city",
    "tariff",
    "segment",
    "loyalty_tier",
    "channel",
    "device",
    "manager",
)
# Anything but letters, digits and marks that are surely plain; a narrower sieve than plain_text(), which decides.
ODD = r"[^ -~А-яЁё«»“”’–—№]|  |^ | $"
MENDED = "CREATE TEMP TABLE mended (before text PRIMARY KEY, after text) ON COMMIT DROP"


def make_plain(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(MENDED)
        for column in COLUMNS:
            _mend(cursor, column, column, plain_text)
        _mend(cursor, "attributes", "attributes::text", _plain_attributes, cast="::jsonb")
        cursor.execute("DROP TABLE mended")


def _mend(cursor, column, text, plain, cast=""):
    cursor.execute("TRUNCATE mended")
    cursor.execute(f"SELECT DISTINCT {text} FROM customers_customer WHERE {text} ~ %s", [ODD])
    pairs = [(before, plain(before)) for (before,) in cursor.fetchall()]
    changed = [(before, after) for before, after in pairs if before != after]
    cursor.execute(
        "INSERT INTO mended SELECT unnest(%s::text[]), unnest(%s::text[])",
        [[before for before, _after in changed], [after for _before, after in changed]],
    )
    if changed:
        cursor.execute(
            f"UPDATE customers_customer SET {column} = mended.after{cast} FROM mended"
            f" WHERE {text} = mended.before AND {text} ~ %s",
            [ODD],
        )


def _plain_attributes(text):
    values = json.loads(text)
    plain = {name: plain_text(value) if isinstance(value, str) else value for name, value in values.items()}
    return text if plain == values else json.dumps(plain, ensure_ascii=False)


def note_lines(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        note_kinds(cursor, "SELECT phone FROM customers_customer")


class Migration(migrations.Migration):
    dependencies = [("customers", "0007_what_an_import_would_do")]

    operations = [
        migrations.RunPython(make_plain, migrations.RunPython.noop),
        migrations.RunPython(note_lines, migrations.RunPython.noop),
    ]
