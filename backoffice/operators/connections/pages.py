"""Addresses and menu items of everything about connections; `wagtail_hooks` only registers them."""

from typing import Any

from django.templatetags.static import static
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from wagtail import hooks

from backoffice.lib.screens import RightMenuItem
from backoffice.operators.connections import changes, status, testing

connection_urls = [
    path("connections/", status.StatusScreen.as_view(), name="connections"),
    path("changes/", changes.ChangesScreen.as_view(), name="changes"),
    path("changes/all/", changes.RunList.as_view(), name="runs"),
    path("changes/<int:pk>/", changes.RunScreen.as_view(), name="run"),
    path("changes/<int:pk>/progress/", changes.RunProgress.as_view(), name="run_progress"),
    path("changes/apply/<int:pk>/", changes.Apply.as_view(), name="apply"),
    path("changes/drop/<slug:what>/<int:pk>/", changes.DropDraft.as_view(), name="drop"),
    path("connections/<int:pk>/test/", testing.TestScreen.as_view(), name="test"),
    path("connections/tests/<int:pk>/", testing.TestMessageScreen.as_view(), name="test_message"),
    path("gateways/<int:pk>/file/", changes.FileScreen.as_view(), name="file"),
]


def connection_menu() -> list[RightMenuItem]:
    """What stands above the lists in the menu."""
    see = changes.SEE
    return [
        RightMenuItem(
            _("State of the lines"), reverse("operators:connections"), right=see, name="lines", order=0
        ),
        RightMenuItem(
            _("Changes to apply"), reverse("operators:changes"), right=see, name="changes", order=1
        ),
    ]


@hooks.register("insert_global_admin_css")
def style() -> str:
    return format_html('<link rel="stylesheet" href="{}">', static("operators/operators.css"))


@hooks.register("register_log_actions")
def name_actions(actions: Any) -> None:
    actions.register_action("kannel.test", _("Send a test message"), _("Sent a test message"))
    actions.register_action("kannel.apply", _("Apply to Kannel"), _("Applied the changes to Kannel"))
