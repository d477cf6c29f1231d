"""Files that people upload: the list of those of one kind, and the page that takes a new one; and files they download."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from django import forms
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views import View
from wagtail.admin.widgets.button import HeaderButton

from backoffice.lib.files.headings import Columns
from backoffice.lib.moments import company_day
from backoffice.lib.screens import NeedsRight, Screen
from backoffice.lib.spreadsheets import UnreadableTable, csv_delimiter, csv_pieces, workbook_of

PER_PAGE = 50


class FileList(Screen):
    """All files of one kind, newest first."""

    template_name = "lib/files.html"
    header_icon = "upload"
    runner: Any
    upload_name = page_name = ""
    upload_label: Any = ""
    empty: Any = ""

    def get_header_buttons(self) -> list[HeaderButton]:
        return [HeaderButton(self.upload_label, url=reverse(self.upload_name), icon_name="upload")]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        runs = self.runner.model.objects.select_related("created_by").order_by("-id")
        page = Paginator(runs, PER_PAGE).get_page(self.request.GET.get("p"))
        context = {"page": page, "page_name": self.page_name, "upload_url": reverse(self.upload_name)}
        return super().get_context_data(**kwargs) | context | {"empty": self.empty}


class FileUpload(Screen):
    """Takes the file and leads to a look at it."""

    template_name = "lib/upload.html"
    header_icon = "upload"
    runner: Any
    form_class: type[forms.Form]
    page_name = ""
    introduction: Any = ""
    sample_name = ""

    def get_form(self, *args: Any) -> forms.Form:
        """The form, empty or with what was sent."""
        return self.form_class(*args)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = {
            "introduction": self.introduction,
            "sample_name": self.sample_name,
        } | super().get_context_data(**kwargs)
        return context if "form" in context else context | {"form": self.get_form()}

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.get_form(request.POST, request.FILES)
        if not form.is_valid():
            return render(request, self.template_name, self.get_context_data(form=form))
        values = dict(form.cleaned_data)
        file = values["file"]
        run = self.runner.model.objects.create(
            name=file.name[:200], created_by=cast("Any", request.user), **values
        )
        try:
            self.check(run)
        except UnreadableTable as error:
            run.file.delete(save=False)
            run.delete()
            form.add_error("file", str(error))
            return render(request, self.template_name, self.get_context_data(form=form))
        return redirect(self.page_name, run.pk)

    def check(self, run: Any) -> None:
        """Reads the file far enough to know that it can be used. Raises UnreadableTable if it cannot."""
        raise NotImplementedError


def download(
    heading: Sequence[Any],
    rows: Iterable[Sequence[Any]],
    name: str,
    form: str,
    *,
    separator: str = "",
    title: str = "",
) -> HttpResponseBase:
    """A table as a file of this name and today's date: xlsx, or CSV that is streamed.

    :param separator: of a CSV, "comma" or "semicolon"; as usual in the reader's language if it is neither.
    :param title: what it holds, in the reader's words; a workbook shows it.
    """
    filename = f"{name}-{company_day():%Y-%m-%d}.{form}"
    if form == "xlsx":
        return FileResponse(workbook_of(heading, rows, title or name), as_attachment=True, filename=filename)
    return StreamingHttpResponse(
        csv_pieces(heading, rows, csv_delimiter(separator)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )


class SampleDownload(NeedsRight, View):
    """A table as it is understood, to be filled in, or the list of headings by which its columns are known."""

    name = ""

    def get_columns(self) -> Columns:
        """The columns that a file of this kind may have."""
        raise NotImplementedError

    def get(self, request: HttpRequest, form: str) -> HttpResponseBase:
        columns = list(self.get_columns())
        if form == "headings":
            return download(
                [gettext("heading"), gettext("what it holds"), gettext("needed"), gettext("also understood")],
                (
                    [one.name, str(one.label), gettext("yes") if one.is_needed else "", one.others]
                    for one in columns
                ),
                f"{self.name}-headings",
                "csv",
            )
        shown = [one for one in columns if one.is_needed or one.example]
        return download(
            [one.name for one in shown], [[one.example for one in shown]], f"{self.name}-sample", form
        )
