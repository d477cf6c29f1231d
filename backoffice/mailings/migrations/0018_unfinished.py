"""What people typed about a mailing and have not saved."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mailings', "0017_clicks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='UnfinishedMailing',
            fields=[
                ('key', models.UUIDField(default=uuid.uuid4, help_text='Of the page it was typed on.', primary_key=True, serialize=False)),
                ('values', models.JSONField(default=dict, help_text='As the browser sent them: lists of words by field.')),
                ('based_on', models.CharField(blank=True, help_text='What was saved when the typing began: unfinished.fingerprint().', max_length=64)),
                ('saved_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('mailing', models.ForeignKey(help_text='Null: a new one.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailings.mailing')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(condition=models.Q(('mailing__isnull', False)), fields=('person', 'mailing'), name='one_unfinished_for_a_person')],
            },
        ),
    ]
