"""Networks, and the numbers that were taken along from one to another."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.lib.runs import Run


class Network(models.Model):
    """A mobile network. Numbers ported to it are priced and routed as its own numbers are."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    prefix = models.CharField(
        _("priced like numbers that begin with"),
        max_length=16,
        help_text=_("Numbers taken along to this network cost what these cost, for example +7903."),
    )

    class Meta:
        verbose_name = _("network")
        verbose_name_plural = _("networks")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class PortedNumber(models.Model):
    """A number that belongs to another network than its first digits say. Rows come by COPY."""

    phone = models.CharField(_("phone number"), max_length=16, primary_key=True)
    network = models.ForeignKey(
        Network, models.PROTECT, related_name="ported_numbers", verbose_name=_("network")
    )

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("ported number")
        verbose_name_plural = _("ported numbers")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.network)


class PortingRun(Run):
    """A file of ported numbers and what came of it."""

    file_is_whole_list = models.BooleanField(
        _("the file is the whole list"),
        default=False,
        help_text=_("Numbers that are not in it are taken off the list."),
    )
    added = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    removed = models.PositiveIntegerField(_("taken off"), default=0)

    class Meta(Run.Meta):
        verbose_name = _("upload of ported numbers")
        verbose_name_plural = _("uploads of ported numbers")
        default_permissions = ()
