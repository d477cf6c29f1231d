"""A mailing that is to go slowly: its row is what claiming takes from."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

MOST_PER_SECOND = 10_000


class SpeedLimit(models.Model):
    """At most so many messages a second of one mailing, over all its operators together. No row: as fast as they take it."""

    mailing = models.OneToOneField(
        "mailings.Mailing", models.CASCADE, primary_key=True, related_name="speed_limit"
    )
    per_second = models.PositiveIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(MOST_PER_SECOND)]
    )
    room = models.FloatField(default=0, help_text="Messages that might leave at once at counted_at.")
    counted_at = models.DateTimeField(default=timezone.now)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)

    wagtail_reference_index_ignore = True

    def __str__(self) -> str:
        return f"{self.mailing_id} {self.per_second}"
