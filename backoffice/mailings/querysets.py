from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Func, Q, Sum, Value

from kannel.monthly import first_id, next_month

if TYPE_CHECKING:
    from backoffice.mailings.models import Mailing, Message  # noqa: F401

IN_FLIGHT = ("submitting", "uncertain", "accepted", "sent")
OPEN = ("waiting", *IN_FLIGHT)


def id_range(planned_at: datetime) -> tuple[int, int]:
    """First and last possible id of messages planned then; with them PostgreSQL looks into one partition only."""
    day = planned_at.date().replace(day=1)
    return first_id(day), first_id(next_month(day)) - 1


class MailingQuerySet(models.QuerySet["Mailing"]):
    """Sets of mailings."""

    def due(self, now: datetime) -> "MailingQuerySet":
        """Approved mailings whose start has come, if only in the zone where the day begins first."""
        begins = Q(starts_at=None) | Q(starts_at__lte=now, by_own_clock=False) | Q(first_at__lte=now)
        return self.filter(begins, state="approved", repeats="")

    def in_force(self) -> "MailingQuerySet":
        """Series that are approved: their runs are made, they themselves never start."""
        return self.filter(state="approved").exclude(repeats="")

    def frozen(self) -> "MailingQuerySet":
        """Mailings with a plan, whose ledger must balance."""
        return self.exclude(planned_count=None)


class MessageQuerySet(models.QuerySet["Message"]):
    """Sets of messages."""

    def of(self, mailing: "Mailing") -> "MessageQuerySet":
        """The plan of one mailing, read from its own partition."""
        if mailing.planned_at is None:
            return self.none()
        return self.filter(mailing=mailing, id__range=id_range(mailing.planned_at))

    def waiting(self) -> "MessageQuerySet":
        """Messages that have not left and shall."""
        return self.filter(state="waiting")

    def open(self) -> "MessageQuerySet":
        """Messages that have not reached their end."""
        return self.filter(state__in=OPEN)

    def digest(self) -> str:
        """A number that changes when any row of a plan does: recipient, route, text, price or fate."""
        values = Func(
            Value("|"),
            "customer_id",
            "connection_id",
            "state",
            "reason",
            "text",
            "parts",
            "cost",
            "latest_at",
            function="concat_ws",
            output_field=models.TextField(),
        )
        hashed = Func(values, Value(0), function="hashtextextended", output_field=models.DecimalField())
        return str(self.aggregate(digest=Sum(hashed))["digest"] or 0)
