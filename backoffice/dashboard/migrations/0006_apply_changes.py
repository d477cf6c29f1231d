"""Operator staff may apply changes of connections to Kannel."""

from django.db import migrations

from backoffice.accounts.role_groups import make_groups


class Migration(migrations.Migration):
    dependencies = [("dashboard", "0005_what_if"), ("kannel", "0005_drafts")]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
