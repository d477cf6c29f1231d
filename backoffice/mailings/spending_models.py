"""How much of the budget of a mailing is reserved."""

from decimal import Decimal

from django.db import models

from backoffice.lib.amounts import PRICE_PLACES


class Spending(models.Model):
    """One row for each mailing with a budget that has begun to leave. See budget.py."""

    mailing = models.OneToOneField("mailings.Mailing", models.CASCADE, related_name="spending")
    reserved = models.DecimalField(
        max_digits=20,
        decimal_places=PRICE_PLACES,
        default=Decimal(0),
        help_text="At least what was billed or may still be.",
    )
    doubtful = models.DecimalField(
        max_digits=20,
        decimal_places=PRICE_PLACES,
        default=Decimal(0),
        help_text="Of attempts about which nobody could say whether they left, and that were made again.",
    )

    wagtail_reference_index_ignore = True

    def __str__(self) -> str:
        return f"{self.mailing_id} {self.reserved}"
