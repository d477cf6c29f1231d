"""The privacy officer reads who logged in and who was refused."""

from django.db import migrations

from backoffice.accounts.role_groups import make_groups


class Migration(migrations.Migration):
    dependencies = [("dashboard", "0010_failed_steps"), ("accounts", "0002_access_records")]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
