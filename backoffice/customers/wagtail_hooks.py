from typing import Any

from django.urls import include, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks

from backoffice.customers.views import imports, people
from backoffice.lib.screens import RightMenuItem

customer_urls = (
    [
        path("", people.CustomerList.as_view(), name="index"),
        path("<int:pk>/", people.CustomerCard.as_view(), name="card"),
        path("<int:pk>/reveal/", people.CustomerReveal.as_view(), name="reveal"),
        path("<int:pk>/consent/", people.ConsentChange.as_view(), name="consent"),
        path("<int:pk>/blocked/", people.BlockedChange.as_view(), name="blocked"),
    ],
    "customers",
)
import_urls = (
    [
        path("", imports.ImportList.as_view(), name="index"),
        path("upload/", imports.ImportUpload.as_view(), name="upload"),
        path("<int:pk>/", imports.ImportPage.as_view(), name="run"),
        path("<int:pk>/progress/", imports.ImportProgress.as_view(), name="progress"),
        path("<int:pk>/start/", imports.ImportStart.as_view(), name="start"),
        path("<int:pk>/stop/", imports.ImportStop.as_view(), name="stop"),
        path("<int:pk>/bad-rows/", imports.ImportBadRows.as_view(), name="bad_rows"),
    ],
    "imports",
)
ACTIONS = {
    "consent": _("Noted consent"),
    "block": _("Blocked"),
    "unblock": _("Unblocked"),
}


@hooks.register("register_admin_urls")
def register_customer_urls() -> list[Any]:
    return [path("customers/imports/", include(import_urls)), path("customers/", include(customer_urls))]


@hooks.register("register_admin_menu_item")
def register_customer_menu() -> RightMenuItem:
    return RightMenuItem(
        _("Customers"),
        reverse("customers:index"),
        right="customers.view_customer",
        name="customers",
        icon_name="user",
        order=500,
    )


@hooks.register("register_log_actions")
def register_customer_actions(actions: Any) -> None:
    for name, label in ACTIONS.items():
        actions.register_action(f"customers.{name}", label, label)
