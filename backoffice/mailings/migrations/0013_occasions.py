"""Mailings on an occasion, and who had which."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0005_draw_index'),
        ('mailings', '0012_repeating'),
    ]

    operations = [
        migrations.CreateModel(
            name='Occasion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('occasion', models.CharField(help_text='Its kind, and what tells it from others of its kind.', max_length=40)),
            ],
        ),
        migrations.AddField(
            model_name='mailing',
            name='trigger',
            field=models.CharField(blank=True, choices=[('', 'none: to the whole audience, each time'), ('birthday', "the customer's birthday"), ('contract_end', 'so many days before the contract ends'), ('action', 'so many days after the customer did something'), ('no_reply', 'so many days after another mailing, without a reply')], default='', max_length=12, verbose_name='occasion'),
        ),
        migrations.AddField(
            model_name='mailing',
            name='trigger_action',
            field=models.CharField(blank=True, choices=[('purchase', 'purchase'), ('visit', 'visit'), ('payment', 'payment'), ('complaint', 'complaint')], max_length=20, verbose_name='what the customer did'),
        ),
        migrations.AddField(
            model_name='mailing',
            name='trigger_days',
            field=models.PositiveSmallIntegerField(default=0, validators=[django.core.validators.MaxValueValidator(366)], verbose_name='days before or after'),
        ),
        migrations.AddField(
            model_name='mailing',
            name='trigger_mailing',
            field=models.ForeignKey(blank=True, help_text='Of one that repeats every run counts.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='mailings.mailing', verbose_name='the other mailing'),
        ),
        migrations.AddField(
            model_name='occasion',
            name='customer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.customer'),
        ),
        migrations.AddField(
            model_name='occasion',
            name='run',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='occasions', to='mailings.mailing'),
        ),
        migrations.AddField(
            model_name='occasion',
            name='series',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailings.mailing'),
        ),
        migrations.AddConstraint(
            model_name='occasion',
            constraint=models.UniqueConstraint(fields=('series', 'customer', 'occasion'), name='once_on_an_occasion'),
        ),
    ]
