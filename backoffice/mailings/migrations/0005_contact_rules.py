import django.core.validators
from django.db import migrations, models


def add_rows(apps, schema_editor):
    """One row for each purpose, with what the law and good manners suggest."""
    rows = apps.get_model("mailings", "ContactRules").objects.using(schema_editor.connection.alias)
    rows.create(purpose="marketing", cap_messages=2, cap_days=7, one_mailing_a_day=True, unreachable_days=30)
    rows.create(purpose="service")


class Migration(migrations.Migration):

    dependencies = [
        ('mailings', '0004_contacts'),
    ]

    operations = [
        migrations.CreateModel(
            name='ContactRules',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purpose', models.CharField(choices=[('marketing', 'Offers and news'), ('service', 'Service messages')], editable=False, max_length=20, unique=True, verbose_name='purpose')),
                ('needs_consent', models.BooleanField(default=True, help_text='Whoever refused is never written to, whatever stands here.', verbose_name='only to those who agreed')),
                ('leaves_out_lists', models.BooleanField(default=True, verbose_name='not to those on a list of customers never to write to')),
                ('unreachable_days', models.PositiveSmallIntegerField(default=0, help_text='Numbers where the last message failed and nothing was delivered for so long. 0: no limit.', validators=[django.core.validators.MaxValueValidator(366)], verbose_name='not if nothing arrived for so many days')),
                ('retry_days', models.PositiveSmallIntegerField(default=90, help_text='People change their SIM cards, and numbers get new owners.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(366)], verbose_name='such a number is tried again after so many days')),
                ('one_mailing_a_day', models.BooleanField(default=False, verbose_name='not if another mailing with this purpose reaches them on the same day')),
                ('cap_messages', models.PositiveSmallIntegerField(default=0, help_text='To one customer, of this purpose. 0: no limit. A mailing may only be stricter.', verbose_name='at most so many messages')),
                ('cap_days', models.PositiveSmallIntegerField(default=7, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(366)], verbose_name='within so many days')),
                ('once_a_number', models.BooleanField(default=True, help_text='If several customers have the same number, the one we have known longest gets the message.', verbose_name='one message to a number')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
            ],
            options={
                'verbose_name': 'rules for everybody',
                'verbose_name_plural': 'rules for everybody',
                'ordering': ['purpose'],
            },
        ),
        migrations.AddField(
            model_name='mailing',
            name='planned_audience',
            field=models.JSONField(default=dict, editable=False, help_text='What it was planned with: Audience.snapshot().'),
        ),
        migrations.AlterField(
            model_name='mailing',
            name='cap_messages',
            field=models.PositiveSmallIntegerField(default=0, help_text='To one customer, of the same purpose; 0: only the rules for everybody apply.', verbose_name='at most messages'),
        ),
        migrations.RunPython(add_rows, migrations.RunPython.noop),
    ]
