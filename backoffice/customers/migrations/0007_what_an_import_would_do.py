from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0006_how_files_are_read")]

    operations = [
        migrations.CreateModel(
            name="NumberKind",
            fields=[
                (
                    "phone",
                    models.CharField(max_length=16, primary_key=True, serialize=False, verbose_name="phone number"),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("mobile", "mobile"),
                            ("landline", "landline"),
                            ("free", "free of charge for the caller"),
                            ("premium", "premium rate"),
                            ("shared", "shared cost"),
                            ("pager", "pager"),
                            ("other", "other"),
                            ("unknown", "no number that exists"),
                        ],
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
            ],
        ),
        migrations.AddField("importrun", "outlook", models.JSONField(editable=False, null=True)),
        migrations.AddField(
            "importrun",
            "empties",
            models.CharField(
                choices=[("keep", "keep what is there"), ("empty", "empty it")],
                default="keep",
                max_length=5,
                verbose_name="empty cells",
            ),
        ),
        migrations.AddField("importrun", "doubled", models.PositiveIntegerField(default=0, verbose_name="doubled rows")),
        migrations.AddField("importrun", "emptied", models.PositiveIntegerField(default=0, verbose_name="fields emptied")),
        migrations.AddField(
            "importrun",
            "conflicts",
            models.PositiveIntegerField(default=0, verbose_name="withdrawals and blocks kept"),
        ),
        migrations.AddField(
            "importrun", "not_mobile", models.PositiveIntegerField(default=0, verbose_name="not a mobile number")
        ),
        migrations.AddField(
            "importrun", "remarks", models.FileField(blank=True, default="", upload_to="imports/")
        ),
    ]
