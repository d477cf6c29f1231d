"""The pages of reports. Everything here only reads."""

from typing import Any

from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.generic.detail import SingleObjectMixin
from wagtail.admin.widgets.button import HeaderButton
from wagtail.log_actions import log

from backoffice.accounts.revealing import showing
from backoffice.lib.screens import NeedsRight, Screen
from backoffice.lib.spreadsheets import csv_delimiter
from backoffice.mailings import ledger
from backoffice.mailings.models import Mailing, Message
from reports import exports
from reports.figures import as_json, figures
from reports.queries import numbers

PER_PAGE = 50


class ReportList(Screen):
    """Mailings with a plan, newest first, each with its result in one line."""

    right = "mailings.view_report"
    template_name = "reports/list.html"
    page_title = _("Reports")
    header_icon = "table"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = self.request.GET.get("q", "").strip()
        mailings = Mailing.objects.frozen().order_by("-planned_at", "-id")
        if words:
            mailings = mailings.filter(name__icontains=words)
        page = Paginator(mailings, PER_PAGE).get_page(self.request.GET.get("p"))
        accounts = ledger.ledgers(mailing.pk for mailing in page)
        lines = [_line(mailing, accounts.get(mailing.pk, ledger.EMPTY)) for mailing in page]
        return super().get_context_data(**kwargs) | {"page": page, "lines": lines, "words": words}


def _line(mailing: Mailing, account: ledger.Ledger) -> dict[str, Any]:
    delivered = account.counts[Message.State.DELIVERED]
    return {
        "mailing": mailing,
        "to_send": account.to_send,
        "delivered": delivered,
        "share": 100 * delivered / account.to_send if account.to_send else None,
        "cost": account.cost,
    }


class MailingReport(Screen):
    """The report of one mailing."""

    right = "mailings.view_report"
    template_name = "reports/mailing.html"
    header_icon = "table"
    trail = [("reports:index", _("Reports"))]

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.mailing = get_object_or_404(Mailing, pk=kwargs["pk"])

    def get_page_title(self) -> str:
        return self.mailing.name

    def get_header_buttons(self) -> list[HeaderButton]:
        buttons = []
        if url := _mailing_url(self.mailing, self.request.user):
            buttons.append(HeaderButton(_("Mailing"), url=url, icon_name="mail"))
        if self.request.user.has_perm("mailings.export_message"):
            for name, separator, label in (
                ("csv", "comma", _("Messages as CSV with commas")),
                ("csv", "semicolon", _("Messages as CSV with semicolons")),
                ("xlsx", "", _("Messages as Excel")),
            ):
                url = f"{reverse(f'reports:{name}', args=[self.mailing.pk])}?separator={separator}"
                buttons.append(HeaderButton(label, url=url, icon_name="download"))
        return buttons

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = numbers(self.mailing)
        return super().get_context_data(**kwargs) | {
            "mailing": self.mailing,
            "numbers": found,
            "figures": figures(found),
            "has_plan": self.mailing.planned_at is not None,
            "may_export": self.request.user.has_perm("mailings.export_message"),
            "showing": showing(self.request, self.mailing),
        }


def _mailing_url(mailing: Mailing, user: Any) -> str:
    """Where the mailing itself is shown, if this person may see it."""
    if not user.has_perm("mailings.view_mailing"):
        return ""
    return reverse("mailings:inspect", args=[mailing.pk])


class MailingView(NeedsRight, SingleObjectMixin[Mailing], View):
    """A view of one mailing that is no page."""

    right = "mailings.view_report"
    queryset = Mailing.objects.all()


class MailingFigures(MailingView):
    """The figures of a report as JSON: name to what Plotly draws."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        shown = figures(numbers(self.get_object()))
        return HttpResponse(as_json(shown), content_type="application/json")


class MailingExport(MailingView):
    """All messages of a mailing as CSV or XLSX. Who took them is in the history."""

    right = "mailings.export_message"
    file_format = "csv"

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        mailing = self.get_object()
        shown = showing(request, mailing)
        reveals = shown.is_full
        count = sum(ledger.ledger(mailing.pk).counts.values())
        if reveals:
            shown.record(count=count)
        log(
            mailing,
            "reports.export",
            user=request.user,
            data={"format": self.file_format, "full_numbers": reveals, "count": count},
        )
        name = f"{slugify(mailing.name) or 'mailing'}-{mailing.pk}.{self.file_format}"
        if self.file_format == "xlsx":
            file = exports.xlsx_of_messages(mailing, reveals=reveals)
            return FileResponse(file, as_attachment=True, filename=name)
        return StreamingHttpResponse(
            exports.csv_of_messages(
                mailing, reveals=reveals, delimiter=csv_delimiter(request.GET.get("separator", ""))
            ),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
