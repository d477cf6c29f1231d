from typing import Any

from django.urls import include, path
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.viewsets.base import ViewSetGroup

from backoffice.operators import file_urls
from backoffice.operators.adapters.trying import TryScreen
from backoffice.operators.adapters.viewsets import AdapterViewSet
from backoffice.operators.connections.pages import connection_menu, connection_urls
from backoffice.operators.connections.viewsets import ConnectionViewSet, GatewayViewSet
from backoffice.operators.terms_viewsets import NetworkViewSet, OperatorViewSet, TariffViewSet


class OperatorGroup(ViewSetGroup):
    items = (
        OperatorViewSet,
        TariffViewSet,
        NetworkViewSet,
        ConnectionViewSet,
        AdapterViewSet,
        GatewayViewSet,
    )
    menu_label = _("Operators")
    menu_icon = "globe"
    menu_order = 700
    # Other rooms put their screens about operators under the same heading.
    submenu_hook = "register_operators_menu_item"

    def get_submenu_items(self) -> list[Any]:
        return [*connection_menu(), *super().get_submenu_items()]


@hooks.register("register_admin_viewset")
def register_operators() -> OperatorGroup:
    return OperatorGroup()


@hooks.register("register_admin_urls")
def register_files() -> list[Any]:
    return file_urls.urlpatterns


@hooks.register("register_admin_urls")
def register_pages() -> list[Any]:
    urls = [*connection_urls, path("adapters/<int:pk>/try/", TryScreen.as_view(), name="try_adapter")]
    return [path("operators/", include((urls, "operators")))]
