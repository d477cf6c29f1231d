"""Messages are partitioned by month through their id: a receipt finds its partition from the id alone."""

from django.db import migrations

from kannel.monthly import ensure_partitions, id_default_sql

STATES = (
    "'excluded', 'held_out', 'waiting', 'submitting', 'uncertain', 'accepted', 'sent', "
    "'delivered', 'undelivered', 'rejected', 'expired', 'failed', 'cancelled'"
)


class Migration(migrations.Migration):
    dependencies = [("mailings", "0001_initial"), ("kannel", "0001_initial"), ("customers", "0001_initial")]

    operations = [
        migrations.RunSQL(
            f"""
            CREATE SEQUENCE mailings_message_id_seq;
            CREATE TABLE mailings_message (
                id bigint PRIMARY KEY DEFAULT {id_default_sql("mailings_message")},
                mailing_id bigint NOT NULL,
                customer_id bigint NOT NULL,
                connection_id bigint,
                state varchar(12) NOT NULL CHECK (state IN ({STATES})),
                reason varchar(16) NOT NULL DEFAULT '',
                text text NOT NULL DEFAULT '',
                coding smallint NOT NULL DEFAULT 0,
                parts smallint NOT NULL DEFAULT 0,
                cost numeric(12, 4) NOT NULL DEFAULT 0,
                earliest_at timestamptz,
                latest_at timestamptz,
                attempt smallint NOT NULL DEFAULT 0,
                state_at timestamptz NOT NULL DEFAULT now(),
                submitted_at timestamptz,
                sent_at timestamptz,
                final_at timestamptz,
                error varchar(60) NOT NULL DEFAULT ''
            ) PARTITION BY RANGE (id);
            CREATE INDEX message_mailing ON mailings_message (mailing_id, state);
            CREATE INDEX message_customer ON mailings_message (customer_id);
            CREATE INDEX message_queue ON mailings_message (connection_id, mailing_id, earliest_at, id)
                WHERE state = 'waiting';
            CREATE INDEX message_in_flight ON mailings_message (connection_id, state, state_at)
                WHERE state IN ('submitting', 'uncertain', 'accepted');

            CREATE FUNCTION launch_order_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'a launch order is never changed or removed';
            END $$;
            CREATE TRIGGER launch_order_is_immutable BEFORE UPDATE OR DELETE ON mailings_launchorder
                FOR EACH ROW EXECUTE FUNCTION launch_order_is_immutable();
            """,
            """
            DROP TRIGGER launch_order_is_immutable ON mailings_launchorder;
            DROP FUNCTION launch_order_is_immutable;
            DROP TABLE mailings_message;
            DROP SEQUENCE mailings_message_id_seq;
            """,
        ),
        migrations.RunPython(lambda apps, editor: ensure_partitions("mailings_message"), migrations.RunPython.noop),
    ]
