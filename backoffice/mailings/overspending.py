"""A mailing that has cost more than its plan and its limits allow stops where it became dearer, and goes on elsewhere."""

from django.utils.translation import gettext as _

from backoffice.lib.numbers import grouped
from backoffice.mailings import parts
from backoffice.mailings.ledger import Ledger
from backoffice.mailings.models import Mailing, Message
from backoffice.operators.models import Operator


def check(mailing: Mailing, books: Ledger) -> None:
    """Pauses the parts over operators that took what was planned for others; where nothing moved, every part."""
    limit = mailing.planned_cost * (100 + mailing.extra_percent) / 100
    if mailing.budget is not None:
        limit = min(limit, mailing.budget)
    if mailing.state != Mailing.State.RUNNING or books.cost <= limit:
        return
    words = {
        "cost": grouped(books.cost, 2),
        "limit": grouped(limit, 2),
        "planned": grouped(mailing.planned_cost, 2),
        "currency": books.currency,
    }
    reason = (
        _("It has cost %(cost)s %(currency)s; %(planned)s were planned and %(limit)s are allowed.") % words
    )
    still_waiting = Message.objects.of(mailing).waiting().order_by().values("connection").distinct()
    waits = Operator.objects.filter(connections__in=still_waiting).distinct()
    dearer = waits.filter(connections__in=mailing.moves.filter(extra_cost__gt=0).values("target"))
    for operator in dearer or waits:
        parts.pause_part(mailing, operator, reason)
