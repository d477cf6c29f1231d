"""Each message points at its way: four bytes for price and reason, without touching the rows there are."""

import django.db.models.deletion
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mailings', '0005_contact_rules'),
        ('operators', '0002_terms_and_networks'),
    ]

    operations = [
        migrations.CreateModel(
            name='RouteChoice',
            fields=[
                ('id', models.AutoField(primary_key=True, serialize=False)),
                ('prefix', models.CharField(max_length=16, verbose_name='numbers begin with')),
                ('price_per_part', models.DecimalField(decimal_places=4, help_text='By the tariff.', max_digits=10)),
                ('factor', models.DecimalField(decimal_places=5, help_text='Share of the tariff that parts cost, by the volume steps.', max_digits=6)),
                ('delivery_rate', models.FloatField(help_text='What it was believed to be when it was planned, 0 to 1.')),
                ('share', models.FloatField(help_text='Of the messages to the prefix, 0 to 1.')),
                ('reason', models.SmallIntegerField(choices=[(1, 'no other operator carries these numbers'), (2, 'it costs least for what is delivered'), (3, 'its monthly minimum is owed anyway'), (4, 'with this volume its price falls'), (5, 'cheaper operators have no more room in the time to send')], verbose_name='why')),
                ('messages', models.PositiveIntegerField(default=0, help_text='Planned to leave.')),
                ('parts', models.PositiveIntegerField(default=0)),
                ('cost', models.DecimalField(decimal_places=4, default=Decimal('0'), max_digits=14)),
                ('mailing', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='routes', to='mailings.mailing')),
                ('operator', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='operators.operator', verbose_name='operator')),
            ],
        ),
        migrations.CreateModel(
            name='Carried',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField(help_text="Its first day, in the company's time zone.")),
                ('messages', models.PositiveIntegerField()),
                ('parts', models.PositiveIntegerField()),
                ('cost', models.DecimalField(decimal_places=4, max_digits=14)),
                ('ended', models.PositiveIntegerField()),
                ('delivered', models.PositiveIntegerField()),
                ('route', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='carried', to='mailings.routechoice')),
            ],
            options={
                'indexes': [models.Index(fields=['month'], name='carried_month')],
                'constraints': [models.UniqueConstraint(fields=('route', 'month'), name='one_count_for_a_month')],
            },
        ),
        migrations.RunSQL(
            "ALTER TABLE mailings_message ADD COLUMN route_id integer",
            "ALTER TABLE mailings_message DROP COLUMN route_id",
        ),
    ]
