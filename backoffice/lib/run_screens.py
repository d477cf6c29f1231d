"""What every kind of run shows: its page while it is live and after, and the buttons on it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views import View

from backoffice.lib.runs import Run, Runner, is_there, rows_of
from backoffice.lib.screens import NeedsRight, Screen
from backoffice.lib.spreadsheets import csv_pieces

BAD_ROWS_SHOWN = 20
REVEAL = "customers.reveal_customer"


class OfRun(NeedsRight):
    """Mix-in: the run that the address names. ``page_name`` is the name of the URL of its page."""

    runner: Runner[Any]
    page_name = ""
    request: HttpRequest
    run: Any

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)  # type: ignore[misc]
        runs = self.runner.model.objects.select_related("created_by")
        self.run = get_object_or_404(runs, pk=kwargs["pk"])

    def may_download(self) -> bool:
        """Bad rows hold numbers and names: only for whoever uploaded them, or may see them."""
        return bool(self.run.created_by_id == self.request.user.pk or self.request.user.has_perm(REVEAL))

    def to_page(self) -> HttpResponse:
        return redirect(self.page_name, self.run.pk)


class RunScreen(OfRun, Screen):
    """One run, whatever its state. ``bad_cells`` is how much of a bad row is shown: its number, what is wrong, more."""

    bad_cells = 2

    def get_page_title(self) -> str:
        return str(self.run)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = {"run": self.run, "may_download": self.may_download()}
        if self.run.is_live:
            context["progress"] = self.runner.progress_of(self.run)
        elif self.run.bad:
            context["bad_rows"] = [row[: self.bad_cells] for row in self.run.first_bad_rows(BAD_ROWS_SHOWN)]
        if self.run.state == Run.State.UPLOADED:
            context |= self.look()
        return super().get_context_data(**kwargs) | context

    def look(self) -> dict[str, Any]:
        """What is shown of a file before it is started."""
        raise NotImplementedError


class RunProgress(OfRun, Screen):
    """The live part of the page; it asks for the whole page when the run has ended."""

    template_name = "lib/run_progress.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {"run": self.run, "progress": self.runner.progress_of(self.run)}


class RunStart(OfRun, View):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.runner.start(self.run)
        return self.to_page()


class RunStop(OfRun, View):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.runner.ask_to_stop(self.run)
        messages.success(request, _("It stops within moments. Nothing is changed."))
        return self.to_page()


class RunBadRows(OfRun, View):
    """All bad rows as CSV, with number and reason; or another list of the run that ``list_name`` names."""

    list_name = "bad_rows"

    def may_serve_now(self) -> bool:
        """Whether the rows may go out now; rows about customers say more, see accounts.revealing."""
        return True

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        listed = getattr(self.run, self.list_name)
        if not is_there(listed):
            raise Http404
        if not self.may_download():
            raise PermissionDenied
        if not self.may_serve_now():
            messages.error(request, _("First say why you need the full numbers and names, then download."))
            return self.to_page()
        filename = f"{self.list_name.replace('_', '-')}-{pk}.csv"
        rows = rows_of(listed)
        return StreamingHttpResponse(
            csv_pieces(next(rows, []), rows),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{filename}"'},
        )
