"""Mailings that repeat, and their runs."""

import backoffice.mailings.recurrence
import backoffice.mailings.weekdays
import datetime
import django.core.validators
import django.db.models.deletion
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mailings', '0011_hours_by_purpose'),
    ]

    operations = [
        migrations.AddField(
            model_name='launchorder',
            name='series_order',
            field=models.ForeignKey(help_text='Of a run: the approval of its series, which is its own.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailings.launchorder'),
        ),
        migrations.AddField(
            model_name='mailing',
            name='country',
            field=models.CharField(blank=True, help_text='Working days are those of this country. Empty: Monday to Friday.', max_length=2, validators=[backoffice.mailings.recurrence.is_country], verbose_name='holidays of'),
        ),
        migrations.AddField(
            model_name='mailing',
            name='month_day',
            field=models.PositiveSmallIntegerField(default=1, help_text='For every month. In a shorter one it is the last day.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(31)], verbose_name='on this day of the month'),
        ),
        migrations.AddField(
            model_name='mailing',
            name='next_run_at',
            field=models.DateTimeField(editable=False, help_text='Of a series: the next moment that has no run. Null: not looked for yet.', null=True),
        ),
        migrations.AddField(
            model_name='mailing',
            name='on_holiday',
            field=models.CharField(choices=[('send', 'it runs as on any other day'), ('leave_out', 'it is left out'), ('next', 'it runs on the next working day')], default='send', max_length=9, verbose_name='on a public holiday'),
        ),
        migrations.AddField(
            model_name='mailing',
            name='repeat_weekdays',
            field=backoffice.mailings.weekdays.WeekdaysField(base_field=models.SmallIntegerField(), blank=True, default=list, help_text='For every week.', size=None, verbose_name='on these days'),
        ),
        migrations.AddField(
            model_name='mailing',
            name='repeats',
            field=models.CharField(blank=True, choices=[('', 'once'), ('daily', 'every day'), ('weekly', 'every week, on the days chosen below'), ('monthly', 'every month, on the day given below'), ('first', 'on the first working day of each month'), ('last', 'on the last working day of each month')], default='', max_length=8, verbose_name='it goes out'),
        ),
        migrations.AddField(
            model_name='mailing',
            name='run_at',
            field=models.DateTimeField(editable=False, help_text='Of a run: the moment it was made for.', null=True),
        ),
        migrations.AddField(
            model_name='mailing',
            name='run_cost',
            field=models.DecimalField(blank=True, decimal_places=2, help_text='A dearer one waits for an approver. Empty: every run does.', max_digits=14, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0'))], verbose_name='a run costs at most'),
        ),
        migrations.AddField(
            model_name='mailing',
            name='run_hours',
            field=models.PositiveSmallIntegerField(default=24, help_text='What has not left by then is not sent.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(168)], verbose_name='each run ends after so many hours'),
        ),
        migrations.AddField(
            model_name='mailing',
            name='run_recipients',
            field=models.PositiveIntegerField(blank=True, help_text='A larger one waits for an approver. Empty: every run does.', null=True, verbose_name='a run has at most so many recipients'),
        ),
        migrations.AddField(
            model_name='mailing',
            name='runs_itself',
            field=models.BooleanField(default=False, editable=False, help_text='Of a run: nobody has taken it into their own hands.'),
        ),
        migrations.AddField(
            model_name='mailing',
            name='series',
            field=models.ForeignKey(editable=False, help_text='Of a run: what it is made from.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='mailings.mailing'),
        ),
        migrations.AddField(
            model_name='mailing',
            name='time_of_day',
            field=models.TimeField(default=datetime.time(10, 0), verbose_name='at'),
        ),
        migrations.AddField(
            model_name='mailing',
            name='until',
            field=models.DateField(blank=True, help_text='The last day. Empty: until it is cancelled.', null=True, verbose_name='until'),
        ),
        migrations.AddField(
            model_name='mailing',
            name='zone',
            field=models.CharField(blank=True, help_text="Empty: the company's own. By each customer's own clock if that is switched on above.", max_length=40, validators=[backoffice.mailings.recurrence.is_zone], verbose_name='by the clock of'),
        ),
        migrations.AddConstraint(
            model_name='mailing',
            constraint=models.UniqueConstraint(fields=('series', 'run_at'), name='one_run_for_a_moment'),
        ),
    ]
