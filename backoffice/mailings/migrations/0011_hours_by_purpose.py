"""Hours and weekdays by purpose. Offers: what good manners suggest. Service messages: as before, at any hour."""

import datetime

import django.core.validators
from django.db import migrations, models

import backoffice.mailings.weekdays


def set_hours_of_offers(apps, schema_editor):
    rows = apps.get_model("mailings", "ContactRules").objects.using(schema_editor.connection.alias)
    rows.filter(purpose="marketing").update(
        local_from=datetime.time(10), local_to=datetime.time(21), weekdays=[1, 2, 3, 4, 5, 6]
    )


class Migration(migrations.Migration):

    dependencies = [
        ('mailings', '0010_spending'),
    ]

    operations = [
        migrations.AddField(
            model_name='contactrules',
            name='local_from',
            field=models.TimeField(default=datetime.time(0, 0), help_text="In each customer's own time zone. Same as the end: at any hour. A mailing may only be stricter.", verbose_name='not before'),
        ),
        migrations.AddField(
            model_name='contactrules',
            name='local_to',
            field=models.TimeField(default=datetime.time(0, 0), help_text="In each customer's own time zone.", verbose_name='not after'),
        ),
        migrations.AddField(
            model_name='contactrules',
            name='weekdays',
            field=backoffice.mailings.weekdays.WeekdaysField(base_field=models.SmallIntegerField(), default=backoffice.mailings.weekdays.every_day, help_text='A message that waits when the day is over goes on the next one of these.', size=None, verbose_name='on these days'),
        ),
        migrations.AddField(
            model_name='mailing',
            name='by_own_clock',
            field=models.BooleanField(default=False, help_text='10:00 is 10:00 where the customer lives. Customers without a time zone go by the company\'s clock.', verbose_name="start and end by each customer's own clock"),
        ),
        migrations.AddField(
            model_name='mailing',
            name='first_at',
            field=models.DateTimeField(editable=False, help_text='When it begins in the first zone, if each has its own start.', null=True),
        ),
        migrations.AddField(
            model_name='mailing',
            name='spread_hours',
            field=models.PositiveSmallIntegerField(default=0, help_text='Messages leave evenly over this time, within the permitted hours. 0: as fast as operators take them.', validators=[django.core.validators.MaxValueValidator(744)], verbose_name='spread over so many hours'),
        ),
        migrations.RunPython(set_hours_of_offers, migrations.RunPython.noop),
    ]
