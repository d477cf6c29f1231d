"""Messages of a mailing that were tried out on employees."""

from decimal import Decimal

from django.conf import settings
from django.db import models

from backoffice.lib.amounts import PRICE_PLACES
from kannel.models import TestMessage


class Trial(models.Model):
    """One test message with the text that a mailing has for one customer. It is no message of the mailing's plan.

    Its text and the number are in the test message; both are deleted together, see trying.forget_old().
    """

    mailing = models.ForeignKey("mailings.Mailing", models.CASCADE, related_name="trials")
    batch = models.UUIDField(help_text="What was sent by one click.")
    test_message = models.OneToOneField(TestMessage, models.CASCADE, related_name="+")
    customer = models.ForeignKey(
        "customers.Customer",
        models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        help_text="Whose values the text has.",
    )
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    to = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    parts = models.PositiveSmallIntegerField()
    cost = models.DecimalField(max_digits=16, decimal_places=PRICE_PLACES, default=Decimal(0))
    currency = models.CharField(max_length=3)
    sent_at = models.DateTimeField(auto_now_add=True)

    wagtail_reference_index_ignore = True

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["sent_by", "sent_at"], name="trials_of_a_day")]

    def __str__(self) -> str:
        return f"{self.mailing_id} {self.batch}"
