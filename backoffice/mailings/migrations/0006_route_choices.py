"""Each message points at its way: four bytes for price and reason, without touching the rows there are."""

import django.db.models.deletion
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mailings', '0005_contact_rules'),
        ('operators', '0002_terms_and_networks'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
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
        migrations.CreateModel(
            name='WhatIf',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200, verbose_name='file')),
                ('file', models.FileField(upload_to='imports/')),
                ('state', models.CharField(choices=[('uploaded', 'looked at'), ('waiting', 'waiting'), ('running', 'running'), ('done', 'done'), ('stopped', 'stopped'), ('failed', 'failed')], default='uploaded', max_length=8, verbose_name='state')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='uploaded')),
                ('started_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('rows_read', models.PositiveIntegerField(default=0, verbose_name='rows')),
                ('bad', models.PositiveIntegerField(default=0, verbose_name='bad rows')),
                ('problem', models.CharField(blank=True, max_length=400)),
                ('bad_rows', models.FileField(upload_to='imports/')),
                ('month', models.DateField(help_text='Its first day.', null=True)),
                ('added', models.CharField(blank=True, max_length=80)),
                ('percent', models.DecimalField(decimal_places=2, max_digits=7, null=True)),
                ('delivery_percent', models.FloatField(help_text='Believed of an added operator; else like the others.', null=True)),
                ('answer', models.JSONField(default=dict)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='uploaded by')),
                ('mailing', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailings.mailing')),
                ('operator', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='operators.operator')),
            ],
            options={
                'verbose_name': 'question',
                'verbose_name_plural': 'questions',
                'ordering': ['-id'],
                'abstract': False,
                'default_permissions': (),
            },
        ),
        migrations.RunSQL(
            "ALTER TABLE mailings_message ADD COLUMN route_id integer",
            "ALTER TABLE mailings_message DROP COLUMN route_id",
        ),
    ]
