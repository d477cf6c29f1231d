"""A dress rehearsal: a plan that is played to simulated operators, and what came of it. It holds no number and no text."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.lib.amounts import PRICE_PLACES
from backoffice.lib.said import SentenceField


class Fault(models.TextChoices):
    """How what arrived may differ from the plan."""

    TEXT = "text", _("another text")
    CODING = "coding", _("another coding")
    PARTS = "parts", _("another number of parts")
    SENDER = "sender", _("another sender")
    WAY = "way", _("over another operator")
    COST = "cost", _("another price")
    DOUBLED = "doubled", _("more than once")
    STRANGER = "stranger", _("not in the plan")
    REFUSED = "refused", _("refused")
    LOST = "lost", _("never arrived")


class Rehearsal(models.Model):
    """One rehearsal of one plan, from the wish to its result. Its process writes it, see rehearsal/running.py."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        STOPPED = "stopped", _("stopped")
        FAILED = "failed", _("failed")

    mailing = models.ForeignKey("mailings.Mailing", models.CASCADE, related_name="rehearsals")
    plan_digest = models.CharField(max_length=64, help_text="Of the plan that was to be rehearsed.")
    planned = models.PositiveIntegerField(help_text="Messages of that plan that are to be sent.")
    share = models.FloatField(default=1.0, help_text="Of them drawn, 0 to 1.")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("asked by")
    )
    asked_at = models.DateTimeField(_("asked"), auto_now_add=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    wants_stop = models.BooleanField(default=False)
    started_at = models.DateTimeField(null=True)
    heard_at = models.DateTimeField(null=True, help_text="When its process last said how far it is.")
    finished_at = models.DateTimeField(null=True)
    folder = models.CharField(max_length=200, blank=True, help_text="Of its process, while it runs.")
    problem = SentenceField(max_length=400, blank=True)

    messages = models.PositiveIntegerField(default=0, help_text="Drawn of the plan.")
    expected_parts = models.PositiveIntegerField(default=0)
    expected_cost = models.DecimalField(max_digits=18, decimal_places=PRICE_PLACES, default=Decimal(0))
    handed_over = models.PositiveIntegerField(default=0)
    taken = models.PositiveIntegerField(default=0, help_text="Messages that arrived whole at an operator.")
    delivered = models.PositiveIntegerField(default=0, help_text="Of them reported as delivered.")
    parts = models.PositiveIntegerField(default=0, help_text="As the operators counted.")
    cost = models.DecimalField(
        max_digits=18, decimal_places=PRICE_PLACES, default=Decimal(0), help_text="Their parts x price."
    )
    different = models.PositiveIntegerField(default=0, help_text="Messages with any fault.")
    faults = models.JSONField(default=dict, help_text="Messages by Fault.")
    examples = models.JSONField(default=list, help_text="See comparing.Example.")
    lines = models.JSONField(default=list, help_text="By connection, see playing.described.")

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("rehearsal")
        verbose_name_plural = _("rehearsals")
        default_permissions = ()
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["mailing"],
                condition=models.Q(state__in=("waiting", "running")),
                name="one_rehearsal_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.mailing_id} {self.state}"

    @property
    def is_live(self) -> bool:
        """Whether somebody is at it, or will be."""
        return self.state in (self.State.WAITING, self.State.RUNNING)

    @property
    def is_sample(self) -> bool:
        return self.share < 1

    @property
    def is_as_planned(self) -> bool:
        """Whether everything that was played came as the plan says, and costs what it says."""
        return (
            self.state == self.State.DONE
            and not self.different
            and (self.taken, self.parts) == (self.messages, self.expected_parts)
            and self.cost == self.expected_cost
        )
