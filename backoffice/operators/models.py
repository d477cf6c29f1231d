from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.operators.error_codes import ErrorCode
from backoffice.operators.standing import Standing

__all__ = ["ErrorCode", "Operator", "Standing", "Tariff"]


class Operator(models.Model):
    """The company that carries messages and bills us. Its connections are kannel.Connection rows."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    currency = models.CharField(_("currency"), max_length=3, default=settings.CURRENCY)
    is_enabled = models.BooleanField(_("in use"), default=True)
    receipt_margin = models.DurationField(
        _("wait for late receipts"),
        help_text=_("How long after the validity of a message its delivery receipt may still come."),
    )
    contact = models.TextField(_("who to call"), blank=True)

    class Meta:
        verbose_name = _("operator")
        verbose_name_plural = _("operators")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Tariff(models.Model):
    """Price of one part to numbers that begin with a prefix, within its dates. The longest prefix wins."""

    operator = models.ForeignKey(Operator, models.CASCADE, related_name="tariffs", verbose_name=_("operator"))
    prefix = models.CharField(
        _("numbers begin with"), max_length=16, help_text=_("With + and country code, for example +7916.")
    )
    price_per_part = models.DecimalField(_("price of a part"), max_digits=10, decimal_places=4)
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    class Meta:
        verbose_name = _("tariff")
        verbose_name_plural = _("tariffs")
        ordering = ["operator", "prefix", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "prefix", "valid_from"], name="one_tariff_for_a_prefix_and_day"
            ),
            models.CheckConstraint(condition=models.Q(price_per_part__gte=0), name="price_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}: {self.price_per_part}"
