"""Texts of mailings are tried out, too, and may have several parts."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('kannel', '0008_shared_account'),
    ]

    operations = [
        migrations.AlterField(
            model_name='testmessage',
            name='text',
            field=models.TextField(),
        ),
    ]
