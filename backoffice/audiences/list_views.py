"""Lists: all of them, one of them, its name, its download, and the end of it."""

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import View
from wagtail.admin.widgets.button import HeaderButton
from wagtail.log_actions import log

from backoffice.accounts.models import User
from backoffice.accounts.reading_log import DOWNLOAD, record
from backoffice.accounts.revealing import never_stored, showing
from backoffice.audiences import list_export, list_rights
from backoffice.audiences.criteria.membership import users_of_list, users_of_lists
from backoffice.audiences.list_forms import ListForm
from backoffice.audiences.membership_views import still_used
from backoffice.audiences.models import CustomerList, ListMember, ListRun
from backoffice.audiences.tasks import runner
from backoffice.lib.archiving import asks_for_archive
from backoffice.lib.masking import masked_phone
from backoffice.lib.screens import NeedsRight, Screen
from backoffice.lib.spreadsheets import csv_delimiter, csv_pieces, workbook_of
from backoffice.lib.versions import SEEN, differences, merged, read_seen, with_seen

PER_PAGE = 50
MEMBERS_SHOWN = 20
RUNS_SHOWN = 10
USERS_SHOWN = 3
# From so many customers on, the number must be typed before they are gone from the list.
TYPED_FROM = 1_000
TRAIL = [("lists:index", _("Lists"))]
Kind = CustomerList.Kind


class ListIndex(Screen):
    """All lists by name, with what names them in a condition."""

    right = list_rights.VIEW
    template_name = "audiences/lists/index.html"
    page_title = _("Lists")
    header_icon = "list-ul"

    def get_header_buttons(self) -> list[HeaderButton]:
        if not list_rights.kinds_to_add(self.request.user):
            return []
        return [HeaderButton(_("New list"), url=reverse("lists:add"), icon_name="plus")]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words, kind = self.request.GET.get("q", "").strip(), self.request.GET.get("kind", "")
        in_archive = asks_for_archive(self.request)
        lists = CustomerList.objects.filter(is_archived=in_archive).order_by("name")
        if words:
            lists = lists.filter(name__icontains=words)
        if kind in Kind.values:
            lists = lists.filter(kind=kind)
        page = Paginator(lists, PER_PAGE).get_page(self.request.GET.get("p"))
        users = users_of_lists()
        return super().get_context_data(**kwargs) | {
            "page": page,
            "lines": [(one, users.get(one.pk, [])[:USERS_SHOWN], len(users.get(one.pk, []))) for one in page],
            "words": words,
            "kind": kind,
            "kinds": Kind.choices,
            "in_archive": in_archive,
            "may_add": bool(list_rights.kinds_to_add(self.request.user)),
        }


class OfList(NeedsRight):
    """Mix-in: the list that the address names. ``verb`` is what is done with it: view, change or delete."""

    verb = "view"
    request: HttpRequest
    customer_list: CustomerList

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)  # type: ignore[misc]
        self.customer_list = get_object_or_404(
            CustomerList.objects.select_related("created_by"), pk=kwargs["pk"]
        )
        if self.verb != "view":
            self.right = list_rights.right_to(self.verb, self.customer_list.kind)
        else:
            self.right = list_rights.VIEW

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.verb == "change" and self.customer_list.kind == Kind.FROZEN:
            messages.error(
                request,
                gettext("A frozen result stays as it is. Combine it with something into a new list instead."),
            )
            return redirect("lists:page", self.customer_list.pk)
        return super().dispatch(request, *args, **kwargs)


class ListScreen(OfList, Screen):
    """A page about one list."""

    header_icon = "list-ul"
    trail = TRAIL

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = super().get_breadcrumbs_items()
        page = {"url": reverse("lists:page", args=[self.customer_list.pk]), "label": self.customer_list.name}
        return [*items[:-1], page, items[-1]]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"list": self.customer_list}


class ListPage(ListScreen):
    """One list: what it is, how many are on it, some of them, what was done with it."""

    template_name = "audiences/lists/list.html"

    def get_page_title(self) -> str:
        return self.customer_list.name

    def get_breadcrumbs_items(self) -> Any:
        return Screen.get_breadcrumbs_items(self)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        members = ListMember.objects.filter(customer_list=self.customer_list).select_related("customer")
        members = members.order_by("customer_id")[:MEMBERS_SHOWN]
        showing_now = showing(self.request, self.customer_list)
        shown = str if showing_now.is_full else masked_phone
        if showing_now.is_full and members:
            showing_now.record([one.customer_id for one in members])
        runs = self.customer_list.runs.select_related("created_by").order_by("-id")[:RUNS_SHOWN]
        return super().get_context_data(**kwargs) | {
            "members": [{"customer": one.customer, "phone": shown(one.customer.phone)} for one in members],
            "showing": showing_now,
            "runs": runs,
            "live": next((run for run in runs if run.is_live), None),
            "users": users_of_list(self.customer_list.pk),
            "may_change": list_rights.may(user, "change", self.customer_list),
            "may_rename": user.has_perm(list_rights.right_to("change", self.customer_list.kind)),
            "may_delete": list_rights.may(user, "delete", self.customer_list),
            "may_archive": list_rights.may(user, "delete", self.customer_list)
            and self.customer_list.kind != Kind.EXCLUSION,
            "may_combine": user.has_perm(list_rights.right_to("add", Kind.MEMBERS)),
            "sees_customers": user.has_perm("customers.view_customer"),
            "sees_full_numbers": showing_now.is_full and list_rights.sees_full_numbers(user),
        }

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return never_stored(super().get(request, *args, **kwargs), showing(request, self.customer_list))


class ListAdd(Screen):
    """A new list. Its customers come next."""

    template_name = "audiences/lists/form.html"
    page_title = _("New list")
    header_icon = "list-ul"
    trail = TRAIL

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.kinds = list_rights.kinds_to_add(request.user)
        if not self.kinds:
            raise PermissionDenied
        self.right = list_rights.VIEW
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {"form": ListForm(kinds=self.kinds), "button": _("Save, then add customers")} | (
            super().get_context_data(**kwargs)
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ListForm(request.POST, kinds=self.kinds)
        form.instance.created_by = cast("User", request.user)
        if not form.is_valid():
            return render(request, self.template_name, self.get_context_data(form=form))
        made = form.save()
        log(made, "wagtail.create", user=request.user)
        return redirect("lists:put", made.pk)


class ListEdit(ListScreen):
    """Another name, or another description."""

    verb = "change"
    template_name = "audiences/lists/form.html"
    page_title = _("Rename")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # The name of a frozen result may change; who is on it may not.
        return NeedsRight.dispatch(self, request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            "form": with_seen(ListForm(instance=self.customer_list)),
            "button": _("Save"),
        } | super().get_context_data(**kwargs)

    @transaction.atomic
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.customer_list = CustomerList.objects.select_for_update().get(pk=pk)
        seen, fresh = read_seen(request.POST.get(SEEN, "")), ListForm(instance=self.customer_list)
        typed = ListForm(request.POST, instance=CustomerList.objects.get(pk=pk))
        if conflict := differences(seen, fresh, typed):
            form = with_seen(ListForm(merged(seen, fresh, typed), instance=self.customer_list))
            return render(request, self.template_name, self.get_context_data(form=form, conflict=conflict))
        form = ListForm(request.POST, instance=self.customer_list)
        if not form.is_valid():
            self.customer_list.refresh_from_db()
            return render(request, self.template_name, self.get_context_data(form=with_seen(form)))
        form.save()
        log(self.customer_list, "wagtail.edit", user=request.user)
        messages.success(request, gettext("Saved."))
        return redirect("lists:page", pk)


class ListExport(OfList, View):
    """Everybody on the list as CSV or XLSX. Who took full numbers is in the history."""

    file_format = "csv"

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        user = cast("User", request.user)
        shown = showing(request, self.customer_list)
        reveals = shown.is_full and list_rights.sees_full_numbers(user)
        if reveals:
            shown.record(count=self.customer_list.members_count)
        said = {
            "format": self.file_format,
            "full_numbers": reveals,
            "count": self.customer_list.members_count,
        }
        record(user, self.customer_list, DOWNLOAD, said)
        rows = list_export.rows_of(self.customer_list, reveals=reveals)
        name = f"{slugify(self.customer_list.name) or 'list'}-{pk}.{self.file_format}"
        if self.file_format == "xlsx":
            return FileResponse(
                workbook_of(list_export.heading(), rows, self.customer_list.name),
                as_attachment=True,
                filename=name,
            )
        return StreamingHttpResponse(
            csv_pieces(list_export.heading(), rows, csv_delimiter(request.GET.get("separator", ""))),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


class Confirmed(ListScreen):
    """A step that takes customers off a list for good: its effect first, above a size with the number typed."""

    template_name = "audiences/lists/confirm.html"
    http_method_names = ["get", "post"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "verb": self.verb,
            "must_type": self.customer_list.members_count >= TYPED_FROM,
        }

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        typed = "".join(filter(str.isdigit, request.POST.get("typed", "")))
        if self.customer_list.members_count >= TYPED_FROM and typed != str(self.customer_list.members_count):
            problem = gettext("Type the number of customers exactly, so that nobody is lost by mistake.")
            context = self.get_context_data(problem=problem, typed=request.POST.get("typed", ""))
            return render(request, self.template_name, context)
        return self.do()

    def do(self) -> HttpResponse:
        raise NotImplementedError


class ListDelete(Confirmed):
    """The end of a list that no audience names and nobody works on."""

    verb = "delete"
    page_title = _("Delete")

    def do(self) -> HttpResponse:
        if users := users_of_list(self.customer_list.pk):
            messages.error(self.request, still_used(self.customer_list.name, users))
            return redirect("lists:page", self.customer_list.pk)
        if self.customer_list.runs.unfinished().exists():
            messages.error(
                self.request, gettext("This list is being changed. Wait for the end, or stop that first.")
            )
            return redirect("lists:page", self.customer_list.pk)
        log(self.customer_list, "wagtail.delete", user=self.request.user, deleted=True)
        self.customer_list.delete()
        messages.success(
            self.request, gettext("The list “%(name)s” was deleted.") % {"name": self.customer_list.name}
        )
        return redirect("lists:index")


class ListEmpty(Confirmed):
    """Nobody is on the list then; the list itself stays."""

    verb = "change"
    page_title = _("Empty")

    def do(self) -> HttpResponse:
        run = ListRun.objects.create(
            customer_list=self.customer_list,
            verb=ListRun.Verb.EMPTY,
            name=f"“{self.customer_list.name}”",
            created_by=cast("User", self.request.user),
        )
        runner.start(run)
        return redirect("lists:run", run.pk)
