"""Tokens that an operator gives for an account, and that end after a while."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("kannel", "0014_adapter_account")]

    operations = [
        migrations.AddField(
            model_name="adapter",
            name="token_path",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Empty: the password of the connection is the token, or there is none.",
                max_length=300,
                verbose_name="path that gives tokens",
            ),
        ),
        migrations.AddField(
            model_name="adapter",
            name="token_body",
            field=models.TextField(
                blank=True,
                default="",
                help_text="A form, one Name={username} a line, or JSON.",
                verbose_name="body that asks for a token",
            ),
        ),
        migrations.AddField(
            model_name="adapter",
            name="token_at",
            field=models.CharField(
                blank=True,
                default="",
                help_text="For example access_token. It is asked for again before its end, which stands at expires_in.",
                max_length=120,
                verbose_name="the token stands at",
            ),
        ),
    ]
