"""What an operator says when our account, or its money, is the matter."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('kannel', '0013_inbound_parts'),
    ]

    operations = [
        migrations.AddField(
            model_name='adapter',
            name='account_when',
            field=models.TextField(blank=True, default='', help_text='The line becomes red and nothing leaves over it. Empty: when the HTTP status is 401 or 403.', verbose_name='our account is refused when'),
        ),
        migrations.AddField(
            model_name='adapter',
            name='money_when',
            field=models.TextField(blank=True, default='', help_text='The line becomes red, too. Empty: when the HTTP status is 402.', verbose_name='the money is used up when'),
        ),
    ]
