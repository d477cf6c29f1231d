from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("alerts", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("step", models.CharField(help_text="Name of a Step, for example mailing.plan.", max_length=60, verbose_name="step")),
                ("subject", models.CharField(blank=True, help_text="What it is done for, for example an id.", max_length=60)),
                ("tries", models.PositiveSmallIntegerField(default=0, verbose_name="tries")),
                ("error", models.CharField(blank=True, help_text="Never its words: they may tell of a customer.", max_length=60, verbose_name="kind of error")),
                ("first_at", models.DateTimeField(verbose_name="failed first")),
                ("last_at", models.DateTimeField(verbose_name="failed last")),
                ("next_try_at", models.DateTimeField(verbose_name="next try")),
                ("given_up_at", models.DateTimeField(null=True, verbose_name="given up")),
            ],
            options={
                "verbose_name": "failed step",
                "verbose_name_plural": "failed steps",
                "ordering": ["-last_at"],
                "constraints": [models.UniqueConstraint(fields=("step", "subject"), name="one_count_of_a_step")],
            },
        ),
    ]
