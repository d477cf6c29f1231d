"""Mailings that compare texts; each message says whose text it has."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('message_templates', '0001_initial'),
        ('mailings', '0013_occasions'),
    ]

    operations = [
        migrations.AddField(
            model_name='mailing',
            name='measure',
            field=models.CharField(choices=[('delivered', 'more of its messages are delivered'), ('replies', 'more of those who got it reply'), ('failures', 'fewer of its messages fail')], default='delivered', max_length=9, verbose_name='a text does better if'),
        ),
        migrations.AddField(
            model_name='mailing',
            name='rest_of',
            field=models.OneToOneField(editable=False, help_text='Of the rest of a comparison: the mailing that made it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='rest', to='mailings.mailing'),
        ),
        migrations.AddField(
            model_name='mailing',
            name='second_percent',
            field=models.PositiveSmallIntegerField(default=50, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(98)], verbose_name='its share, %'),
        ),
        migrations.AddField(
            model_name='mailing',
            name='second_text',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='message_templates.messagetemplate', verbose_name='second text'),
        ),
        migrations.AddField(
            model_name='mailing',
            name='test_hours',
            field=models.PositiveSmallIntegerField(default=4, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(168)], verbose_name='the best one is chosen after so many hours'),
        ),
        migrations.AddField(
            model_name='mailing',
            name='test_percent',
            field=models.PositiveSmallIntegerField(default=0, help_text='The others get the text that does best, later. 0: everybody gets one of the texts at once.', validators=[django.core.validators.MaxValueValidator(90)], verbose_name='so many % get them at first'),
        ),
        migrations.AddField(
            model_name='mailing',
            name='third_percent',
            field=models.PositiveSmallIntegerField(default=25, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(98)], verbose_name='its share, %'),
        ),
        migrations.AddField(
            model_name='mailing',
            name='third_text',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='message_templates.messagetemplate', verbose_name='third text'),
        ),
        migrations.RunSQL(
            "ALTER TABLE mailings_message ADD COLUMN template_id bigint",
            "ALTER TABLE mailings_message DROP COLUMN template_id",
        ),
    ]
