"""Events are partitioned by month through their id, so that retention is dropping a partition."""

from django.db import migrations

from kannel.monthly import ensure_partitions, id_default_sql


class Migration(migrations.Migration):
    dependencies = [("kannel", "0001_initial")]

    operations = [
        migrations.RunSQL(
            f"""
            CREATE SEQUENCE kannel_event_id_seq;
            CREATE TABLE kannel_event (
                id bigint PRIMARY KEY DEFAULT {id_default_sql("kannel_event")},
                gateway_id bigint NOT NULL,
                kind varchar(7) NOT NULL,
                kannel_id uuid NOT NULL,
                message_id bigint,
                attempt smallint NOT NULL DEFAULT 0,
                connection_name varchar(32) NOT NULL DEFAULT '',
                dlr_type smallint,
                smsc_message_id varchar(80) NOT NULL DEFAULT '',
                sender varchar(32) NOT NULL DEFAULT '',
                recipient varchar(32) NOT NULL DEFAULT '',
                text text NOT NULL DEFAULT '',
                occurred_at timestamptz NOT NULL,
                received_at timestamptz NOT NULL DEFAULT now(),
                applied_at timestamptz,
                tries smallint NOT NULL DEFAULT 0
            ) PARTITION BY RANGE (id);
            CREATE INDEX kannel_event_waiting ON kannel_event (id) WHERE applied_at IS NULL;
            CREATE INDEX kannel_event_message ON kannel_event (message_id);
            """,
            "DROP TABLE kannel_event; DROP SEQUENCE kannel_event_id_seq;",
        ),
        migrations.RunPython(lambda apps, editor: ensure_partitions("kannel_event"), migrations.RunPython.noop),
    ]
