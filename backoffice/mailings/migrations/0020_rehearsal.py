"""Dress rehearsals of plans: one row for each, written by the process that plays it."""

from decimal import Decimal

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mailings', "0019_approval"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Rehearsal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('plan_digest', models.CharField(help_text='Of the plan that was to be rehearsed.', max_length=64)),
                ('planned', models.PositiveIntegerField(help_text='Messages of that plan that are to be sent.')),
                ('share', models.FloatField(default=1.0, help_text='Of them drawn, 0 to 1.')),
                ('asked_at', models.DateTimeField(auto_now_add=True, verbose_name='asked')),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('running', 'running'), ('done', 'done'), ('stopped', 'stopped'), ('failed', 'failed')], default='waiting', max_length=8, verbose_name='state')),
                ('wants_stop', models.BooleanField(default=False)),
                ('started_at', models.DateTimeField(null=True)),
                ('heard_at', models.DateTimeField(help_text='When its process last said how far it is.', null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('folder', models.CharField(blank=True, help_text='Of its process, while it runs.', max_length=200)),
                ('problem', models.CharField(blank=True, max_length=400)),
                ('messages', models.PositiveIntegerField(default=0, help_text='Drawn of the plan.')),
                ('expected_parts', models.PositiveIntegerField(default=0)),
                ('expected_cost', models.DecimalField(decimal_places=4, default=Decimal('0'), max_digits=14)),
                ('handed_over', models.PositiveIntegerField(default=0)),
                ('taken', models.PositiveIntegerField(default=0, help_text='Messages that arrived whole at an operator.')),
                ('delivered', models.PositiveIntegerField(default=0, help_text='Of them reported as delivered.')),
                ('parts', models.PositiveIntegerField(default=0, help_text='As the operators counted.')),
                ('cost', models.DecimalField(decimal_places=4, default=Decimal('0'), help_text='Their parts x price.', max_digits=14)),
                ('different', models.PositiveIntegerField(default=0, help_text='Messages with any fault.')),
                ('faults', models.JSONField(default=dict, help_text='Messages by Fault.')),
                ('examples', models.JSONField(default=list, help_text='See comparing.Example.')),
                ('lines', models.JSONField(default=list, help_text='By connection, see playing.described.')),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked by')),
                ('mailing', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rehearsals', to='mailings.mailing')),
            ],
            options={
                'verbose_name': 'rehearsal',
                'verbose_name_plural': 'rehearsals',
                'ordering': ['-id'],
                'default_permissions': (),
            },
        ),
        migrations.AddConstraint(
            model_name='rehearsal',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ('waiting', 'running'))), fields=('mailing',), name='one_rehearsal_at_a_time'),
        ),
    ]
