"""What is kept so that a failing operator is noticed, and what was done about it."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.lib.amounts import PRICE_PLACES
from backoffice.lib.said import SentenceField
from backoffice.operators.models import Operator
from kannel.models import Connection


class Cohort(models.Model):
    """Messages of one mailing that one connection took within the same ten seconds, by what became of them.

    Written by the statement that applies receipts, so it is exact and counts nothing twice. Read every few seconds by
    judging.py, which so never has to look at the messages themselves.
    """

    class Outcome(models.TextChoices):
        TAKEN = "taken", _("taken")
        DELIVERED = "delivered", _("delivered")
        UNDELIVERED = "undelivered", _("not delivered")
        EXPIRED = "expired", _("expired")
        REJECTED = "rejected", _("rejected by the operator")

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="+", db_constraint=False)
    mailing = models.ForeignKey("mailings.Mailing", models.CASCADE, related_name="+", db_constraint=False)
    at = models.DateTimeField(help_text="Begin of the ten seconds.")
    outcome = models.CharField(max_length=11, choices=Outcome)
    error = models.CharField(
        max_length=48, blank=True, help_text="The operator's code alone, err:027 or 0x45."
    )
    messages = models.IntegerField(default=0)
    # How many of them ended so within these seconds of being taken; only so are young and old cohorts comparable.
    within_20 = models.IntegerField(default=0)
    within_60 = models.IntegerField(default=0)
    within_300 = models.IntegerField(default=0)
    within_900 = models.IntegerField(default=0)

    wagtail_reference_index_ignore = True

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "at", "mailing", "outcome", "error"], name="one_count_of_a_cohort"
            )
        ]

    def __str__(self) -> str:
        return f"{self.at:%H:%M:%S} {self.outcome} {self.messages}"


class PausedPart(models.Model):
    """What a mailing sends over one operator, paused while the rest goes on. Claiming reads it; ended when it goes on."""

    mailing = models.ForeignKey("mailings.Mailing", models.CASCADE, related_name="paused_parts")
    operator = models.ForeignKey(Operator, models.PROTECT, related_name="+", verbose_name=_("operator"))
    reason = SentenceField(_("why"), max_length=300)
    since = models.DateTimeField(default=timezone.now)
    goes_elsewhere = models.BooleanField(
        default=False, help_text="Somebody decided that its messages go over other operators."
    )
    is_about_receipts = models.BooleanField(
        default=False,
        help_text="Parley missed deliveries: if they turn out to have been late it goes on by itself.",
    )
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        help_text="Null: Parley itself.",
    )
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        help_text="Null: Parley itself.",
    )

    wagtail_reference_index_ignore = True
    # For lib.deleting: nobody can change it so that it refers to something else.
    is_history = True

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mailing", "operator"], condition=models.Q(ended_at=None), name="part_is_paused_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.mailing_id} {self.operator_id}"


class Move(models.Model):
    """Messages of a mailing that went over another connection than planned, and what that changes of its cost."""

    mailing = models.ForeignKey("mailings.Mailing", models.CASCADE, related_name="moves")
    source = models.ForeignKey(Connection, models.PROTECT, related_name="+")
    target = models.ForeignKey(Connection, models.PROTECT, related_name="+")
    reason = SentenceField(max_length=300)
    messages = models.PositiveIntegerField(default=0)
    extra_cost = models.DecimalField(max_digits=18, decimal_places=PRICE_PLACES, default=Decimal(0))
    began_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)

    wagtail_reference_index_ignore = True
    # For lib.deleting: nobody can change it so that it refers to something else.
    is_history = True

    class Meta:
        ordering = ["began_at"]
        constraints = [
            models.UniqueConstraint(fields=["mailing", "source", "target", "reason"], name="one_sum_of_moves")
        ]

    def __str__(self) -> str:
        return f"{self.mailing_id} {self.source_id}-{self.target_id} {self.messages}"
