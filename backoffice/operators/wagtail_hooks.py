from typing import Any

from django.urls import include, path
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail.admin.ui.tables import BooleanColumn, Column
from wagtail.admin.viewsets.base import ViewSetGroup
from wagtail.admin.viewsets.model import ModelViewSet

from backoffice.operators import views
from backoffice.operators.adapters.trying import TryScreen
from backoffice.operators.adapters.viewsets import AdapterViewSet
from backoffice.operators.connections.pages import connection_menu, connection_urls
from backoffice.operators.connections.viewsets import ConnectionViewSet, GatewayViewSet
from backoffice.operators.forms import OperatorForm, TariffForm
from backoffice.operators.models import Operator, Tariff


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


class OperatorGroup(ViewSetGroup):
    items = (OperatorViewSet, TariffViewSet, ConnectionViewSet, AdapterViewSet, GatewayViewSet)
    menu_label = _("Operators")
    menu_icon = "globe"
    menu_order = 700

    def get_submenu_items(self) -> list[Any]:
        return [*connection_menu(), *super().get_submenu_items()]


@hooks.register("register_admin_viewset")
def register_operators() -> OperatorGroup:
    return OperatorGroup()


@hooks.register("register_admin_urls")
def register_pages() -> list[Any]:
    urls = [*connection_urls, path("adapters/<int:pk>/try/", TryScreen.as_view(), name="try_adapter")]
    return [path("operators/", include((urls, "operators")))]
