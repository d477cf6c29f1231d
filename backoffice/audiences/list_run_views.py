"""Changes of who is on a list: upload or paste, a look at it, start, watch; sets; freezing an audience."""

from pathlib import Path
from typing import Any, cast
from uuid import uuid4

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from backoffice.accounts.models import User
from backoffice.accounts.revealing import RecordsDownload, never_stored, showing
from backoffice.audiences import list_rights
from backoffice.audiences.list_columns import Column, choose, examine, looked_at, reading_of, recognised
from backoffice.audiences.list_forms import CombineForm, CustomersForm, FreezeForm, ReadingForm
from backoffice.audiences.list_views import TRAIL, ListScreen
from backoffice.audiences.models import Audience, CustomerList, ListRun, UnusableAudienceError
from backoffice.audiences.tasks import runner
from backoffice.customers import finding
from backoffice.customers.columns import customer_columns
from backoffice.lib.file_screens import SampleDownload
from backoffice.lib.files.headings import Columns
from backoffice.lib.files.look import Look
from backoffice.lib.files.reading import look_at
from backoffice.lib.files.screens import FileStart, about
from backoffice.lib.masking import hinted
from backoffice.lib.run_screens import OfRun, RunBadRows, RunProgress, RunScreen, RunStop
from backoffice.lib.screens import Screen
from backoffice.lib.spreadsheets import UnreadableTable

PREVIEW_ROWS = 10
Verb = ListRun.Verb


class ListPut(ListScreen):
    """Takes a file, or what is pasted, and leads to a look at it."""

    verb = "change"
    run_verb = Verb.ADD
    template_name = "audiences/lists/put.html"
    page_title = _("Add customers")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            "form": CustomersForm(),
            "sample_name": "lists:sample",
            "removes": self.run_verb == Verb.REMOVE,
        } | (super().get_context_data(**kwargs))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        form = CustomersForm(request.POST, request.FILES)
        run = ListRun(
            customer_list=self.customer_list, verb=self.run_verb, created_by=cast("User", request.user)
        )
        if form.is_valid() and self._may_ask(form) and form.fill_in(run):
            return redirect("lists:run", run.pk)
        return render(request, self.template_name, self.get_context_data(form=form))

    def _may_ask(self, form: CustomersForm) -> bool:
        """Whoever puts numbers on a list learns which of them are customers': that is a search, too."""
        try:
            finding.note(cast("User", self.request.user), uuid4().hex, by="list")
        except finding.TooManySearches as refusal:
            form.add_error(None, str(refusal))
            return False
        return True


class ListSample(SampleDownload):
    """A file of customers of a list to begin with, and the headings it may have."""

    right = list_rights.VIEW
    name = "list"

    def get_columns(self) -> Columns:
        return Columns([one for one in customer_columns() if one.name in ListRun.Identity.values])


class ListTake(ListPut):
    """The same, for taking customers off."""

    run_verb = Verb.REMOVE
    page_title = _("Take customers off")


class OfListRun(OfRun):
    """What the views of one change of a list share."""

    runner = runner
    page_name = "lists:run"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.customer_list = self.run.customer_list
        self.right = list_rights.right_to("change", self.customer_list.kind)
        self.showing = showing(request, self.run)

    def reading_form(self, rows: list[list[str]], data: Any = None) -> ReadingForm:
        """How the file is read, to be looked at and changed."""
        number = gettext("column %(number)d")
        titles = [
            f"{number % {'number': index + 1}}: {cell[:40]}" if cell else number % {"number": index + 1}
            for index, cell in enumerate(rows[0] if self.run.has_heading else self.shown(rows[0]))
        ]
        user = self.request.user
        may_make = self.run.verb == Verb.ADD and user.has_perm(list_rights.MAKES_CUSTOMERS)
        return ReadingForm(data, instance=self.run, titles=titles, may_make=may_make)

    def shown(self, row: list[str]) -> list[str]:
        """The cells of a row as its reader may see them: numbers in the CRM are nobody's name."""
        if self.showing.is_full:
            return row
        is_id = self.run.identity == ListRun.Identity.EXTERNAL_ID
        return [
            cell if is_id and index == self.run.column else hinted(cell) for index, cell in enumerate(row)
        ]

    def short_look(self) -> Look:
        """The first rows of the file, as it is read.

        :raises UnreadableTable: also when it is gone.
        """
        try:
            return look_at(Path(self.run.file.path), asked=reading_of(self.run).asked(), is_short=True)
        except OSError as error:
            raise UnreadableTable(
                lambda: gettext("The file is not there any more. Upload it again.")
            ) from error


class ListRunPage(OfListRun, RunScreen):
    """One change of a list, whatever its state."""

    template_name = "audiences/lists/run.html"
    header_icon = "list-ul"
    trail = TRAIL

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.bad_cells = 3 if self.may_download() else 2

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = super().get_breadcrumbs_items()
        page = {"url": reverse("lists:page", args=[self.customer_list.pk]), "label": self.customer_list.name}
        return [*items[:-1], page, items[-1]]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = {"list": self.customer_list, "showing": self.showing} | super().get_context_data(**kwargs)
        context["bad_rows"] = [[*row[:2], *(self.shown(row[2:]))] for row in context.get("bad_rows", [])]
        if self.showing.is_full and (rows := context.get("rows") or context["bad_rows"]):
            self.showing.record(count=len(rows))
        return context

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return never_stored(super().get(request, *args, **kwargs), self.showing)

    def look(self) -> dict[str, Any]:
        # Another person's file is not for everybody's eyes.
        if not self.may_download():
            return {"problem": gettext("Only whoever uploaded this file sees its rows and starts it.")}
        try:
            look = self.short_look()
        except UnreadableTable as error:
            return {"problem": str(error)}
        rows, reading = looked_at(look), reading_of(self.run)
        column = Column(self.run.column, self.run.identity, bool(look.heading))
        body = rows[1:] if column.has_heading else rows
        known, named = recognised(body, column)
        return about(reading, look) | {
            "form": self.reading_form(rows),
            "titles": rows[0] if column.has_heading else [""] * len(rows[0]),
            "rows": [self.shown(row) for row in body[:PREVIEW_ROWS]],
            "column": column.index,
            "known": known,
            "looked_at": named,
            "may_start": reading.account.has_rows,
        }


class ListRunProgress(OfListRun, RunProgress):
    """The live part of the page."""


class ListRunStart(OfListRun, FileStart):
    """Keeps how the file is read; starts, unless somebody only wants another look."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        return super().post(request, pk) if self.may_download() else self.to_page()

    def examine(self, asked: dict[str, Any] | None = None) -> None:
        examine(self.run, asked)

    def choose(self, look: Look, data: Any) -> bool:
        rows = looked_at(look)
        form = self.reading_form(rows, data)
        if not form.is_valid():
            return False
        run = form.save(commit=False)
        choose(run, reading_of(run), run.column, run.identity, len(rows[0]))
        run.save()
        return True


class ListRunStop(OfListRun, RunStop):
    """Stops a change; the list stays as it was."""


class ListRunBadRows(RecordsDownload, OfListRun, RunBadRows):
    """The rows that name nobody, as CSV."""


class ListCombine(ListScreen):
    """Union, intersection or difference with another list or an audience."""

    template_name = "audiences/lists/combine.html"
    page_title = _("Combine")

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.right = list_rights.right_to("add", CustomerList.Kind.MEMBERS)

    def form(self, data: Any = None) -> CombineForm:
        may_change = list_rights.may(self.request.user, "change", self.customer_list)
        return CombineForm(data, customer_list=self.customer_list, may_change=may_change)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {"form": self.form()} | super().get_context_data(**kwargs)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        form = self.form(request.POST)
        if not form.is_valid():
            return render(request, self.template_name, self.get_context_data(form=form))
        run = self.made(form.cleaned_data)
        runner.start(run)
        return redirect("lists:run", run.pk)

    @transaction.atomic
    def made(self, wish: dict[str, Any]) -> ListRun:
        """The run that does it, and the new list if there is to be one."""
        user = cast("User", self.request.user)
        target = self.customer_list
        if wish["into"] == "new":
            target = CustomerList.objects.create(name=wish["name"].strip(), created_by=user)
        what, _colon, other = wish["other"].partition(":")
        chosen: CustomerList | Audience
        if what == "list":
            chosen = get_object_or_404(CustomerList, pk=other)
        else:
            chosen = get_object_or_404(Audience, pk=other)
        return ListRun.objects.create(
            customer_list=target,
            left=self.customer_list,
            right_list=chosen if isinstance(chosen, CustomerList) else None,
            right_audience=chosen if isinstance(chosen, Audience) else None,
            verb=wish["verb"],
            name=f"“{self.customer_list.name}”, “{chosen.name}”"[:200],
            created_by=user,
        )


class Freeze(Screen):
    """Makes a list of those who fit an audience at this moment."""

    right = "audiences.add_customerlist"
    template_name = "audiences/lists/freeze.html"
    page_title = _("Freeze as a list")
    header_icon = "list-ul"
    trail = TRAIL

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.audience = get_object_or_404(Audience, pk=kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        moment = date_format(timezone.localtime(), "SHORT_DATETIME_FORMAT")
        form = FreezeForm(initial={"name": f"{self.audience.name}, {moment}"[:120]})
        context = {"form": form, "audience": self.audience, "sentence": self.audience.sentence()}
        try:
            self.audience.check_rules()
        except UnusableAudienceError as error:
            context["problem"] = str(error)
        return context | super().get_context_data(**kwargs)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        form = FreezeForm(request.POST)
        form.instance.kind = CustomerList.Kind.FROZEN
        form.instance.created_by = cast("User", request.user)
        if not form.is_valid():
            return render(request, self.template_name, self.get_context_data(form=form))
        with transaction.atomic():
            run = ListRun.objects.create(
                customer_list=form.save(),
                right_audience=self.audience,
                verb=Verb.FREEZE,
                name=f"“{self.audience.name}”",
                created_by=cast("User", request.user),
            )
        runner.start(run)
        return redirect("lists:run", run.pk)
