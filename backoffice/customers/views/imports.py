"""Imports: upload, a look at the file, start, progress, result."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.widgets.button import HeaderButton

from backoffice.accounts.models import User
from backoffice.accounts.revealing import RecordsDownload, never_stored, showing
from backoffice.customers import tasks
from backoffice.customers.columns import customer_columns
from backoffice.customers.models import ImportRun
from backoffice.lib.file_screens import SampleDownload
from backoffice.lib.files.confirmed import examine
from backoffice.lib.files.fields import TableField
from backoffice.lib.files.headings import Columns
from backoffice.lib.files.screens import FileStart, look_of, shown_masked, shown_plainly
from backoffice.lib.run_screens import (
    BAD_ROWS_SHOWN,
    OfRun,
    RunBadRows,
    RunProgress,
    RunScreen,
    RunStop,
)
from backoffice.lib.runs import first_rows_of
from backoffice.lib.said import in_readers_language
from backoffice.lib.screens import Screen
from backoffice.lib.spreadsheets import UnreadableTable

RIGHT = "customers.import_customer"
PER_PAGE = 50
PRIVATE = frozenset({"phone", "first_name", "middle_name", "last_name", "email", "birth_date"})


class UploadForm(forms.Form):
    file = TableField(
        label=_("File of customers"),
        help_text=_(
            "CSV or Excel (.xlsx). One column holds the number in the CRM. Next you see which column is taken for what, and can change it."
        ),
    )
    source = forms.CharField(
        label=_("Where the consent in it comes from"),
        max_length=80,
        initial=_("CRM export"),
        help_text=_("It is kept with every consent of this file that does not name its own source."),
    )


class ImportList(Screen):
    """All imports, newest first."""

    right = RIGHT
    template_name = "customers/imports.html"
    page_title = _("Imports")
    header_icon = "upload"
    trail = [("customers:index", _("Customers"))]

    def get_header_buttons(self) -> list[HeaderButton]:
        return [HeaderButton(_("Import a file"), url=reverse("imports:upload"), icon_name="plus")]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        runs = ImportRun.objects.select_related("created_by").order_by("-id")
        page = Paginator(runs, PER_PAGE).get_page(self.request.GET.get("p"))
        return super().get_context_data(**kwargs) | {"page": page}


class ImportUpload(Screen):
    """Takes the file and leads to a look at it."""

    right = RIGHT
    template_name = "customers/upload.html"
    page_title = _("Import a file")
    header_icon = "upload"
    trail = [("customers:index", _("Customers")), ("imports:index", _("Imports"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {"form": UploadForm(), "sample_name": "imports:sample"} | super().get_context_data(**kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = UploadForm(request.POST, request.FILES)
        if not form.is_valid():
            return render(request, self.template_name, self.get_context_data(form=form))
        file = form.cleaned_data["file"]
        run = ImportRun.objects.create(
            name=file.name[:200],
            file=file,
            source=form.cleaned_data["source"],
            created_by=cast("User", request.user),
        )
        try:
            examine(run, customer_columns())
        except UnreadableTable as error:
            run.file.delete(save=False)
            run.delete()
            form.add_error("file", str(error))
            return render(request, self.template_name, self.get_context_data(form=form))
        tasks.look_at_import(run.pk)
        return redirect("imports:run", run.pk)


class ImportSample(SampleDownload):
    """A file of customers to begin with, and the headings it may have."""

    right = RIGHT
    name = "customers"

    def get_columns(self) -> Columns:
        return customer_columns()


class OfImport:
    """What the views of one import share."""

    runner = tasks.runner
    page_name = "imports:run"
    right = RIGHT


class ImportPage(OfImport, RunScreen):
    """One import, whatever its state."""

    template_name = "customers/import.html"
    header_icon = "upload"
    trail = [("customers:index", _("Customers")), ("imports:index", _("Imports"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["showing"] = self.showing
        if self.run.remarks:
            rows = first_rows_of(self.run.remarks, BAD_ROWS_SHOWN)
            context["remarks"] = [row[: self.bad_cells] for row in rows]
        return context

    def look(self) -> dict[str, Any]:
        shown = shown_plainly if self.showing.is_full else shown_masked(PRIVATE)
        found = look_of(self.run, customer_columns(), shown)
        if self.showing.is_full:
            self.showing.record(count=len(found.get("rows", [])))
        return found | outlook_of(self.run)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.showing = showing(request, self.run)
        return never_stored(super().get(request, *args, **kwargs), self.showing)


def outlook_of(run: ImportRun) -> dict[str, Any]:
    """What the file would change, as far as it is counted; the columns that would be emptied by their labels, most first."""
    if not run.outlook:
        return {}
    labels = {column.name: column.label for column in customer_columns()}
    labels["attributes"] = gettext("further attributes")
    emptied = [(labels[name], count) for name, count in run.outlook.get("emptied", {}).items()]
    outlook = run.outlook
    if "problem" in outlook:
        outlook = outlook | {"problem": in_readers_language(outlook["problem"])}
    return {"outlook": outlook, "emptied": sorted(emptied, key=lambda pair: (-pair[1], pair[0]))}


class ImportProgress(OfImport, RunProgress):
    """The live part of the page."""


class ImportOutlook(OfImport, OfRun, Screen):
    """What the file would change, as soon as that is counted."""

    template_name = "customers/import_outlook.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {"run": self.run} | outlook_of(self.run)


class ImportStart(OfImport, FileStart):
    """Puts a file in the queue, read as it was confirmed, with what was chosen about its empty cells."""

    def get_columns(self) -> Columns:
        return customer_columns()

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.counted = self.run.reading if self.run.outlook else None
        response = super().post(request, pk)
        if self.run.reading != self.counted:
            # What was counted holds no more.
            self.count_again()
        return response

    def start(self, request: HttpRequest, pk: int) -> HttpResponse:
        empties = request.POST.get("empties", ImportRun.Empties.KEEP)
        if empties == ImportRun.Empties.EMPTY and self.run.reading != self.counted:
            messages.warning(
                request,
                gettext(
                    "Wait until it is counted which filled fields would be emptied, then start the import."
                ),
            )
            return self.to_page()
        if empties in ImportRun.Empties.values:
            ImportRun.objects.filter(pk=pk, state=ImportRun.State.UPLOADED).update(empties=empties)
        return super().start(request, pk)

    def count_again(self) -> None:
        """Counts what the file would change, as it is read now; if it has not been started."""
        if ImportRun.objects.filter(pk=self.run.pk, state=ImportRun.State.UPLOADED).update(outlook=None):
            tasks.look_at_import(self.run.pk)


class ImportStop(OfImport, RunStop):
    """Stops an import."""


class ImportBadRows(RecordsDownload, OfImport, RunBadRows):
    """Bad rows as CSV."""


class ImportRemarks(RecordsDownload, OfImport, RunBadRows):
    """Rows of which something was not done, as CSV."""

    list_name = "remarks"
