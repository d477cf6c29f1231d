"""When a mailing takes a second approver, what the first of two said, and the e-mails that tell of approvals."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from backoffice.lib.numbers import grouped


class ApprovalRules(models.Model):
    """One row: above what size and cost two people have to approve a mailing, and whether approvals are told by e-mail."""

    second_above_recipients = models.PositiveIntegerField(
        _("a second approver above so many recipients"),
        null=True,
        blank=True,
        help_text=_("Of a mailing that repeats, its limit for a run counts. Empty: never."),
    )
    second_above_cost = models.DecimalField(
        _("a second approver above this cost"),
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("Of a mailing that repeats, its limit for a run counts. Empty: never."),
    )
    sends_mail = models.BooleanField(
        _("tell approvers and authors by e-mail, too"),
        default=True,
        help_text=_("Approvers when something waits for them, the author when it was decided."),
    )
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("rules of approval")
        verbose_name_plural = _("rules of approval")
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_row_of_approval_rules")]

    def __str__(self) -> str:
        return gettext("Approval")

    @classmethod
    def current(cls) -> "ApprovalRules":
        """The rules that hold now; where nobody has set any, one approver is always enough."""
        return cls.objects.first() or cls(pk=1)

    def sentences(self) -> list[str]:
        """What holds, in words."""
        found = []
        if self.second_above_recipients is not None:
            count = grouped(self.second_above_recipients)
            found.append(
                ngettext(
                    "Two approvers above %(count)s recipient.",
                    "Two approvers above %(count)s recipients.",
                    self.second_above_recipients,
                )
                % {"count": count}
            )
        if self.second_above_cost is not None:
            words = {"cost": grouped(self.second_above_cost, 2), "currency": settings.CURRENCY}
            found.append(gettext("Two approvers above %(cost)s %(currency)s.") % words)
        return found or [gettext("One approver is enough, whatever the size.")]


class Approval(models.Model):
    """The first of two approvals. Never changed: a trigger refuses.

    It belongs to one submission, named by its moment: whatever is submitted anew has none, so nothing has to take it away.
    """

    mailing = models.ForeignKey("mailings.Mailing", models.CASCADE, related_name="approvals")
    submitted_at = models.DateTimeField(help_text="The submission that it is about: that of the mailing.")
    content_hash = models.CharField(max_length=64, help_text="What was approved, as in LaunchOrder.")
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(auto_now_add=True)
    comment = models.CharField(max_length=400, blank=True)

    wagtail_reference_index_ignore = True

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailing", "submitted_at"], name="one_first_approval")]

    def __str__(self) -> str:
        return f"{self.mailing_id} {self.content_hash[:12]}"


class ApprovalMail(models.Model):
    """An e-mail to one person about one mailing. Written with the step, sent after it, and tried again until it leaves."""

    class Kind(models.TextChoices):
        WAITS = "waits", _("waits for approval")
        SECOND = "second", _("needs one more approver")
        APPROVED = "approved", _("was approved")
        RETURNED = "returned", _("was returned")
        REFUSED = "refused", _("was refused")

    mailing = models.ForeignKey("mailings.Mailing", models.CASCADE, related_name="+")
    to = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind)
    made_at = models.DateTimeField()
    next_try_at = models.DateTimeField(null=True, help_text="Null: it has left, or was given up.")
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=100, blank=True)

    wagtail_reference_index_ignore = True

    class Meta:
        indexes = [
            models.Index(
                fields=["next_try_at"],
                condition=models.Q(next_try_at__isnull=False),
                name="approval_mail_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.mailing_id} {self.kind}"
