"""Files of texts: upload, a look at what is in them, start, progress, result; and the download."""

from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import path, re_path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import View

from backoffice.lib.file_screens import FileList, FileUpload, download
from backoffice.lib.files.fields import TableField
from backoffice.lib.run_screens import RunProgress, RunScreen, RunStart, RunStop
from backoffice.lib.screens import NeedsRight
from backoffice.lib.spreadsheets import UnreadableTable
from backoffice.message_templates.models import MessageTemplate, TextRun
from backoffice.message_templates.tasks import texts
from backoffice.message_templates.text_import import read
from backoffice.message_templates.text_resource import heading_of, rows_of_texts

PUBLISH = "message_templates.publish_messagetemplate"
SHOWN = 50
TRAIL = [("message_templates:list", _("Texts"))]


class TextsForm(forms.Form):
    file = TableField(
        label=_("File of texts"),
        help_text=_(
            "CSV or Excel (.xlsx). The first row holds the headings name and text and, if you like, folder, purpose, "
            "sender, and text.ru, text.en and so on for other languages. A file from “Download” has the right form."
        ),
    )
    publishes = forms.BooleanField(
        label=_("Publish the texts at once"),
        required=False,
        help_text=_("Otherwise they are drafts that somebody publishes after a look at them."),
    )


class OfTexts:
    runner = texts
    page_name = "text_files:run"
    right = "message_templates.change_messagetemplate"


class TextFiles(OfTexts, FileList):
    page_title = _("Files of texts")
    upload_name = "text_files:upload"
    empty = _("No file of texts has been uploaded yet.")
    trail = TRAIL
    upload_label = _("Upload texts")


class TextUpload(OfTexts, FileUpload):
    page_title = _("Upload texts")
    form_class = TextsForm
    introduction = _(
        "Next you see what the file would change. Nothing is changed before you say so, and what a text says now stays in "
        "its history."
    )
    trail = [*TRAIL, ("text_files:index", _("Files of texts"))]

    def get_form(self, *args: Any) -> forms.Form:
        form = super().get_form(*args)
        if not self.request.user.has_perm(PUBLISH):
            del form.fields["publishes"]
        return form

    def check(self, run: TextRun) -> None:
        read(Path(run.file.path))


class TextFilePage(OfTexts, RunScreen):
    """One file of texts, whatever its state."""

    template_name = "message_templates/text_file.html"
    header_icon = "upload"
    trail = [*TRAIL, ("text_files:index", _("Files of texts"))]

    def look(self) -> dict[str, Any]:
        try:
            sheet = read(Path(self.run.file.path))
        except (UnreadableTable, OSError):
            return {"problem": gettext("The file is not there any more. Upload it again.")}
        return {"sheet": sheet, "bad": sheet.bad[:SHOWN], "found": sheet.texts[:SHOWN]}


class TextFileStart(OfTexts, RunStart):
    """Takes over what has no mistakes."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        if read(Path(self.run.file.path)).bad:
            messages.error(request, gettext("The file has mistakes. Mend them and upload it again."))
            return self.to_page()
        return super().post(request, pk)


class TextFileProgress(OfTexts, RunProgress):
    """The live part of the page."""


class TextFileStop(OfTexts, RunStop):
    """Stops taking texts over."""


class TextDownload(NeedsRight, View):
    """All texts that are not in the archive, or those of one folder, as a file that can be uploaded again."""

    right = "message_templates.view_messagetemplate"

    def get(self, request: HttpRequest, form: str) -> HttpResponseBase:
        found = MessageTemplate.objects.filter(is_archived=False).order_by("name")
        if folder := request.GET.get("folder"):
            found = found.filter(folder=folder)
        heading = heading_of(found)
        return download(
            heading,
            rows_of_texts(found, heading),
            "texts",
            form,
            separator=request.GET.get("separator", ""),
            title=gettext("Texts"),
        )


urls = (
    [
        path("", TextFiles.as_view(), name="index"),
        path("upload/", TextUpload.as_view(), name="upload"),
        re_path(r"^download/(?P<form>csv|xlsx)/$", TextDownload.as_view(), name="download"),
        path("<int:pk>/", TextFilePage.as_view(), name="run"),
        path("<int:pk>/progress/", TextFileProgress.as_view(), name="progress"),
        path("<int:pk>/start/", TextFileStart.as_view(), name="start"),
        path("<int:pk>/stop/", TextFileStop.as_view(), name="stop"),
    ],
    "text_files",
)
