"""What somebody typed about a mailing and has not saved: rows of their own, so that typing changes no mailing."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone


class UnfinishedMailing(models.Model):
    """The form of a mailing as one person left it. Only that person ever sees it; saving or throwing away removes it."""

    key = models.UUIDField(primary_key=True, default=uuid.uuid4, help_text="Of the page it was typed on.")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    mailing = models.ForeignKey(
        "mailings.Mailing", models.CASCADE, null=True, related_name="+", help_text="Null: a new one."
    )
    values = models.JSONField(default=dict, help_text="As the browser sent them: lists of words by field.")
    based_on = models.CharField(
        max_length=64, blank=True, help_text="What was saved when the typing began: unfinished.fingerprint()."
    )
    saved_at = models.DateTimeField(default=timezone.now)

    wagtail_reference_index_ignore = True

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["person", "mailing"],
                condition=models.Q(mailing__isnull=False),
                name="one_unfinished_for_a_person",
            )
        ]

    def __str__(self) -> str:
        return str(self.key)

    # What it is called in a list: see unfinished.new_ones().
    label = ""

    @property
    def name(self) -> str:
        """What was typed as the name of the mailing; may be empty."""
        return "".join(self.values.get("name", []))
