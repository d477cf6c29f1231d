"""What an operator sends beside the words of a receipt: the only place of its code where there are no words."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("kannel", "0009_long_test_messages")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE kannel_event ADD COLUMN network_error integer",
            "ALTER TABLE kannel_event DROP COLUMN network_error",
        ),
    ]
