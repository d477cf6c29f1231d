"""The roles of the company as groups. Their rights are declared in backoffice.accounts.roles."""

from django.db import migrations

from backoffice.accounts.role_groups import make_groups


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("alerts", "0001_initial"),
        ("audiences", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("customers", "0001_initial"),
        ("kannel", "0001_initial"),
        ("mailings", "0001_initial"),
        ("message_templates", "0001_initial"),
        ("operators", "0001_initial"),
        ("wagtailadmin", "0001_create_admin_access_permissions"),
        # These give rights of their own to every group that may enter the admin; ours come after them.
        ("wagtailcore", "0098_apitoken"),
        ("wagtaildocs", "0011_add_choose_permissions"),
        ("wagtailimages", "0023_add_choose_permissions"),
    ]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
