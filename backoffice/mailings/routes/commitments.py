"""Which monthly minimums are in danger of being paid for nothing, and who is told."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.accounts.roles import OPERATOR_STAFF
from backoffice.alerts.feed import close_alert, raise_alert
from backoffice.alerts.models import Alert
from backoffice.lib.numbers import grouped
from backoffice.mailings.routes.usage import usage
from backoffice.operators.models import Operator

# In the first days of a month a forecast says little.
TOLD_AFTER_SHARE = 1 / 3
CAUSE = "commitment:"


@dataclass(frozen=True)
class Commitment:
    """The minimum of one operator and how far this month is from it. Money is of the operator's currency."""

    operator: Operator
    minimum: float
    used: float
    promised: float
    forecast: float

    @property
    def gap(self) -> float:
        """What will be owed without anything being sent for it."""
        return max(0.0, self.minimum - self.forecast)

    @property
    def is_at_risk(self) -> bool:
        return self.gap > 0

    @property
    def used_percent(self) -> float:
        """Of the minimum, at most 100."""
        return min(100.0, 100 * self.used / self.minimum)

    @property
    def sentence(self) -> str:
        """Where it stands and what happens if nothing changes."""
        words = {
            "operator": self.operator.name,
            "used": grouped(round(self.used)),
            "minimum": grouped(round(self.minimum)),
            "forecast": grouped(round(self.forecast)),
            "gap": grouped(round(self.gap)),
            "currency": self.operator.currency,
        }
        if self.used >= self.minimum:
            return _("%(operator)s: the minimum of %(minimum)s %(currency)s is reached.") % words
        if self.is_at_risk:
            return (
                _(
                    "%(operator)s: %(used)s of %(minimum)s %(currency)s are used. At this rate it will be %(forecast)s by "
                    "the end of the month, and %(gap)s %(currency)s are paid for nothing."
                )
                % words
            )
        return (
            _(
                "%(operator)s: %(used)s of %(minimum)s %(currency)s are used. At this rate the minimum is reached."
            )
            % words
        )


def elapsed_share(now: datetime) -> float:
    """How much of the month has gone, 0 to 1, on the company's clock."""
    local = timezone.localtime(now)
    days = monthrange(local.year, local.month)[1]
    return (local.day - 1 + (local.hour + local.minute / 60) / 24) / days


def commitments(now: datetime | None = None) -> list[Commitment]:
    """All minimums of this month, the largest gap first. The forecast is a straight line, or what is already planned."""
    now = now or timezone.now()
    found, share = usage(now), max(elapsed_share(now), 1 / 62)
    rows = []
    for operator in Operator.objects.filter(commitment_per_month__gt=0, is_enabled=True):
        used = found.sent.get(operator.pk, (0.0, 0.0))[1]
        promised = found.promised.get(operator.pk, (0.0, 0.0))[1]
        forecast = max(used / share, used + promised)
        rows.append(Commitment(operator, float(operator.commitment_per_month), used, promised, forecast))
    return sorted(rows, key=lambda row: (-row.gap, row.operator.name))


def _told(row: Commitment) -> str:
    return row.sentence


def tell_commitments(now: datetime | None = None) -> None:
    """Raises an alert for each minimum at risk, once a third of the month is over, and closes what is safe."""
    now = now or timezone.now()
    is_late = elapsed_share(now) >= TOLD_AFTER_SHARE
    at_risk = {f"{CAUSE}{row.operator.pk}": row for row in commitments(now) if row.is_at_risk and is_late}
    for cause, row in at_risk.items():
        link = reverse("whatif:commitments")
        raise_alert(cause, Alert.Level.WARNING, partial(_told, row), link=link, groups=[OPERATOR_STAFF])
    for cause in Alert.objects.filter(cause__startswith=CAUSE, closed_at=None).values_list(
        "cause", flat=True
    ):
        if cause not in at_risk:
            close_alert(cause)
