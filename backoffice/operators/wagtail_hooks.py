from typing import Any

from django.urls import include, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.admin.ui.tables import BooleanColumn, Column
from wagtail.admin.viewsets.base import ViewSetGroup
from wagtail.admin.viewsets.model import ModelViewSet

from backoffice.operators import views
from backoffice.operators.forms import ConnectionForm, OperatorForm, TariffForm
from backoffice.operators.models import Operator, Tariff
from kannel.models import Connection, Gateway


class OperatorViewSet(ModelViewSet):
    model = Operator
    icon = "globe"
    name = "operator"
    url_prefix = "operators/list"
    menu_label = _("Operators")
    search_backend_name = None
    copy_view_enabled = False
    index_view_class = views.OperatorIndexView
    delete_view_class = views.CarefulDeleteView
    list_display = [
        "name",
        Column(views.lines_up, label=_("Lines up")),
        Column(views.price_span, label=_("Price of a part today")),
        "currency",
        BooleanColumn("is_enabled", label=_("In use")),
    ]
    panels = [
        FieldPanel("name"),
        FieldPanel("currency"),
        FieldPanel("is_enabled"),
        FieldPanel("receipt_margin"),
        FieldPanel("contact"),
    ]

    def get_edit_handler(self) -> Any:
        handler = super().get_edit_handler()
        handler.base_form_class = OperatorForm
        return handler


class TariffViewSet(ModelViewSet):
    model = Tariff
    icon = "tag"
    name = "tariff"
    url_prefix = "operators/tariffs"
    menu_label = _("Tariffs")
    search_backend_name = None
    copy_view_enabled = False
    list_filter = ["operator"]
    list_per_page = 50
    ordering = ["operator", "prefix", "-valid_from"]
    index_view_class = views.TariffIndexView
    list_display = ["prefix", "operator", "price_per_part", "valid_from", "valid_to"]
    panels = [
        FieldPanel("operator"),
        FieldPanel("prefix"),
        FieldPanel("price_per_part"),
        FieldRowPanel([FieldPanel("valid_from"), FieldPanel("valid_to")]),
    ]

    def get_edit_handler(self) -> Any:
        handler = super().get_edit_handler()
        handler.base_form_class = TariffForm
        return handler


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
        Column("get_kind_display", label=_("Kind")),
        "host",
        "port",
        Column(lambda connection: connection.get_status_display(), label=_("State")),
        BooleanColumn("is_enabled", label=_("In use")),
    ]
    add_view_class = views.LaterCreateView
    edit_view_class = views.LaterEditView
    delete_view_class = views.CarefulDeleteView
    panels = [
        MultiFieldPanel(
            [
                FieldPanel("name"),
                FieldPanel("operator"),
                FieldPanel("gateway"),
                FieldPanel("kind"),
                FieldPanel("is_enabled"),
            ],
            heading=_("What it is"),
        ),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("host"), FieldPanel("port")]),
                FieldRowPanel([FieldPanel("username"), FieldPanel("password")]),
                FieldRowPanel([FieldPanel("throughput_per_second"), FieldPanel("window")]),
            ],
            heading=_("The line"),
        ),
        MultiFieldPanel([FieldPanel("system_type"), FieldPanel("hex_message_ids")], heading=_("SMPP only")),
        MultiFieldPanel(
            [
                FieldPanel("path"),
                FieldPanel("receipt_port"),
                FieldPanel("success_regex"),
                FieldPanel("refused_regex"),
                FieldPanel("message_id_regex"),
            ],
            heading=_("HTTP only"),
        ),
    ]

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
    list_display = [
        "name",
        Column("get_transport_display", label=_("Handed over by")),
        "host",
        Column(lambda gateway: gateway.get_status_display(), label=_("State")),
        BooleanColumn("is_enabled", label=_("In use")),
    ]
    add_view_class = views.LaterCreateView
    edit_view_class = views.LaterEditView
    delete_view_class = views.CarefulDeleteView
    panels = [
        FieldPanel("name"),
        FieldPanel("transport"),
        FieldPanel("is_enabled"),
        MultiFieldPanel(
            [
                FieldPanel("host"),
                FieldRowPanel([FieldPanel("box_port"), FieldPanel("admin_port"), FieldPanel("sendsms_port")]),
                FieldRowPanel(
                    [FieldPanel("redis_host"), FieldPanel("redis_port"), FieldPanel("redis_database")]
                ),
            ],
            heading=_("Where it is"),
        ),
        MultiFieldPanel([FieldPanel("box_id"), FieldPanel("smsbox_id")], heading=_("Who takes the reports")),
    ]


class StatusMenuItem(MenuItem):
    def is_shown(self, request: Any) -> bool:
        return bool(request.user.has_perm("kannel.view_connection"))


class OperatorGroup(ViewSetGroup):
    items = (OperatorViewSet, TariffViewSet, ConnectionViewSet, GatewayViewSet)
    menu_label = _("Operators")
    menu_icon = "globe"
    menu_order = 700
    # Rooms above put their screens about operators under the same heading.
    submenu_hook = "register_operators_menu_item"

    def get_submenu_items(self) -> list[Any]:
        status = StatusMenuItem(
            _("State of the lines"), reverse("operators:connections"), name="lines", order=0
        )
        return [status, *super().get_submenu_items()]


@hooks.register("register_admin_viewset")
def register_operators() -> OperatorGroup:
    return OperatorGroup()


@hooks.register("register_admin_urls")
def register_status() -> list[Any]:
    urls = [path("connections/", views.status_view, name="connections")]
    return [path("operators/", include((urls, "operators")))]
