from decimal import Decimal

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mailings', '0009_moved_ways'),
    ]

    operations = [
        migrations.AddField(
            model_name='mailing',
            name='max_price',
            field=models.DecimalField(blank=True, decimal_places=4, help_text='With all its parts. A dearer one goes over a cheaper operator or, if there is none, is left out. Empty: no limit.', max_digits=10, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0.0001'))], verbose_name='a message costs at most'),
        ),
        migrations.AlterField(
            model_name='routechoice',
            name='reason',
            field=models.SmallIntegerField(choices=[(1, 'no other operator carries these numbers'), (2, 'it costs least for what is delivered'), (3, 'its monthly minimum is owed anyway'), (4, 'with this volume its price falls'), (5, 'cheaper operators have no more room in the time to send'), (6, 'the way it was planned for failed'), (7, 'with another operator a message would cost more than allowed')], verbose_name='why'),
        ),
        migrations.CreateModel(
            name='Spending',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reserved', models.DecimalField(decimal_places=4, default=Decimal('0'), help_text='At least what was billed or may still be.', max_digits=16)),
                ('doubtful', models.DecimalField(decimal_places=4, default=Decimal('0'), help_text='Of attempts about which nobody could say whether they left, and that were made again.', max_digits=16)),
                ('mailing', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='spending', to='mailings.mailing')),
            ],
        ),
    ]
