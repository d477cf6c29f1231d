"""Background steps that failed: how often in a row, and when they are tried again."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Attempt(models.Model):
    """One background step that has failed for one subject since it last went well. Kept by steps.py."""

    step = models.CharField(_("step"), max_length=60, help_text="Name of a Step, for example mailing.plan.")
    subject = models.CharField(max_length=60, blank=True, help_text="What it is done for, for example an id.")
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    error = models.CharField(
        _("kind of error"),
        max_length=60,
        blank=True,
        help_text="Never its words: they may tell of a customer.",
    )
    first_at = models.DateTimeField(_("failed first"))
    last_at = models.DateTimeField(_("failed last"))
    next_try_at = models.DateTimeField(_("next try"))
    given_up_at = models.DateTimeField(_("given up"), null=True)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("failed step")
        verbose_name_plural = _("failed steps")
        ordering = ["-last_at"]
        constraints = [models.UniqueConstraint(fields=["step", "subject"], name="one_count_of_a_step")]

    def __str__(self) -> str:
        return f"{self.step} {self.subject}".strip()
