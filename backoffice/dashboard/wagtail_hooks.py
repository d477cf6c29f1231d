from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem, admin_menu, settings_menu
from wagtail.admin.search import admin_search_areas
from wagtail.admin.ui.components import Component

from backoffice.dashboard import views
from backoffice.dashboard.home import home
from backoffice.lib.screens import RightMenuItem

# What Wagtail brings for editing web sites. Its reports are about pages; who did what has an item of its own.
HIDDEN = {"explorer", "images", "documents", "snippets", "help", "reports"}
HIDDEN_SEARCHES = {"pages", "images", "documents"}
HIDDEN_SETTINGS = {"workflows", "workflow-tasks", "sites", "collections", "redirects", "locales"}


class HomePanel(Component):
    """All of the home screen."""

    name = "home"
    order = 0
    template_name = "dashboard/home_panel.html"

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        return {**home(parent_context["request"].user), "request": parent_context["request"]}


@hooks.register("construct_homepage_panels", order=1000)
def only_our_panel(request: HttpRequest, panels: list[Any]) -> None:
    panels[:] = [HomePanel()]


@hooks.register("construct_homepage_summary_items", order=1000)
def no_counts_of_pages(request: HttpRequest, items: list[Any]) -> None:
    items.clear()


@hooks.register("construct_main_menu", order=1000)
def only_our_rooms(request: HttpRequest, items: list[Any]) -> None:
    items[:] = [item for item in items if item.name not in HIDDEN]
    # The next request does not ask the database whether to show what is never shown: three statements on every page.
    for known, hidden in (
        (admin_menu.registered_menu_items, HIDDEN),
        (settings_menu.registered_menu_items, HIDDEN_SETTINGS),
        (admin_search_areas.registered_search_areas, HIDDEN_SEARCHES),
    ):
        known[:] = [item for item in known if item.name not in hidden]


@hooks.register("construct_settings_menu", order=1000)
def only_our_settings(request: HttpRequest, items: list[Any]) -> None:
    items[:] = [item for item in items if item.name not in HIDDEN_SETTINGS]


@hooks.register("register_admin_urls")
def register_home_urls() -> list[Any]:
    return [path("home/", views.home_part, name="parley_home_part")]


@hooks.register("register_admin_menu_item")
def register_home_menu() -> MenuItem:
    return MenuItem(_("Home"), reverse("wagtailadmin_home"), name="home", icon_name="home", order=100)


@hooks.register("register_admin_menu_item")
def register_history_menu() -> RightMenuItem:
    return RightMenuItem(
        _("Who did what"),
        reverse("wagtailadmin_reports:site_history"),
        right="customers.reveal_customer",
        name="who-did-what",
        icon_name="history",
        order=900,
    )


@hooks.register("insert_global_admin_css")
def branding_styles() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("dashboard/branding.css"))
