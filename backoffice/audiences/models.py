from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.customers.models import Customer
from backoffice.customers.querysets import CustomerQuerySet


class Audience(models.Model):
    """A named tree of criteria. Replaced by the audiences room; the contract is ``customers()``."""

    name = models.CharField(_("name"), max_length=120)

    class Meta:
        verbose_name = _("audience")
        verbose_name_plural = _("audiences")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def customers(self) -> CustomerQuerySet:
        """The customers who fit, as one lazy queryset: planning embeds its SQL as a subquery."""
        return Customer.objects.all()
