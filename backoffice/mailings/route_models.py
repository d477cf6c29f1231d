"""Which way the messages of a mailing go and why, and what came of them."""

from decimal import Decimal
from typing import TYPE_CHECKING, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.lib.amounts import PRICE_PLACES
from backoffice.lib.runs import Run
from backoffice.operators.models import Operator
from backoffice.operators.routing import Reason, Route

if TYPE_CHECKING:
    from backoffice.mailings.models import Mailing


class RouteChoice(models.Model):
    """One way in the plan of a mailing: numbers with a prefix over an operator, at a price, for a reason.

    Each message points at its way, so that the reason is kept once for thousands of them.
    """

    id = models.AutoField(primary_key=True)
    mailing = models.ForeignKey("mailings.Mailing", models.CASCADE, related_name="routes")
    prefix = models.CharField(_("numbers begin with"), max_length=16)
    operator = models.ForeignKey(Operator, models.PROTECT, related_name="+", verbose_name=_("operator"))
    price_per_part = models.DecimalField(
        max_digits=14, decimal_places=PRICE_PLACES, help_text="By the tariff."
    )
    factor = models.DecimalField(
        max_digits=6, decimal_places=5, help_text="Share of the tariff that parts cost, by the volume steps."
    )
    delivery_rate = models.FloatField(help_text="What it was believed to be when it was planned, 0 to 1.")
    share = models.FloatField(help_text="Of the messages to the prefix, 0 to 1.")
    reason = models.SmallIntegerField(_("why"), choices=Reason)
    messages = models.PositiveIntegerField(default=0, help_text="Planned to leave.")
    parts = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=18, decimal_places=PRICE_PLACES, default=Decimal(0))

    wagtail_reference_index_ignore = True
    # For lib.deleting: nobody can change it so that it refers to something else.
    is_history = True

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mailing", "prefix", "operator"],
                condition=models.Q(reason=Reason.MOVED),
                name="one_way_for_the_moved",
            )
        ]

    def __str__(self) -> str:
        return f"{self.prefix} {self.operator_id}"

    @classmethod
    def of(cls, mailing: "Mailing", route: Route) -> Self:
        """The row, unsaved, that keeps what was chosen for a mailing."""
        return cls(
            mailing=mailing,
            prefix=route.prefix,
            operator_id=route.operator_id,
            price_per_part=route.price_per_part,
            factor=route.factor,
            delivery_rate=route.delivery_rate,
            share=route.share,
            reason=route.reason,
        )

    @property
    def cost_of_part(self) -> Decimal:
        """What a part costs, volume steps included."""
        return self.price_per_part * self.factor

    @property
    def share_percent(self) -> float:
        return 100 * self.share

    @property
    def delivery_percent(self) -> float:
        return 100 * self.delivery_rate


class Carried(models.Model):
    """What went a way within one month, and what came of it. Counted every few minutes while it may change.

    ``parts`` and ``cost`` are of what the operator took; ``ended`` of those it was given are at their end.
    """

    route = models.ForeignKey(RouteChoice, models.CASCADE, related_name="carried")
    month = models.DateField(help_text="Its first day, in the company's time zone.")
    messages = models.PositiveIntegerField()
    parts = models.PositiveIntegerField()
    cost = models.DecimalField(max_digits=18, decimal_places=PRICE_PLACES)
    ended = models.PositiveIntegerField()
    delivered = models.PositiveIntegerField()

    wagtail_reference_index_ignore = True

    class Meta:
        constraints = [models.UniqueConstraint(fields=["route", "month"], name="one_count_for_a_month")]
        indexes = [models.Index(fields=["month"], name="carried_month")]

    def __str__(self) -> str:
        return f"{self.route_id} {self.month}"


class WhatIf(Run):
    """A question about the past: what a mailing, or a month, would have cost at other prices. And its answer.

    The other prices are those of ``operator``, or of an added one of the name ``added``: ``percent`` of what they are, or
    those of the file.
    """

    mailing = models.ForeignKey("mailings.Mailing", models.CASCADE, null=True, related_name="+")
    month = models.DateField(null=True, help_text="Its first day.")
    operator = models.ForeignKey(Operator, models.CASCADE, null=True, related_name="+")
    added = models.CharField(max_length=80, blank=True)
    percent = models.DecimalField(max_digits=7, decimal_places=2, null=True)
    delivery_percent = models.FloatField(
        null=True, help_text="Believed of an added operator; else like the others."
    )
    answer = models.JSONField(default=dict)

    class Meta(Run.Meta):
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        default_permissions = ()
