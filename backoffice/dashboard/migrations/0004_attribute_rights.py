"""Gives the rights on attributes of the CRM to the roles that make them known."""

from django.db import migrations

from backoffice.accounts.role_groups import make_groups


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0004_attribute_definition"),
        ("dashboard", "0003_lists"),
    ]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
