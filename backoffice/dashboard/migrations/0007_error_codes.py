"""The rights on error codes of operators."""

from django.db import migrations

from backoffice.accounts.role_groups import make_groups


class Migration(migrations.Migration):
    dependencies = [
        ("dashboard", "0006_apply_changes"),
        ("operators", "0003_failing"),
    ]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
