from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from wagtail.admin.views import generic

from backoffice.lib.deleting import RefuseWhileUsed
from backoffice.operators.models import Operator
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


class OperatorIndexView(generic.IndexView):
    def get_base_queryset(self) -> Any:
        return Operator.objects.prefetch_related("connections", "tariffs")


class ConnectionIndexView(generic.IndexView):
    def get_base_queryset(self) -> Any:
        return super().get_base_queryset().select_related("operator")


class TariffIndexView(generic.IndexView):
    def get_base_queryset(self) -> Any:
        return super().get_base_queryset().select_related("operator")


@require_GET
def status_view(request: HttpRequest) -> HttpResponse:
    """Gateways and connections as they are now; the live part alone for whoever asks with ``?part=1``."""
    if not request.user.has_perm("kannel.view_connection"):
        raise PermissionDenied
    gateways = Gateway.objects.filter(is_enabled=True).order_by("name")
    connections = (
        Connection.objects.filter(is_enabled=True).select_related("operator", "gateway").order_by("name")
    )
    online = [connection for connection in connections if connection.status == Connection.Status.ONLINE]
    context = {
        "gateways": [(gateway, LOOKS[Gateway.Status(gateway.status)]) for gateway in gateways],
        "connections": [(one, LOOKS[Connection.Status(one.status)]) for one in connections],
        "online": len(online),
        "all": len(connections),
        "heard_at": timezone.now(),
        "may_change": request.user.has_perm("kannel.change_connection"),
    }
    template = "operators/status_part.html" if request.GET.get("part") else "operators/status.html"
    return render(request, template, context)
