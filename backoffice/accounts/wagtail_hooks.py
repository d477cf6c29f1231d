from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Q
from django.templatetags.static import static
from django.urls import include, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.views.account import BaseSettingsPanel

from backoffice.accounts import access_screens
from backoffice.accounts.forms import OwnPhoneForm
from backoffice.accounts.reading_log import DOWNLOAD, REVEAL, SEARCH
from backoffice.accounts.revealing import ShowInFull
from backoffice.accounts.roles import RIGHTS
from backoffice.lib.screens import RightMenuItem


@hooks.register("insert_global_admin_css")
def shared_styles() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("accounts/parley.css"))


@hooks.register("insert_global_admin_js")
def shared_scripts() -> SafeString:
    scripts = [(static(f"accounts/{name}.js"),) for name in ("live", "moments", "token", "wide", "widget")]
    return format_html_join("", '<script src="{}"></script>', scripts)


@hooks.register("register_admin_urls")
def register_access_urls() -> list[Any]:
    return [
        path("access/show/", ShowInFull.as_view(), name="show_in_full"),
        path("access/", include(access_screens.urls())),
    ]


@hooks.register("register_admin_menu_item")
def register_access_menu() -> RightMenuItem:
    return RightMenuItem(
        _("Logins and refusals"),
        reverse("access_records:index"),
        right="accounts.view_accessrecord",
        name="access-records",
        icon_name="key",
        order=910,
    )


@hooks.register("register_log_actions")
def register_reading(actions: Any) -> None:
    actions.register_action(REVEAL, _("Reveal personal data"), _("Looked at full numbers and names"))
    actions.register_action(SEARCH, _("Search for customers"), _("Searched for a customer"))
    actions.register_action(DOWNLOAD, _("Download"), _("Downloaded it"))


@hooks.register("register_account_settings_panel")
class OwnPhonePanel(BaseSettingsPanel):
    """Where employees enter the number that test messages go to."""

    name = "phone"
    title = _("Own phone number")
    order = 250
    form_class = OwnPhoneForm
    form_object = "user"


@hooks.register("register_permissions")
def rights_of_roles() -> Any:
    """What an administrator may tick for a group: every right that a role has, and no more."""
    wanted = Q()
    for right in set().union(*RIGHTS.values()):
        label, _separator, codename = right.partition(".")
        wanted |= Q(content_type__app_label=label, codename=codename)
    return Permission.objects.filter(wanted)
