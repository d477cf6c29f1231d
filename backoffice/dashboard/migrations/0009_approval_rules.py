"""Approvers may change above what size and cost a mailing takes two of them."""

from django.db import migrations

from backoffice.accounts.role_groups import make_groups


class Migration(migrations.Migration):
    dependencies = [("dashboard", "0008_adapters"), ("mailings", "0019_approval")]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
