"""Inbound messages that are no texts are kept whole, and parts that Kannel could not join say which they are."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("kannel", "0012_text_form")]

    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE kannel_event
                ADD COLUMN octets bytea,
                ADD COLUMN part_reference integer NOT NULL DEFAULT 0,
                ADD COLUMN part smallint NOT NULL DEFAULT 1,
                ADD COLUMN parts smallint NOT NULL DEFAULT 1;
            """,
            """
            ALTER TABLE kannel_event DROP COLUMN octets, DROP COLUMN part_reference, DROP COLUMN part, DROP COLUMN parts;
            """,
        ),
    ]
