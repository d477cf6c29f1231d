from django.db import migrations

from backoffice.customers.adding import EXTERNAL_ID, EXTERNAL_ID_START, external_id_parts


def hide_phones(apps, schema_editor):
    """Customers that lists made went by their phone number, which everybody may see of a number in the CRM."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE customers_customer customer SET external_id = {EXTERNAL_ID.format(phone="customer.phone")}
            WHERE external_id = %s || substr(phone, 2) AND phone <> ''
            """,
            [*external_id_parts(), EXTERNAL_ID_START],
        )


class Migration(migrations.Migration):
    dependencies = [("customers", "0008_plain_texts_and_kinds_of_numbers")]

    operations = [migrations.RunPython(hide_phones, migrations.RunPython.noop)]
