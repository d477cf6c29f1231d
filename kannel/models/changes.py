"""Runs that bring what is wanted into Kannel: who, when, what, each step with its time, and how it ended."""

import json
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kannel.models.connections import Connection
from kannel.models.gateways import Gateway
from kannel.secret_field import SecretField


class ApplyRunQuerySet(models.QuerySet["ApplyRun"]):
    """Sets of runs."""

    def unfinished(self, gateway: Gateway | None = None) -> "ApplyRunQuerySet":
        """Started, and not at their end; of one gateway, or of all."""
        found = self.filter(state__in=("waiting", "running")).order_by("pk")
        return found if gateway is None else found.filter(gateway=gateway)


class ApplyRun(models.Model):
    """One try to make a gateway run with what is wanted. A gateway has one at a time."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("at work")
        DONE = "done", _("applied")
        REFUSED = "refused", _("refused, nothing was changed")
        RESTORED = "restored", _("taken back")
        FAILED = "failed", _("needs a person")

    class Phase(models.TextChoices):
        """What is being done; a worker that finds the run after a death goes on there."""

        CHECK = "check", _("checking")
        DRAIN = "drain", _("waiting for queues to run dry")
        WRITE = "write", _("writing")
        WAIT = "wait", _("waiting for the operators")
        RESTORE = "restore", _("taking it back")

    gateway = models.ForeignKey(Gateway, models.CASCADE, related_name="runs")
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    phase = models.CharField(max_length=7, choices=Phase, default=Phase.CHECK)
    phase_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("applied by")
    )
    created_at = models.DateTimeField(_("when"), auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    must_come_online = models.BooleanField(
        default=True, help_text="New connections have to, or all is taken back."
    )
    frozen = SecretField(help_text="The drafts as they were when somebody pressed Apply.")
    previous = SecretField(blank=True, default="", help_text="The file that ran before.")
    written = SecretField(blank=True, default="", help_text="The file of this run.")
    changes = models.JSONField(
        default=list, help_text="What it changes, in kannel.differences' words, no secret."
    )
    before = models.JSONField(default=dict, help_text="Names that were online before, and whether it ran.")
    steps = models.JSONField(default=list, help_text="What happened: time, code, values.")
    is_told = models.BooleanField(default=False, help_text="Whether those concerned have heard of a bad end.")
    problem = models.JSONField(default=dict, help_text="Why it ended badly: code, values.")

    objects = ApplyRunQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("change applied to Kannel")
        verbose_name_plural = _("changes applied to Kannel")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["gateway"],
                condition=models.Q(state__in=["waiting", "running"]),
                name="one_apply_run_of_a_gateway",
            )
        ]

    def __str__(self) -> str:
        return f"{self.gateway_id} {self.created_at}"

    @property
    def is_live(self) -> bool:
        """Whether somebody works on it, or will."""
        return self.state in (self.State.WAITING, self.State.RUNNING)

    def freeze(self, gateway: Gateway, connections: list[Connection]) -> None:
        """Keeps what is wanted now: later drafts are none of this run's business."""
        values = {
            "gateway": gateway.drafted,
            "connections": {str(one.pk): one.drafted for one in connections if one.draft},
        }
        self.frozen = json.dumps(values, cls=DjangoJSONEncoder)

    @property
    def gateway_values(self) -> dict[str, Any]:
        return dict(json.loads(self.frozen)["gateway"])

    @property
    def connection_values(self) -> dict[int, dict[str, Any]]:
        return {int(pk): values for pk, values in json.loads(self.frozen)["connections"].items()}

    def wanted_gateway(self) -> Gateway:
        """The gateway as this run wants it."""
        return self.gateway.wanted(self.gateway_values)

    def wanted_connections(self) -> list[Connection]:
        """All connections of the gateway as this run wants them."""
        values = self.connection_values
        rows = self.gateway.connections.select_related("operator").order_by("name")
        return [row.wanted(values.get(row.pk, {})) for row in rows]

    def note(self, code: str, **values: Any) -> None:
        """Adds a step, at once and for everybody to see."""
        self.steps.append({"at": timezone.now().isoformat(), "code": code, "values": values})
        self.save(update_fields=["steps"])

    def enter(self, phase: Phase) -> None:
        """Begins the next piece of work."""
        self.phase, self.phase_at = phase, timezone.now()
        self.save(update_fields=["phase", "phase_at", "previous", "written", "changes", "before"])
