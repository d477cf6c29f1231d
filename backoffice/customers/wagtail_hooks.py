from typing import Any

from django.urls import include, path, re_path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import Menu, SubmenuMenuItem
from wagtail.admin.panels import FieldPanel
from wagtail.admin.ui.tables import Column
from wagtail.admin.viewsets.model import ModelViewSet

from backoffice.customers.models import AttributeDefinition
from backoffice.customers.views import imports, people
from backoffice.customers.views.attributes import AttributeDeleteView, AttributeForm
from backoffice.lib.screens import RightMenuItem
from backoffice.lib.versions import CheckedEditView

# Other rooms put their screens about customers under the same heading.
CUSTOMERS_MENU = "register_customers_menu_item"

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
        re_path(r"^sample/(?P<form>csv|xlsx|headings)/$", imports.ImportSample.as_view(), name="sample"),
        path("<int:pk>/", imports.ImportPage.as_view(), name="run"),
        path("<int:pk>/progress/", imports.ImportProgress.as_view(), name="progress"),
        path("<int:pk>/outlook/", imports.ImportOutlook.as_view(), name="outlook"),
        path("<int:pk>/start/", imports.ImportStart.as_view(), name="start"),
        path("<int:pk>/stop/", imports.ImportStop.as_view(), name="stop"),
        path("<int:pk>/bad-rows/", imports.ImportBadRows.as_view(), name="bad_rows"),
        path("<int:pk>/remarks/", imports.ImportRemarks.as_view(), name="remarks"),
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


class AttributeViewSet(ModelViewSet):
    model = AttributeDefinition
    name = "attributes"
    url_prefix = "customers/attributes"
    icon = "list-ul"
    menu_label = _("Attributes")
    menu_order = 300
    menu_hook = CUSTOMERS_MENU
    ordering = ["label"]
    search_fields = ["label", "key"]
    search_backend_name = None
    copy_view_enabled = False
    edit_view_class = CheckedEditView
    delete_view_class = AttributeDeleteView
    list_per_page = 50
    list_display = [
        "label",
        Column("key", label=_("Name in the CRM")),
        Column("get_kind_display", label=_("Type")),
        Column("choices", label=_("Possible values")),
    ]
    panels = [FieldPanel("key"), FieldPanel("label"), FieldPanel("kind"), FieldPanel("choices")]

    def get_common_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        # Wagtail would say "referenced 0 times": it does not see the conditions of audiences.
        found: dict[str, Any] = super().get_common_view_kwargs(usage_url_name=None, **kwargs)
        return found

    def get_urlpatterns(self) -> list[Any]:
        return [address for address in super().get_urlpatterns() if address.name != "usage"]

    def get_edit_handler(self) -> Any:
        handler = super().get_edit_handler()
        handler.base_form_class = AttributeForm
        return handler


@hooks.register("register_admin_viewset")
def register_attributes() -> AttributeViewSet:
    return AttributeViewSet()


@hooks.register("register_admin_menu_item")
def register_customer_menu() -> SubmenuMenuItem:
    return SubmenuMenuItem(
        _("Customers"),
        Menu(register_hook_name=CUSTOMERS_MENU),
        name="customers",
        icon_name="user",
        order=500,
    )


@hooks.register(CUSTOMERS_MENU)
def register_customer_list() -> RightMenuItem:
    return RightMenuItem(
        _("All customers"),
        reverse("customers:index"),
        right="customers.view_customer",
        name="customer-list",
        icon_name="user",
        order=100,
    )


@hooks.register(CUSTOMERS_MENU)
def register_import_menu() -> RightMenuItem:
    return RightMenuItem(
        _("Imports"),
        reverse("imports:index"),
        right="customers.import_customer",
        name="customer-imports",
        icon_name="upload",
        order=200,
    )


@hooks.register("register_log_actions")
def register_customer_actions(actions: Any) -> None:
    for name, label in ACTIONS.items():
        actions.register_action(f"customers.{name}", label, label)
