from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column
from wagtail.admin.viewsets.model import ModelViewSet

from backoffice.operators.connections import views
from backoffice.operators.connections.forms import ConnectionForm, GatewayForm
from backoffice.operators.connections.panels import CONNECTION_PANELS, GATEWAY_PANELS
from kannel.models import Connection, Gateway


class ConnectionViewSet(ModelViewSet):
    model = Connection
    icon = "link"
    name = "connection"
    url_prefix = "operators/connections/list"
    menu_label = _("Connections")
    search_backend_name = None
    copy_view_enabled = False
    list_per_page = 50
    index_view_class = views.ConnectionIndexView
    list_display = [
        "name",
        "operator",
        "gateway",
        Column(views.kind_of, label=_("Kind")),
        Column(views.account_of, label=_("Account")),
        Column("throughput_per_second", label=_("Parts a second")),
        Column(views.state_of, label=_("State")),
    ]
    add_view_class = views.DraftCreateView
    edit_view_class = views.DraftEditView
    delete_view_class = views.UnusedDeleteView
    panels = CONNECTION_PANELS

    def get_edit_handler(self) -> Any:
        handler = super().get_edit_handler()
        handler.base_form_class = ConnectionForm
        return handler


class GatewayViewSet(ModelViewSet):
    model = Gateway
    icon = "cogs"
    name = "gateway"
    url_prefix = "operators/gateways"
    menu_label = _("Gateways")
    search_backend_name = None
    copy_view_enabled = False
    index_view_class = views.GatewayIndexView
    list_display = [
        "name",
        Column("get_transport_display", label=_("Handed over by")),
        "host",
        Column("used", label=_("Connections in use")),
        Column(views.state_of, label=_("State")),
    ]
    add_view_class = views.DraftCreateView
    edit_view_class = views.DraftEditView
    delete_view_class = views.UnusedDeleteView
    panels = GATEWAY_PANELS

    def get_edit_handler(self) -> Any:
        handler = super().get_edit_handler()
        handler.base_form_class = GatewayForm
        return handler
