"""What the rest of a comparison may cost by what was approved."""

from decimal import Decimal

from django.db.models import Sum

from backoffice.mailings.models import Mailing, Message


def cost_limit(first: Mailing) -> Decimal:
    """What the rest of a comparison may cost: as much for each recipient as the test, and what a failing operator adds."""
    messages = Message.objects.of(first)
    kept = messages.filter(reason=Message.Reason.FOR_WINNER).count()
    tested = first.routes.aggregate(messages=Sum("messages"))["messages"]
    if not tested:
        return Decimal(0)
    limit: Decimal = first.planned_cost / tested * kept * (100 + first.extra_percent) / 100
    if first.budget is not None:
        limit = min(limit, first.budget - first.planned_cost)
    return limit
