from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('operators', '0006_taken_out_of_kannel'),
    ]

    operations = [
        migrations.AlterField(
            model_name='tariff',
            name='price_per_part',
            field=models.DecimalField(decimal_places=6, max_digits=14, verbose_name='price of a part'),
        ),
    ]
