"""Operator staff may see which background steps failed, and have them tried again."""

from django.db import migrations

from backoffice.accounts.role_groups import make_groups


class Migration(migrations.Migration):
    dependencies = [("dashboard", "0009_approval_rules"), ("alerts", "0002_attempt")]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
