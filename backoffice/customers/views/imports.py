"""Imports: upload, a look at the file, start, progress, result."""

from pathlib import Path
from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.widgets.button import HeaderButton

from backoffice.accounts.models import User
from backoffice.customers import tasks
from backoffice.customers.models import Customer, ImportRun
from backoffice.customers.reading import Plan, preview
from backoffice.customers.resources import ATTRIBUTE_PREFIX
from backoffice.lib.masking import HIDDEN, masked_phone
from backoffice.lib.phones import normalise
from backoffice.lib.run_screens import RunBadRows, RunProgress, RunScreen, RunStart, RunStop
from backoffice.lib.screens import Screen
from backoffice.lib.spreadsheets import UnreadableTable

RIGHT = "customers.import_customer"
PREVIEW_ROWS = 10
PER_PAGE = 50
PRIVATE = ("first_name", "middle_name", "last_name", "email", "birth_date")


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File of customers"),
        help_text=_(
            "CSV or Excel (.xlsx). The first row holds the headings; one column is headed external_id, the number in the CRM."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx"}),
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
        return {"form": UploadForm()} | super().get_context_data(**kwargs)

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
            preview(Path(run.file.path), 1)
        except UnreadableTable as error:
            run.file.delete(save=False)
            run.delete()
            form.add_error("file", str(error))
            return render(request, self.template_name, self.get_context_data(form=form))
        return redirect("imports:run", run.pk)


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

    def look(self) -> dict[str, Any]:
        return _preview(self.run, reveals=self.request.user.has_perm("customers.reveal_customer"))


def _preview(run: ImportRun, *, reveals: bool) -> dict[str, Any]:
    """The first rows as they will be read: what each column is, and what is not ours."""
    try:
        plan, rows = preview(Path(run.file.path), PREVIEW_ROWS)
    except (UnreadableTable, OSError):
        return {"problem": gettext("The file is not there any more. Upload it again.")}
    shown = [index for index, name in enumerate(plan.columns) if name]
    return {
        "columns": [_heading(plan, index) for index in shown],
        "rows": [
            [_shown(plan, index, row[index] if index < len(row) else "", reveals) for index in shown]
            for row in rows
        ],
        "unknown": plan.unknown,
    }


def _heading(plan: Plan, index: int) -> str:
    name = plan.columns[index] or ""
    if name.startswith(ATTRIBUTE_PREFIX):
        return name.removeprefix(ATTRIBUTE_PREFIX)
    labels = {
        field.name: str(getattr(field, "verbose_name", field.name)) for field in Customer._meta.get_fields()
    } | {
        "consent_marketing": gettext("consent to offers and news"),
        "consent_service": gettext("consent to service messages"),
        "consent_source": gettext("source of consent"),
        "consent_on": gettext("date of consent"),
    }
    return labels[name]


def _shown(plan: Plan, index: int, value: str, reveals: bool) -> str:
    name = plan.columns[index]
    if not value or reveals:
        return value
    if name == "phone":
        try:
            return masked_phone(normalise(value, settings.DEFAULT_REGION))
        except ValueError:
            return HIDDEN
    return HIDDEN if name in PRIVATE else value


class ImportProgress(OfImport, RunProgress):
    """The live part of the page."""


class ImportStart(OfImport, RunStart):
    """Puts a file in the queue."""


class ImportStop(OfImport, RunStop):
    """Stops an import."""


class ImportBadRows(OfImport, RunBadRows):
    """Bad rows as CSV."""
