from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel

from backoffice.customers.models import Purpose
from backoffice.lib.amounts import PRICE_PLACES
from backoffice.lib.runs import Run
from backoffice.operators.network_models import Network, PortedNumber, PortingRun
from backoffice.operators.senders import is_sender

__all__ = [
    "DeliveryRate",
    "Network",
    "Operator",
    "PortedNumber",
    "PortingRun",
    "Tariff",
    "TariffRun",
    "VolumeStep",
]

from backoffice.operators.error_codes import ErrorCode
from backoffice.operators.standing import Standing

__all__ = ["ErrorCode", "Operator", "Standing", "Tariff"]


class Operator(ClusterableModel):
    """The company that carries messages and bills us. Its connections are kannel.Connection rows."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    currency = models.CharField(_("currency"), max_length=3, default=settings.CURRENCY)
    is_enabled = models.BooleanField(_("in use"), default=True)
    receipt_margin = models.DurationField(
        _("wait for late receipts"),
        help_text=_("How long after the validity of a message its delivery receipt may still come."),
    )
    contact = models.TextField(_("who to call"), blank=True)
    commitment_per_month = models.DecimalField(
        _("minimum a month"),
        max_digits=14,
        decimal_places=2,
        default=Decimal(0),
        validators=[MinValueValidator(0)],
        help_text=_("Owed even if less is sent. 0: nothing is owed beforehand."),
    )
    senders = ArrayField(
        models.CharField(max_length=15, validators=[is_sender]),
        verbose_name=_("senders it allows"),
        default=list,
        blank=True,
        help_text=_("Names with commas between them. Empty: any sender."),
    )
    purposes = ArrayField(
        models.CharField(max_length=20, choices=Purpose),
        verbose_name=_("purposes it allows"),
        default=list,
        blank=True,
        help_text=_("None chosen: any purpose."),
    )

    # For lib.deleting: its own terms, and questions about them; whatever else refers to it keeps it.
    deleted_with = (
        "operators.volumestep.operator",
        "operators.tariff.operator",
        "operators.tariffrun.operator",
        "operators.deliveryrate.operator",
        "operators.errorcode.operator",
        "mailings.whatif.operator",
    )

    class Meta:
        verbose_name = _("operator")
        verbose_name_plural = _("operators")
        ordering = ["name"]
        permissions = [("view_whatif", "Can ask what past messages would have cost")]

    def __str__(self) -> str:
        return self.name


class VolumeStep(models.Model):
    """From so many parts a month on, a part of this operator costs less than its tariff says."""

    operator = ParentalKey(
        Operator, on_delete=models.CASCADE, related_name="steps", verbose_name=_("operator")
    )
    from_parts = models.PositiveIntegerField(
        _("from parts a month"),
        validators=[MinValueValidator(1)],
        help_text=_("The parts of a calendar month are counted, whatever numbers they go to."),
    )
    factor = models.DecimalField(
        _("share of the tariff"),
        max_digits=5,
        decimal_places=4,
        validators=[MinValueValidator(Decimal("0.0001"))],
        help_text=_("0.8: each further part costs 80 % of its tariff."),
    )

    class Meta:
        verbose_name = _("volume step")
        verbose_name_plural = _("volume steps")
        ordering = ["from_parts"]
        constraints = [
            models.UniqueConstraint(fields=["operator", "from_parts"], name="one_step_at_a_volume"),
            models.CheckConstraint(condition=models.Q(factor__gt=0), name="factor_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.from_parts}: {self.factor}"


class Tariff(models.Model):
    """Price of one part to numbers that begin with a prefix, within its dates. The longest prefix wins."""

    operator = models.ForeignKey(Operator, models.CASCADE, related_name="tariffs", verbose_name=_("operator"))
    prefix = models.CharField(
        _("numbers begin with"), max_length=16, help_text=_("With + and country code, for example +7916.")
    )
    price_per_part = models.DecimalField(_("price of a part"), max_digits=14, decimal_places=PRICE_PLACES)
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


class DeliveryRate(models.Model):
    """The share of messages an operator delivered lately, to numbers with a prefix or (prefix "") to all. Measured."""

    operator = models.ForeignKey(Operator, models.CASCADE, related_name="delivery_rates")
    prefix = models.CharField(max_length=16, blank=True)
    ended = models.PositiveIntegerField(help_text="Messages whose fate is known.")
    delivered = models.PositiveIntegerField()
    rate = models.FloatField(
        help_text="0 to 1; drawn towards the operator's overall rate where few were sent."
    )
    measured_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["operator", "prefix"], name="one_rate_for_a_prefix")]

    def __str__(self) -> str:
        return f"{self.prefix} {self.rate:.3f}"


class TariffRun(Run):
    """A file of prices and what came of it. ``operator`` is whose they are where the file does not say it."""

    operator = models.ForeignKey(
        Operator, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("operator")
    )
    added = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)

    class Meta(Run.Meta):
        verbose_name = _("upload of prices")
        verbose_name_plural = _("uploads of prices")
        default_permissions = ()
