from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import include, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail import hooks

from backoffice.alerts import step_screens, views
from backoffice.lib.screens import RightMenuItem

urls = (
    [
        path("", views.FeedView.as_view(), name="feed"),
        path("bell/", views.BellView.as_view(), name="bell"),
        path("<int:pk>/acknowledge/", views.AcknowledgeView.as_view(), name="acknowledge"),
        path("<int:pk>/read/", views.ReadView.as_view(), name="read"),
        path("read/", views.ReadView.as_view(), name="read_all"),
        path("steps/", step_screens.StepsScreen.as_view(), name="steps"),
        path("steps/<int:pk>/now/", step_screens.TryNow.as_view(), name="try_step"),
    ],
    "alerts",
)


@hooks.register("register_admin_urls")
def register_alert_urls() -> list[Any]:
    return [path("alerts/", include(urls))]


class BellMenuItem(RightMenuItem):
    """The menu item of the feed; a controller keeps the number on it."""

    def render_component(self, request: HttpRequest) -> Any:
        self.attrs = {"data-controller": "alert-bell", "data-alert-bell-url-value": reverse("alerts:bell")}
        return super().render_component(request)


@hooks.register("register_admin_menu_item")
def register_alert_menu() -> BellMenuItem:
    return BellMenuItem(
        _("Alerts"), reverse("alerts:feed"), right=views.RIGHT, name="alerts", icon_name="bell", order=800
    )


@hooks.register("insert_global_admin_js")
def bell_script() -> SafeString:
    return format_html('<script src="{}"></script>', static("alerts/bell.js"))


@hooks.register("insert_global_admin_css")
def bell_style() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("alerts/alerts.css"))


@hooks.register("register_log_actions")
def register_alert_actions(actions: Any) -> None:
    actions.register_action("alerts.acknowledge", _("Acknowledge an alert"), _("Acknowledged the alert"))


@hooks.register("register_icons")
def register_bell(icons: list[str]) -> list[str]:
    return [*icons, "alerts/icons/bell.svg"]
