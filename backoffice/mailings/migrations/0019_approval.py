"""Above a size or cost a mailing takes two approvers; approvals are told by e-mail; texts are tried out on employees."""

from decimal import Decimal

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


# As with launch orders: what was approved, and by whom, stays as it was said.
IMMUTABLE = """
CREATE FUNCTION approval_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an approval is never changed or removed';
END $$;
CREATE TRIGGER approval_is_immutable BEFORE UPDATE OR DELETE ON mailings_approval
    FOR EACH ROW EXECUTE FUNCTION approval_is_immutable();
"""
MUTABLE = """
DROP TRIGGER approval_is_immutable ON mailings_approval;
DROP FUNCTION approval_is_immutable;
"""


def add_row(apps, schema_editor):
    """One approver is enough until somebody says above what size it takes two."""
    apps.get_model("mailings", "ApprovalRules").objects.using(schema_editor.connection.alias).create(pk=1)


class Migration(migrations.Migration):

    dependencies = [
        ('mailings', "0018_unfinished"),
        ('kannel', '0009_long_test_messages'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ApprovalRules',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('second_above_recipients', models.PositiveIntegerField(blank=True, help_text='Of a mailing that repeats, its limit for a run counts. Empty: never.', null=True, verbose_name='a second approver above so many recipients')),
                ('second_above_cost', models.DecimalField(blank=True, decimal_places=2, help_text='Of a mailing that repeats, its limit for a run counts. Empty: never.', max_digits=14, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0'))], verbose_name='a second approver above this cost')),
                ('sends_mail', models.BooleanField(default=True, help_text='Approvers when something waits for them, the author when it was decided.', verbose_name='tell approvers and authors by e-mail, too')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
            ],
            options={
                'verbose_name': 'rules of approval',
                'verbose_name_plural': 'rules of approval',
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='one_row_of_approval_rules')],
            },
        ),
        migrations.CreateModel(
            name='Approval',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('submitted_at', models.DateTimeField(help_text='The submission that it is about: that of the mailing.')),
                ('content_hash', models.CharField(help_text='What was approved, as in LaunchOrder.', max_length=64)),
                ('approved_at', models.DateTimeField(auto_now_add=True)),
                ('comment', models.CharField(blank=True, max_length=400)),
                ('approver', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('mailing', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='approvals', to='mailings.mailing')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('mailing', 'submitted_at'), name='one_first_approval')],
            },
        ),
        migrations.RunSQL(IMMUTABLE, MUTABLE),
        migrations.CreateModel(
            name='ApprovalMail',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('waits', 'waits for approval'), ('second', 'needs one more approver'), ('approved', 'was approved'), ('returned', 'was returned'), ('refused', 'was refused')], max_length=8)),
                ('made_at', models.DateTimeField()),
                ('next_try_at', models.DateTimeField(help_text='Null: it has left, or was given up.', null=True)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('sent_at', models.DateTimeField(null=True)),
                ('problem', models.CharField(blank=True, max_length=100)),
                ('mailing', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailings.mailing')),
                ('to', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('next_try_at__isnull', False)), fields=['next_try_at'], name='approval_mail_due')],
            },
        ),
        migrations.CreateModel(
            name='Trial',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('batch', models.UUIDField(help_text='What was sent by one click.')),
                ('parts', models.PositiveSmallIntegerField()),
                ('cost', models.DecimalField(decimal_places=4, default=Decimal('0'), max_digits=12)),
                ('currency', models.CharField(max_length=3)),
                ('sent_at', models.DateTimeField(auto_now_add=True)),
                ('customer', models.ForeignKey(db_constraint=False, help_text='Whose values the text has.', on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='customers.customer')),
                ('mailing', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='trials', to='mailings.mailing')),
                ('sent_by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('test_message', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='kannel.testmessage')),
                ('to', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-pk'],
                'indexes': [models.Index(fields=['sent_by', 'sent_at'], name='trials_of_a_day')],
            },
        ),
        migrations.AddField(
            model_name='launchorder',
            name='first_approved_by',
            field=models.ForeignKey(help_text='Where it took two approvers: the one before.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='launchorder',
            name='comment',
            field=models.CharField(blank=True, max_length=400, default=''),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name='launchorder',
            constraint=models.CheckConstraint(condition=models.Q(('first_approved_by', models.F('approved_by')), _negated=True) & models.Q(('first_approved_by', models.F('requested_by')), _negated=True), name='two_approvers_differ'),
        ),
        migrations.RunPython(add_row, migrations.RunPython.noop),
    ]
