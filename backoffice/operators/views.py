from typing import Any

from django.utils.translation import gettext as _
from wagtail.admin.views import generic

from backoffice.lib.deleting import RefuseWhileUsed
from backoffice.lib.moments import company_day
from backoffice.lib.numbers import price_words
from backoffice.operators.models import Operator, Tariff
from kannel.models import Connection


class CarefulDeleteView(RefuseWhileUsed, generic.DeleteView):
    pass


def lines_up(operator: Operator) -> str:
    """How many of an operator's connections in use are online, for its row in the list."""
    used = [one for one in operator.connections.all() if one.is_enabled]
    if not used:
        return _("no connection")
    online = sum(one.status == Connection.Status.ONLINE for one in used)
    return _("%(online)s of %(all)s") % {"online": online, "all": len(used)}


def price_span(operator: Operator) -> str:
    """The lowest and the highest price of a part that are valid today."""
    today = company_day()
    prices = [
        one.price_per_part
        for one in operator.tariffs.all()
        if one.valid_from <= today and (one.valid_to is None or one.valid_to >= today)
    ]
    if not prices:
        return _("no price")
    ends = dict.fromkeys(price_words(price) for price in (min(prices), max(prices)))
    return f"{' – '.join(ends)} {operator.currency}"


def price_shown(tariff: Tariff) -> str:
    """A price in full, with its currency."""
    return f"{price_words(tariff.price_per_part)} {tariff.operator.currency}"


class OperatorIndexView(generic.IndexView):
    def get_base_queryset(self) -> Any:
        return Operator.objects.prefetch_related("connections", "tariffs")


class TariffIndexView(generic.IndexView):
    def get_base_queryset(self) -> Any:
        return super().get_base_queryset().select_related("operator")
