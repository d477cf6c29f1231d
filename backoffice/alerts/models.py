from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from backoffice.alerts.querysets import AlertQuerySet
from backoffice.alerts.step_models import Attempt

if TYPE_CHECKING:
    from backoffice.accounts.models import User

__all__ = ["Alert", "Attempt", "ReadMark"]


class Alert(models.Model):
    """One cause that employees should know about. The same cause raises one alert that counts and closes itself."""

    class Level(models.TextChoices):
        INFORMATION = "information", _("Information")
        WARNING = "warning", _("Warning")
        ALARM = "alarm", _("Alarm")

    cause = models.CharField(max_length=120, help_text=_("What it is about, for example link-down:mts-1."))
    level = models.CharField(_("level"), max_length=11, choices=Level)
    sentence = models.CharField(_("what happened and what to do"), max_length=400)
    sentences = models.JSONField(default=dict, help_text=_("The sentence in each language of the product."))
    link = models.CharField(_("link"), max_length=200, blank=True)
    groups = models.ManyToManyField(Group, verbose_name=_("concerns"), blank=True, related_name="+")
    times = models.PositiveIntegerField(_("times"), default=1)
    raised_at = models.DateTimeField(_("raised"), auto_now_add=True)
    last_at = models.DateTimeField(_("last seen"), auto_now_add=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("acknowledged by"),
    )
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True, blank=True)
    comment = models.CharField(_("comment"), max_length=400, blank=True)

    objects = AlertQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ["-last_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["cause"], condition=models.Q(closed_at=None), name="one_open_alert_for_a_cause"
            )
        ]
        indexes = [models.Index(fields=["-last_at"])]

    def __str__(self) -> str:
        return self.said

    @property
    def said(self) -> str:
        """What happened and what to do, in the reader's language; older alerts have one sentence only."""
        return str(self.sentences.get(get_language() or "") or self.sentence)

    @property
    def look(self) -> str:
        """Which of the shared state marks stands beside the level's word."""
        looks = {self.Level.INFORMATION: "moving", self.Level.WARNING: "warning", self.Level.ALARM: "bad"}
        return looks[self.Level(self.level)]

    @property
    def icon(self) -> str:
        icons = {
            self.Level.INFORMATION: "info-circle",
            self.Level.WARNING: "warning",
            self.Level.ALARM: "circle-xmark",
        }
        return icons[self.Level(self.level)]

    def acknowledge(self, user: "User", comment: str) -> bool:
        """Notes who takes care of it, and what they say. False if it is closed or somebody was faster.

        Nobody takes care of an information: each reader reads it.
        """
        now = timezone.now()
        free = Alert.objects.filter(pk=self.pk).open().waiting()
        return bool(free.update(acknowledged_by=user, acknowledged_at=now, comment=comment[:400]))


class ReadMark(models.Model):
    """That one reader has read an information. What happens again later is unread again."""

    alert = models.ForeignKey(Alert, models.CASCADE, related_name="read_marks", verbose_name=_("alert"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("read by")
    )
    read_at = models.DateTimeField(_("read"))

    wagtail_reference_index_ignore = True

    class Meta:
        constraints = [models.UniqueConstraint(fields=["alert", "user"], name="one_read_mark_for_a_reader")]

    def __str__(self) -> str:
        return f"{self.alert_id}: {self.user_id}"
