from typing import Any

from django.urls import include, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks

from backoffice.lib.screens import RightMenuItem
from backoffice.mailings.models import Mailing
from reports import views

urls = (
    [
        path("", views.ReportList.as_view(), name="index"),
        path("mailing/<int:pk>/", views.MailingReport.as_view(), name="mailing"),
        path("mailing/<int:pk>/figures/", views.MailingFigures.as_view(), name="figures"),
        path("mailing/<int:pk>/csv/", views.MailingExport.as_view(), name="csv"),
        path("mailing/<int:pk>/xlsx/", views.MailingExport.as_view(file_format="xlsx"), name="xlsx"),
    ],
    "reports",
)


@hooks.register("register_admin_urls")
def register_report_urls() -> list[Any]:
    return [path("results/", include(urls))]


@hooks.register("register_admin_menu_item")
def register_report_menu() -> RightMenuItem:
    return RightMenuItem(
        _("Reports"),
        reverse("reports:index"),
        right="mailings.view_report",
        name="results",
        icon_name="table",
        order=600,
    )


@hooks.register("register_log_actions")
def register_report_actions(actions: Any) -> None:
    actions.register_action("reports.export", _("Exported the messages"), _("Exported the messages"))


@hooks.register("parley_mailing_links")
def report_link(mailing: Mailing, user: Any) -> list[tuple[str, str]]:
    """The way from a mailing to its report: pairs of address and label."""
    if mailing.planned_at is None or not user.has_perm("mailings.view_report"):
        return []
    return [(reverse("reports:mailing", args=[mailing.pk]), str(_("Report")))]
