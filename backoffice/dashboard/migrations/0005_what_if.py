"""Operator staff write down terms and networks; they and analysts ask what the past would have cost."""

from django.db import migrations

from backoffice.accounts.role_groups import make_groups


class Migration(migrations.Migration):
    dependencies = [
        ("dashboard", "0004_attribute_rights"),
        ("operators", "0002_terms_and_networks"),
        ("mailings", "0006_route_choices"),
    ]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
