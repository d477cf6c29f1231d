"""Logins and refusals, for the privacy officer."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.urls import path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views.reports import ReportView

from backoffice.accounts.models import AccessRecord
from backoffice.accounts.names import name_of
from backoffice.lib.screens import NeedsRight


class AccessFilters(WagtailFilterSet):
    at = django_filters.DateFromToRangeFilter(label=_("When"), widget=DateRangePickerWidget)

    class Meta:
        model = AccessRecord
        fields = ["kind", "user", "at"]


class AccessReport(NeedsRight, ReportView):
    """The newest first; to be had as a table, too."""

    page_title = _("Logins and refusals")
    header_icon = "key"
    model = AccessRecord
    filterset_class = AccessFilters
    right = "accounts.view_accessrecord"
    index_url_name = "access_records:index"
    index_results_url_name = "access_records:index_results"
    index_url = reverse_lazy("access_records:index")
    default_ordering = "-at"
    list_export = ["at", "get_kind_display", "user", "client_address", "page"]
    export_headings = {"get_kind_display": _("What happened")}
    export_filename = "logins-and-refusals"
    columns = [
        DateColumn("at", label=_("When"), width="18%"),
        Column("kind", label=_("What happened"), accessor=lambda row: row.get_kind_display()),
        Column("user", label=_("Who"), accessor=lambda row: name_of(row.user) if row.user else "—"),
        Column("client_address", label=_("From where")),
        Column("page", label=_("Page")),
    ]

    def get_queryset(self) -> QuerySet[AccessRecord]:
        return AccessRecord.objects.select_related("user").order_by("-at", "-id")


def urls() -> Any:
    """Under /access/."""
    return (
        [
            path("", AccessReport.as_view(), name="index"),
            path("results/", AccessReport.as_view(results_only=True), name="index_results"),
        ],
        "access_records",
    )
