"""Inbound messages are few among the reports that wait; whoever looks for them must not read past those."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("kannel", "0003_connection_movement")]

    operations = [
        migrations.RunSQL(
            """
            CREATE INDEX kannel_event_inbound ON kannel_event (id) WHERE applied_at IS NULL AND kind = 'inbound';
            """,
            "DROP INDEX kannel_event_inbound",
        ),
    ]
