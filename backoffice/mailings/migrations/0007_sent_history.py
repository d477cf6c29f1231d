"""What was sent to each customer, from the messages there are; from here on receipts keep it.

Conditions on the number, parts and cost of messages read it, so the index of messages by time need not hold these any more.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0005_draw_index'),
        ('mailings', '0006_route_choices'),
    ]

    operations = [
        migrations.CreateModel(
            name='SentHistory',
            fields=[
                ('customer', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='sent_history', serialize=False, to='customers.customer', verbose_name='customer')),
                ('sent_seconds', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), default=list, help_text='When each was sent, in seconds since the start of 2020.', size=None)),
                ('parts_so_far', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), default=list, help_text='Parts of all messages up to each.', size=None)),
                ('cost_so_far', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, help_text='Their cost, in 1/10 000 of the currency.', size=None)),
            ],
        ),
        # Each message makes a row longer: without room in its page the index of customers would grow with it.
        migrations.RunSQL(
            "ALTER TABLE mailings_senthistory SET (fillfactor = 80)", migrations.RunSQL.noop
        ),
        # 40 million messages to 1.9 million customers: 145 s on a busy machine, all of this migration 270 s.
        migrations.RunSQL("SET LOCAL work_mem = '256MB'", migrations.RunSQL.noop),
        migrations.RunSQL(
            """
            INSERT INTO mailings_senthistory (customer_id, sent_seconds, parts_so_far, cost_so_far)
            SELECT customer_id, array_agg(second ORDER BY number), array_agg(parts::int ORDER BY number),
                array_agg(cost::bigint ORDER BY number)
            FROM (
                SELECT customer_id, second, sum(parts) OVER so_far AS parts, sum(cost) OVER so_far AS cost,
                    row_number() OVER so_far AS number
                FROM (
                    SELECT m.customer_id, (floor(extract(epoch FROM sent_at)) - 1577836800)::int AS second,
                        parts::int AS parts, (cost * 10000)::bigint AS cost
                    FROM mailings_message m JOIN customers_customer c ON c.id = m.customer_id
                    WHERE sent_at IS NOT NULL
                ) AS fact
                WINDOW so_far AS (PARTITION BY customer_id ORDER BY second, parts, cost ROWS UNBOUNDED PRECEDING)
            ) AS summed
            GROUP BY customer_id
            """,
            migrations.RunSQL.noop,
        ),
        # What is left to do for it: the rate at which a mailing leaves. 0.8 GB instead of 1.5; the histories take 1.0.
        migrations.RunSQL(
            """
            DROP INDEX message_sent;
            CREATE INDEX message_sent ON mailings_message (sent_at) WHERE sent_at IS NOT NULL;
            """,
            """
            DROP INDEX message_sent;
            CREATE INDEX message_sent ON mailings_message (sent_at) INCLUDE (customer_id, parts, cost)
            WHERE sent_at IS NOT NULL;
            """,
        ),
    ]
