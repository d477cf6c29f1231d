"""Codes may be words, such as EC_ABSENT_SUBSCRIBER."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("operators", "0003_failing")]

    operations = [
        migrations.AlterField(
            model_name="errorcode",
            name="code",
            field=models.CharField(
                help_text="In hexadecimal for answers (0x45), as the receipt writes it otherwise.",
                max_length=40,
                verbose_name="code",
            ),
        ),
    ]
