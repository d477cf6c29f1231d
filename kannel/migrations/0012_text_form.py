"""Texts have one form, whichever way they came."""

from django.db import migrations

import kannel.text_field


class Migration(migrations.Migration):

    dependencies = [
        ('kannel', '0011_processes'),
    ]

    operations = [
        migrations.AlterField(
            model_name='testmessage',
            name='text',
            field=kannel.text_field.SmsTextField(),
        ),
    ]
