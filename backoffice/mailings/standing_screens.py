"""How operators do: each connection with its state and why, and the desk where receipts are looked after."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import include, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import View
from wagtail import hooks
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail.admin.ui.tables import Column
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet

from backoffice.lib.said import kept
from backoffice.lib.screens import NeedsRight, RightMenuItem, Screen
from backoffice.lib.versions import CheckedEditView
from backoffice.mailings import cohorts, parts, receipt_desk, standing_alerts
from backoffice.mailings.cohorts import WITHIN_SECONDS, Counts
from backoffice.mailings.signs import RECENT
from backoffice.operators import standing
from backoffice.operators.error_codes import ErrorCode
from backoffice.operators.models import Standing
from kannel.models import Connection

OPERATORS_MENU = "register_operators_menu_item"
SEE, CHANGE = "kannel.view_connection", "kannel.change_connection"
LOOKS = {Standing.State.WELL: "good", Standing.State.BRAKED: "warning", Standing.State.LEFT: "bad"}


def rows() -> list[dict[str, Any]]:
    """Each connection in use with its state and what came of its messages in the last minutes."""
    since = timezone.now() - RECENT
    counts: dict[int, Counts] = {}
    for one in cohorts.slices():
        if one.at and one.at >= since:
            had = counts.get(one.connection_id, Counts())
            counts[one.connection_id] = had + one.counts(len(WITHIN_SECONDS) - 1)
    found = []
    for via in Connection.objects.filter(is_enabled=True).select_related("operator", "standing__by"):
        known = getattr(via, "standing", None) or Standing(connection=via)
        seen = counts.get(via.pk, Counts())
        found.append(
            {
                "via": via,
                "standing": known,
                "look": LOOKS[Standing.State(known.state)],
                "counts": seen,
                "percent": 100 * seen.delivered // seen.taken if seen.taken else None,
                "is_saved": known.pk is not None,
            }
        )
    return sorted(found, key=lambda row: (row["via"].operator.name, row["via"].name))


class StandingScreen(Screen):
    """Which connections are used, braked or left, and why. The rows move without reloading."""

    right = SEE
    template_name = "mailings/standing.html"
    page_title = _("How operators do")
    header_icon = "globe"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.GET.get("part"):
            return render(request, "mailings/standing_part.html", self.context())
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | self.context()

    def context(self) -> dict[str, Any]:
        found = rows()
        return {
            "rows": found,
            "sick": [row for row in found if row["standing"].state != Standing.State.WELL],
            "heard_at": timezone.now(),
            "may_change": self.request.user.has_perm(CHANGE),
        }


class StandingChange(NeedsRight, View):
    """A person leaves a connection, or uses it again."""

    right = CHANGE
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int, what: str) -> HttpResponseBase:
        via = get_object_or_404(Connection.objects.select_related("operator"), pk=pk)
        user: Any = request.user
        words = {"name": via.name, "person": user.get_full_name() or user.get_username()}
        reason = kept(lambda: gettext("%(person)s decided so.") % words)
        if what == "leave":
            if standing.leave(via, reason, user):
                standing_alerts.tell_left(via, reason, by_person=True)
                messages.success(
                    request, gettext("%(name)s gets no more messages until somebody uses it again.") % words
                )
        elif standing.trust(via, reason, user):
            standing_alerts.tell_well(via)
            parts.end_parts_of(via.operator)
            messages.success(request, gettext("%(name)s is used without limits again.") % words)
        return redirect("standing:index")


class ReceiptDesk(Screen):
    """Receipts that fit nothing, stay away or come twice, and what to set otherwise."""

    right = SEE
    template_name = "mailings/receipt_desk.html"
    page_title = _("Receipts")
    header_icon = "mail"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = receipt_desk.lines()
        return super().get_context_data(**kwargs) | {
            "lines": found,
            "odd": [line for line in found if line.advice or line.unmatched],
            "newest": receipt_desk.NEWEST,
            "silent_minutes": receipt_desk.SILENT_AFTER.seconds // 60,
            "may_change": self.request.user.has_perm(CHANGE),
        }


class ErrorCodeIndexView(generic.IndexView):
    template_name = "mailings/error_codes.html"

    def get_base_queryset(self) -> QuerySet[ErrorCode]:
        found: QuerySet[ErrorCode] = super().get_base_queryset()
        return found.select_related("operator")


class ErrorCodeViewSet(ModelViewSet):
    """What differs from the catalogue of codes that most operators use."""

    model = ErrorCode
    name = "error_codes"
    icon = "warning"
    url_prefix = "operators/error-codes"
    menu_label = _("Error codes")
    menu_hook = OPERATORS_MENU
    menu_order = 60
    search_backend_name = None
    search_fields = ["code", "sentence"]
    copy_view_enabled = False
    index_view_class = ErrorCodeIndexView
    edit_view_class = CheckedEditView
    list_filter = ["operator", "source", "action"]
    list_per_page = 50
    ordering = ["operator", "source", "code"]
    list_display = [
        "code",
        "operator",
        Column("get_source_display", label=_("Where it stands")),
        "sentence",
        Column("get_action_display", label=_("Parley should")),
    ]
    panels = [
        FieldPanel("operator"),
        FieldRowPanel([FieldPanel("source"), FieldPanel("code")]),
        FieldPanel("sentence"),
        FieldPanel("advice"),
        FieldPanel(
            "action",
            help_text=_(
                "What a receipt tells of was taken and billed: sending it again costs again, within the limits of its mailing."
            ),
        ),
    ]


urls = (
    [
        path("", StandingScreen.as_view(), name="index"),
        path("<int:pk>/<slug:what>/", StandingChange.as_view(), name="change"),
        path("receipts/", ReceiptDesk.as_view(), name="receipts"),
    ],
    "standing",
)


@hooks.register("register_admin_urls")
def register_standing_urls() -> list[Any]:
    return [path("operators/standing/", include(urls))]


@hooks.register("register_admin_viewset")
def register_error_codes() -> ErrorCodeViewSet:
    return ErrorCodeViewSet()


@hooks.register(OPERATORS_MENU)
def register_standing_menu() -> RightMenuItem:
    return RightMenuItem(
        _("How operators do"),
        reverse("standing:index"),
        right=SEE,
        name="standing",
        icon_name="globe",
        order=1,
    )


@hooks.register(OPERATORS_MENU)
def register_desk_menu() -> RightMenuItem:
    return RightMenuItem(
        _("Receipts"), reverse("standing:receipts"), right=SEE, name="receipts", icon_name="mail", order=50
    )
