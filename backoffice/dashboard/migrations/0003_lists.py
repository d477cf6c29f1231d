"""The rights on lists of customers."""

from django.db import migrations

from backoffice.accounts.role_groups import make_groups


class Migration(migrations.Migration):
    dependencies = [
        ("dashboard", "0002_contact_rules"),
        ("audiences", "0004_list_runs"),
    ]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
