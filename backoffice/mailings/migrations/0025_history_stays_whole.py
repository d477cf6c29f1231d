"""What messages refer to cannot be deleted, whoever tries: their tables have no foreign keys, which would cost each row of a plan.

The row that is to go is looked up in them instead. There is a trigger for each reference that the database does not know;
tests/lib/test_deleting.py compares them with the models.
"""

import django.db.models.deletion
from django.db import migrations, models

GUARDED = (
    ("kannel_connection", "mailings_message", "connection_id"),
    ("kannel_gateway", "kannel_event", "gateway_id"),
    ("message_templates_messagetemplate", "mailings_message", "template_id"),
    ("mailings_mailing", "mailings_message", "mailing_id"),
)

FUNCTION = """
CREATE FUNCTION keep_what_is_referred_to() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE is_used boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE %I = $1)', TG_ARGV[0], TG_ARGV[1]) INTO is_used USING OLD.id;
    IF is_used THEN
        RAISE foreign_key_violation USING MESSAGE = format('%s %s is referred to by %s', TG_TABLE_NAME, OLD.id, TG_ARGV[0]);
    END IF;
    RETURN OLD;
END $$
"""


def triggers(verb: str) -> list[str]:
    made = []
    for table, referring, column in GUARDED:
        name = f"kept_by_{referring}_{column}"
        if verb == "CREATE":
            made.append(
                f"CREATE TRIGGER {name} BEFORE DELETE ON {table} FOR EACH ROW "
                f"EXECUTE FUNCTION keep_what_is_referred_to('{referring}', '{column}')"
            )
        else:
            made.append(f"DROP TRIGGER {name} ON {table}")
    return made


class Migration(migrations.Migration):
    dependencies = [
        ("mailings", "0024_codes_and_forms"),
        ("kannel", "0010_network_error"),
        ("message_templates", "0004_how_files_are_read"),
        ("operators", "0005_how_files_are_read"),
    ]

    operations = [
        migrations.AddField(
            model_name="pausedpart",
            name="is_about_receipts",
            field=models.BooleanField(
                default=False,
                help_text="Parley missed deliveries: if they turn out to have been late it goes on by itself.",
            ),
        ),
        migrations.AlterField(
            model_name="move",
            name="source",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="kannel.connection"),
        ),
        migrations.AlterField(
            model_name="move",
            name="target",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="kannel.connection"),
        ),
        migrations.AlterField(
            model_name="pausedpart",
            name="operator",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="operators.operator",
                verbose_name="operator",
            ),
        ),
        migrations.RunSQL(
            [FUNCTION, *triggers("CREATE")], [*triggers("DROP"), "DROP FUNCTION keep_what_is_referred_to"]
        ),
    ]
