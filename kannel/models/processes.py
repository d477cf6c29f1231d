from datetime import timedelta

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

# A process says every BEAT_SECONDS that it lives; on a busy machine some of that is late.
SILENT_AFTER = timedelta(seconds=12)


class ProcessQuerySet(models.QuerySet["Process"]):
    """Sets of processes."""

    def running(self) -> "ProcessQuerySet":
        """Those that did not end in order: they should be heard of."""
        return self.filter(ended_at=None)

    def silent(self) -> "ProcessQuerySet":
        """Those that should be heard of and are not. By the clock of the database, which also dates what they say."""
        return self.running().filter(seen_at__lt=Now() - SILENT_AFTER)

    def alive(self) -> "ProcessQuerySet":
        return self.running().filter(seen_at__gte=Now() - SILENT_AFTER)


class Process(models.Model):
    """A place that one of our processes has on its host: whoever starts there after a death takes the same place.

    Written by the process itself (kannel.beats); told by others, for who is dead tells nothing.
    """

    class Kind(models.TextChoices):
        PULSE = "pulse", _("pulse")
        WORKER = "worker", _("worker")
        LISTENER = "listener", _("listener")
        DLR_ENDPOINT = "dlr_endpoint", _("endpoint of delivery reports")
        ADAPTERS = "adapters", _("adapters")
        KEEPER = "keeper", _("keeper of a Kannel")
        WEB = "web", _("web server")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    about = models.CharField(_("gateway"), max_length=32, blank=True)
    host = models.CharField(_("host"), max_length=120)
    number = models.PositiveSmallIntegerField(_("number"))
    pid = models.PositiveIntegerField()
    born = models.BigIntegerField(
        help_text="When the kernel says it began: tells it from another of the same pid."
    )
    first_at = models.DateTimeField(_("first started"), db_default=Now())
    started_at = models.DateTimeField(_("started"), db_default=Now())
    seen_at = models.DateTimeField(_("last heard"), db_default=Now())
    ended_at = models.DateTimeField(_("ended"), null=True, help_text="Null unless it ended in order.")
    restarts = models.PositiveIntegerField(_("restarts"), default=0)
    deaths = models.PositiveIntegerField(
        default=0, help_text="Of the restarts, those after an end that was not in order."
    )

    objects = ProcessQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("process")
        verbose_name_plural = _("processes")
        ordering = ["kind", "about", "host", "number"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "about", "host", "number"], name="one_process_in_a_place")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.about or self.number}"
