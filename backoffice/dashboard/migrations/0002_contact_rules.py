"""Approvers and privacy officers may change the rules for everybody."""

from django.db import migrations

from backoffice.accounts.role_groups import make_groups


class Migration(migrations.Migration):
    dependencies = [("dashboard", "0001_roles"), ("mailings", "0005_contact_rules")]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
