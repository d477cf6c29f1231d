"""Files of prices and of ported numbers: upload, a look at what is in them, start, progress, result."""

from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views import View

from backoffice.accounts.revealing import RecordsDownload, never_stored, showing
from backoffice.lib.file_screens import FileList, FileUpload, SampleDownload, download
from backoffice.lib.files.confirmed import Reading, examine, of_run
from backoffice.lib.files.fields import TableField
from backoffice.lib.files.headings import Columns
from backoffice.lib.files.screens import FileStart, look_of, shown_masked, shown_plainly
from backoffice.lib.run_screens import RunBadRows, RunProgress, RunScreen, RunStop
from backoffice.lib.screens import NeedsRight
from backoffice.lib.spreadsheets import UnreadableTable
from backoffice.operators import file_tasks
from backoffice.operators.models import Operator, Tariff
from backoffice.operators.networks import add_networks
from backoffice.operators.porting import porting_columns
from backoffice.operators.tariff_import import check_reading, export_rows, read
from backoffice.operators.tariff_resource import RUSSIAN, tariff_columns

SHOWN_FINDINGS = 50
TARIFF_TRAIL = [("tariff:index", _("Tariffs"))]
NETWORK_TRAIL = [("network:index", _("Networks"))]


class PricesForm(forms.Form):
    file = TableField(
        label=_("File of prices"),
        help_text=_(
            "CSV or Excel (.xlsx). The first row holds the headings prefix, price_per_part, valid_from and, if you like, "
            "valid_to and operator. A file from “Download” has the right form."
        ),
    )
    operator = forms.ModelChoiceField(
        label=_("Whose prices they are"),
        queryset=Operator.objects.all(),
        required=False,
        help_text=_("Leave it empty if the file has a column for the operator."),
    )


class PortedForm(forms.Form):
    file = TableField(
        label=_("File of ported numbers"),
        help_text=_("CSV or Excel (.xlsx). The first row holds the headings phone and network."),
    )
    file_is_whole_list = forms.BooleanField(
        label=_("The file is the whole list"),
        required=False,
        help_text=_("Numbers that are not in it are taken off the list."),
    )


class OfPrices:
    runner = file_tasks.tariffs
    page_name = "tariff_files:run"
    right = "operators.change_tariff"


def columns_of(run: Any) -> Columns:
    """The columns of a file of prices; without a chosen operator one of them names it."""
    return tariff_columns(needs_operator=run.operator_id is None)


class PriceFiles(OfPrices, FileList):
    page_title = _("Files of prices")
    upload_name = "tariff_files:upload"
    empty = _("No file of prices has been uploaded yet.")
    trail = TARIFF_TRAIL
    upload_label = _("Upload prices")


class PriceUpload(OfPrices, FileUpload):
    page_title = _("Upload prices")
    form_class = PricesForm
    sample_name = "tariff_files:sample"
    introduction = _(
        "Next you see what the file would change and what is strange about it. Nothing is changed before you say so."
    )
    trail = [*TARIFF_TRAIL, ("tariff_files:index", _("Files of prices"))]

    def check(self, run: Any) -> None:
        examine(run, tariff_columns())
        check_reading(Reading.from_json(run.reading), run.operator)


class PriceSample(OfPrices, SampleDownload):
    """A file of prices to begin with, and the headings it may have."""

    name = "prices"

    def get_columns(self) -> Columns:
        return tariff_columns()


class PricePage(OfPrices, RunScreen):
    """One file of prices, whatever its state."""

    template_name = "operators/price_file.html"
    header_icon = "upload"
    trail = [*TARIFF_TRAIL, ("tariff_files:index", _("Files of prices"))]

    def look(self) -> dict[str, Any]:
        columns = columns_of(self.run)
        found = look_of(self.run, columns, shown_plainly)
        if not found.get("may_start"):
            return found
        try:
            sheet = read(Path(self.run.file.path), self.run.operator, of_run(self.run, columns))
        except UnreadableTable as error:
            return {"problem": str(error)}
        return found | {
            "sheet": sheet,
            "bad": sheet.bad[:SHOWN_FINDINGS],
            "prices": sum(map(len, sheet.prices.values())),
            "doubled": ", ".join(map(str, sheet.doubled[:SHOWN_FINDINGS])),
            "warnings": sheet.warnings[:SHOWN_FINDINGS],
            "operators": sorted((str(operator), len(prices)) for operator, prices in sheet.prices.items()),
        }


class PriceStart(OfPrices, FileStart):
    """Takes over what has no mistakes; what is strange has to be confirmed."""

    def get_columns(self) -> Columns:
        return columns_of(self.run)

    def start(self, request: HttpRequest, pk: int) -> HttpResponse:
        sheet = read(Path(self.run.file.path), self.run.operator, of_run(self.run, self.get_columns()))
        if sheet.bad:
            messages.error(request, gettext("The file has mistakes. Mend them and upload it again."))
            return self.to_page()
        if sheet.warnings and not request.POST.get("is_checked"):
            messages.error(request, gettext("Look at what is strange, and tick the box if it is right."))
            return self.to_page()
        return super().start(request, pk)


class PriceProgress(OfPrices, RunProgress):
    """The live part of the page."""


class PriceStop(OfPrices, RunStop):
    """Stops taking prices over."""


class PriceDownload(NeedsRight, View):
    """All prices, or those of one operator, as a file that can be uploaded again."""

    right = "operators.view_tariff"

    def get(self, request: HttpRequest, form: str) -> HttpResponseBase:
        tariffs = Tariff.objects.order_by("operator__name", "prefix", "valid_from")
        if (operator := request.GET.get("operator", "")).isdecimal():
            tariffs = tariffs.filter(operator_id=int(operator))
        return download(
            list(RUSSIAN),
            export_rows(tariffs),
            "tariffs",
            form,
            separator=request.GET.get("separator", ""),
            title=gettext("Tariffs"),
        )


class OfPorted:
    runner = file_tasks.porting
    page_name = "porting:run"
    right = "operators.change_network"


class PortedFiles(OfPorted, FileList):
    page_title = _("Files of ported numbers")
    upload_name = "porting:upload"
    empty = _("No file of ported numbers has been uploaded yet.")
    trail = NETWORK_TRAIL
    upload_label = _("Upload ported numbers")


class PortedUpload(OfPorted, FileUpload):
    page_title = _("Upload ported numbers")
    form_class = PortedForm
    sample_name = "porting:sample"
    introduction = _(
        "Numbers that people took along to another network are priced and routed as that network's own numbers are. "
        "Next you see the first rows; nothing is changed before you say so."
    )
    trail = [*NETWORK_TRAIL, ("porting:index", _("Files of ported numbers"))]

    def check(self, run: Any) -> None:
        examine(run, porting_columns())


class PortedSample(OfPorted, SampleDownload):
    """A file of ported numbers to begin with, and the headings it may have."""

    name = "ported-numbers"

    def get_columns(self) -> Columns:
        return porting_columns()


class PortedPage(OfPorted, RunScreen):
    """One file of ported numbers, whatever its state."""

    template_name = "operators/ported_file.html"
    header_icon = "upload"
    trail = [*NETWORK_TRAIL, ("porting:index", _("Files of ported numbers"))]

    def look(self) -> dict[str, Any]:
        shown = shown_plainly if self.showing.is_full else shown_masked(frozenset({"phone"}))
        found = look_of(self.run, porting_columns(), shown)
        if self.showing.is_full:
            self.showing.record(count=len(found.get("rows", [])))
        return found

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.showing = showing(request, self.run)
        return never_stored(super().get(request, *args, **kwargs), self.showing)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"showing": self.showing}


class PortedProgress(OfPorted, RunProgress):
    """The live part of the page."""


class PortedStart(OfPorted, FileStart):
    """Puts a file in the queue, read as it was confirmed."""

    def get_columns(self) -> Columns:
        return porting_columns()


class PortedStop(OfPorted, RunStop):
    """Stops a file."""


class PortedBadRows(RecordsDownload, OfPorted, RunBadRows):
    """Bad rows as CSV."""


class AddNetworks(NeedsRight, View):
    """Adds the networks of the number plan that are missing."""

    right = "operators.add_network"
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        new = len(add_networks(settings.DEFAULT_REGION))
        said = ngettext("%(count)d network was added.", "%(count)d networks were added.", new)
        nothing = gettext("All networks of the number plan are here already.")
        messages.success(request, said % {"count": new} if new else nothing)
        return redirect("network:index")
