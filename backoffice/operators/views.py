from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from wagtail.admin.views import generic

from backoffice.lib.deleting import RefuseWhileUsed
from backoffice.operators.models import Operator
from backoffice.operators.routing import SEEN_WITHIN
from kannel.models import Connection, Gateway

LOOKS = {
    Connection.Status.ONLINE: "good",
    Connection.Status.CONNECTING: "moving",
    Connection.Status.RECONNECTING: "warning",
    Connection.Status.DISCONNECTED: "bad",
    Connection.Status.DEAD: "bad",
    Connection.Status.UNKNOWN: "hollow",
    Gateway.Status.RUNNING: "good",
    Gateway.Status.SUSPENDED: "warning",
    Gateway.Status.HANGING: "bad",
    Gateway.Status.DOWN: "bad",
}

# These were said by Kannel itself; the others we conclude from its silence.
HEARD = {Connection.Status.ONLINE, Gateway.Status.RUNNING, Gateway.Status.SUSPENDED}


class TakesEffectLater:
    """Kannel reads its configuration when it starts: a saved change says so."""

    request: HttpRequest

    def form_valid(self, form: Any) -> HttpResponse:
        messages.info(
            self.request, _("Saved. It takes effect when Kannel is started again with the new configuration.")
        )
        return super().form_valid(form)  # type: ignore[misc,no-any-return]


class LaterCreateView(TakesEffectLater, generic.CreateView):
    pass


class LaterEditView(TakesEffectLater, generic.EditView):
    pass


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
    today = timezone.localdate()
    prices = [
        one.price_per_part
        for one in operator.tariffs.all()
        if one.valid_from <= today and (one.valid_to is None or one.valid_to >= today)
    ]
    if not prices:
        return _("no price")
    ends = dict.fromkeys(number_format(price) for price in (min(prices), max(prices)))
    return f"{' – '.join(ends)} {operator.currency}"


class OperatorIndexView(generic.IndexView):
    def get_base_queryset(self) -> Any:
        return Operator.objects.prefetch_related("connections", "tariffs")


class ConnectionIndexView(generic.IndexView):
    def get_base_queryset(self) -> Any:
        return super().get_base_queryset().select_related("operator")


class TariffIndexView(generic.IndexView):
    def get_base_queryset(self) -> Any:
        return super().get_base_queryset().select_related("operator")


def _look(status: Gateway.Status | Connection.Status, is_stale: bool) -> str:
    return "hollow" if is_stale else LOOKS[status]


@require_GET
def status_view(request: HttpRequest) -> HttpResponse:
    """Gateways and connections as they are now; the live part alone for whoever asks with ``?part=1``."""
    if not request.user.has_perm("kannel.view_connection"):
        raise PermissionDenied
    gateways: list[Any] = list(Gateway.objects.filter(is_enabled=True).order_by("name"))
    connections: list[Any] = list(
        Connection.objects.filter(is_enabled=True).select_related("operator", "gateway").order_by("name")
    )
    # What nobody has heard for a while is shown as not known: the watch itself may have stopped.
    heard_after = timezone.now() - SEEN_WITHIN
    for row in (*gateways, *connections):
        row.is_stale = row.status in HEARD and (row.seen_at is None or row.seen_at < heard_after)
    online = [one for one in connections if one.status == Connection.Status.ONLINE and not one.is_stale]
    context = {
        "gateways": [(one, _look(Gateway.Status(one.status), one.is_stale)) for one in gateways],
        "connections": [(one, _look(Connection.Status(one.status), one.is_stale)) for one in connections],
        "online": len(online),
        "all": len(connections),
        "heard_at": timezone.now(),
        "may_change": request.user.has_perm("kannel.change_connection"),
    }
    template = "operators/status_part.html" if request.GET.get("part") else "operators/status.html"
    return render(request, template, context)
