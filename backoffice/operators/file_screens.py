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

from backoffice.lib.file_screens import ACCEPTED, FileList, FileUpload, download
from backoffice.lib.masking import HIDDEN, masked_phone
from backoffice.lib.phones import normalise
from backoffice.lib.run_screens import REVEAL, RunBadRows, RunProgress, RunScreen, RunStart, RunStop
from backoffice.lib.screens import NeedsRight
from backoffice.lib.spreadsheets import UnreadableTable
from backoffice.operators import file_tasks
from backoffice.operators.models import Operator, Tariff
from backoffice.operators.networks import add_networks
from backoffice.operators.porting import first_rows
from backoffice.operators.tariff_import import export_rows, read
from backoffice.operators.tariff_resource import RUSSIAN

SHOWN_ROWS = 10
SHOWN_FINDINGS = 50
TARIFF_TRAIL = [("tariff:index", _("Tariffs"))]
NETWORK_TRAIL = [("network:index", _("Networks"))]


class PricesForm(forms.Form):
    file = forms.FileField(
        label=_("File of prices"),
        help_text=_(
            "CSV or Excel (.xlsx). The first row holds the headings prefix, price_per_part, valid_from and, if you like, "
            "valid_to and operator. A file from “Download” has the right form."
        ),
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
    )
    operator = forms.ModelChoiceField(
        label=_("Whose prices they are"),
        queryset=Operator.objects.all(),
        required=False,
        help_text=_("Leave it empty if the file has a column for the operator."),
    )


class PortedForm(forms.Form):
    file = forms.FileField(
        label=_("File of ported numbers"),
        help_text=_("CSV or Excel (.xlsx). The first row holds the headings phone and network."),
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
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


class PriceFiles(OfPrices, FileList):
    page_title = _("Files of prices")
    upload_name = "tariff_files:upload"
    empty = _("No file of prices has been uploaded yet.")
    trail = TARIFF_TRAIL
    upload_label = _("Upload prices")


class PriceUpload(OfPrices, FileUpload):
    page_title = _("Upload prices")
    form_class = PricesForm
    introduction = _(
        "Next you see what the file would change and what is strange about it. Nothing is changed before you say so."
    )
    trail = [*TARIFF_TRAIL, ("tariff_files:index", _("Files of prices"))]

    def check(self, run: Any) -> None:
        read(Path(run.file.path), run.operator)


class PricePage(OfPrices, RunScreen):
    """One file of prices, whatever its state."""

    template_name = "operators/price_file.html"
    header_icon = "upload"
    trail = [*TARIFF_TRAIL, ("tariff_files:index", _("Files of prices"))]

    def look(self) -> dict[str, Any]:
        try:
            sheet = read(Path(self.run.file.path), self.run.operator)
        except (UnreadableTable, OSError):
            return {"problem": gettext("The file is not there any more. Upload it again.")}
        return {
            "sheet": sheet,
            "bad": sheet.bad[:SHOWN_FINDINGS],
            "warnings": sheet.warnings[:SHOWN_FINDINGS],
            "operators": sorted((str(operator), len(prices)) for operator, prices in sheet.prices.items()),
        }


class PriceStart(OfPrices, RunStart):
    """Takes over what has no mistakes; what is strange has to be confirmed."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        sheet = read(Path(self.run.file.path), self.run.operator)
        if sheet.bad:
            messages.error(request, gettext("The file has mistakes. Mend them and upload it again."))
            return self.to_page()
        if sheet.warnings and not request.POST.get("is_checked"):
            messages.error(request, gettext("Look at what is strange, and tick the box if it is right."))
            return self.to_page()
        return super().post(request, pk)


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
        return download(list(RUSSIAN), export_rows(tariffs), "tariffs", form)


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
    introduction = _(
        "Numbers that people took along to another network are priced and routed as that network's own numbers are. "
        "Next you see the first rows; nothing is changed before you say so."
    )
    trail = [*NETWORK_TRAIL, ("porting:index", _("Files of ported numbers"))]

    def check(self, run: Any) -> None:
        first_rows(Path(run.file.path), 1)


class PortedPage(OfPorted, RunScreen):
    """One file of ported numbers, whatever its state."""

    template_name = "operators/ported_file.html"
    header_icon = "upload"
    trail = [*NETWORK_TRAIL, ("porting:index", _("Files of ported numbers"))]

    def look(self) -> dict[str, Any]:
        try:
            rows = first_rows(Path(self.run.file.path), SHOWN_ROWS)
        except (UnreadableTable, OSError):
            return {"problem": gettext("The file is not there any more. Upload it again.")}
        reveals = self.request.user.has_perm(REVEAL)
        return {"rows": [(phone if reveals else _masked(phone), network) for phone, network in rows]}


def _masked(phone: str) -> str:
    try:
        return masked_phone(normalise(phone, settings.DEFAULT_REGION))
    except ValueError:
        return HIDDEN


class PortedProgress(OfPorted, RunProgress):
    """The live part of the page."""


class PortedStart(OfPorted, RunStart):
    """Puts a file in the queue."""


class PortedStop(OfPorted, RunStop):
    """Stops a file."""


class PortedBadRows(OfPorted, RunBadRows):
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
