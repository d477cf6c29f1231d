"""What the messages there are came to with each customer; from here on receipts keep it. And an index to count by."""

from django.db import migrations

FAILED = "(state IN ('undelivered', 'rejected') OR state = 'expired' AND reason <> 'window_closed')"


class Migration(migrations.Migration):
    dependencies = [("mailings", "0003_ledger_and_measure"), ("customers", "0003_contact")]

    operations = [
        # Each message changes a row twice: with room in its page 8 of 10 changes touch no index, without it 3.
        migrations.RunSQL(
            "ALTER TABLE customers_contact SET (fillfactor = 70)",
            "ALTER TABLE customers_contact RESET (fillfactor)",
        ),
        # All that conditions on the number, parts and cost of messages read: a tenth of the table.
        migrations.RunSQL(
            """
            CREATE INDEX message_sent ON mailings_message (sent_at) INCLUDE (customer_id, parts, cost)
            WHERE sent_at IS NOT NULL
            """,
            "DROP INDEX message_sent",
        ),
        migrations.RunSQL(
            f"""
            INSERT INTO customers_contact
                (customer_id, last_sent_at, last_delivered_at, last_failed_at, last_failure)
            SELECT customer_id, max(sent_at), max(final_at) FILTER (WHERE state = 'delivered'),
                max(final_at) FILTER (WHERE {FAILED}),
                coalesce(substr(max(
                    to_char(final_at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS') || coalesce(nullif(error, ''), reason)
                ) FILTER (WHERE {FAILED}), 21), '')
            FROM mailings_message m
            WHERE (sent_at IS NOT NULL OR {FAILED})
                AND EXISTS (SELECT FROM customers_customer c WHERE c.id = m.customer_id)
            GROUP BY customer_id
            ON CONFLICT (customer_id) DO NOTHING
            """,
            migrations.RunSQL.noop,
        ),
    ]
