"""Operator staff may make and change adapters."""

from django.db import migrations

from backoffice.accounts.role_groups import make_groups


class Migration(migrations.Migration):
    dependencies = [("dashboard", "0007_error_codes"), ("kannel", "0007_adapters")]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
