"""Prices and costs keep six decimals, as contracts have them. The histories count in millionths of the currency.

Each partition of the messages is written anew, about a minute for ten million rows; nothing may be sent meanwhile.
"""

from importlib import import_module

import django.contrib.postgres.fields
import django.core.validators
from decimal import Decimal
from django.db import migrations, models

LEDGER = import_module("backoffice.mailings.migrations.0003_ledger_and_measure").LEDGER

HISTORY = """
UPDATE mailings_senthistory SET cost_so_far = (
    SELECT coalesce(array_agg(cost {change} ORDER BY place), '{{}}') FROM unnest(cost_so_far) WITH ORDINALITY AS one (cost, place)
)
"""


class Migration(migrations.Migration):

    dependencies = [
        ('mailings', '0025_history_stays_whole'),
    ]

    operations = [
        # A column that a view reads keeps its type.
        migrations.RunSQL("DROP VIEW mailings_ledger", [(LEDGER, None)]),
        migrations.RunSQL(
            "ALTER TABLE mailings_message ALTER COLUMN cost TYPE numeric(16, 6)",
            "ALTER TABLE mailings_message ALTER COLUMN cost TYPE numeric(12, 4)",
        ),
        migrations.RunSQL(HISTORY.format(change="* 100"), HISTORY.format(change="/ 100")),
        migrations.AlterField(
            model_name='carried',
            name='cost',
            field=models.DecimalField(decimal_places=6, max_digits=18),
        ),
        migrations.AlterField(
            model_name='mailing',
            name='max_price',
            field=models.DecimalField(blank=True, decimal_places=6, help_text='With all its parts. A dearer one goes over a cheaper operator or, if there is none, is left out. Empty: no limit.', max_digits=14, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0.000001'))], verbose_name='a message costs at most'),
        ),
        migrations.AlterField(
            model_name='mailing',
            name='planned_cost',
            field=models.DecimalField(decimal_places=6, default=Decimal('0'), editable=False, max_digits=18),
        ),
        migrations.AlterField(
            model_name='move',
            name='extra_cost',
            field=models.DecimalField(decimal_places=6, default=Decimal('0'), max_digits=18),
        ),
        migrations.AlterField(
            model_name='rehearsal',
            name='cost',
            field=models.DecimalField(decimal_places=6, default=Decimal('0'), help_text='Their parts x price.', max_digits=18),
        ),
        migrations.AlterField(
            model_name='rehearsal',
            name='expected_cost',
            field=models.DecimalField(decimal_places=6, default=Decimal('0'), max_digits=18),
        ),
        migrations.AlterField(
            model_name='routechoice',
            name='cost',
            field=models.DecimalField(decimal_places=6, default=Decimal('0'), max_digits=18),
        ),
        migrations.AlterField(
            model_name='routechoice',
            name='price_per_part',
            field=models.DecimalField(decimal_places=6, help_text='By the tariff.', max_digits=14),
        ),
        migrations.AlterField(
            model_name='senthistory',
            name='cost_so_far',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, help_text='Their cost, in 1/1 000 000 of the currency.', size=None),
        ),
        migrations.AlterField(
            model_name='spending',
            name='doubtful',
            field=models.DecimalField(decimal_places=6, default=Decimal('0'), help_text='Of attempts about which nobody could say whether they left, and that were made again.', max_digits=20),
        ),
        migrations.AlterField(
            model_name='spending',
            name='reserved',
            field=models.DecimalField(decimal_places=6, default=Decimal('0'), help_text='At least what was billed or may still be.', max_digits=20),
        ),
        migrations.AlterField(
            model_name='trial',
            name='cost',
            field=models.DecimalField(decimal_places=6, default=Decimal('0'), max_digits=16),
        ),
        migrations.RunSQL([(LEDGER, None)], "DROP VIEW mailings_ledger"),
    ]
