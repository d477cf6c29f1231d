"""What waits to be applied, applying it, and what became of earlier changes."""

from collections.abc import Iterable
from typing import Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from wagtail.log_actions import log

from backoffice.accounts.models import User
from backoffice.lib.screens import NeedsRight, Screen
from backoffice.operators import tasks
from backoffice.operators.connections import words
from backoffice.operators.connections.waiting import Waiting, waiting_for
from kannel import applying, configuration
from kannel.apply_phases import changes_of
from kannel.configuration import ConfigurationError
from kannel.differences import compare, masked, text_difference
from kannel.models import ApplyRun, Connection, Gateway
from kannel.reading import directory_of

SEE, APPLY = "kannel.view_connection", "kannel.apply_changes"
RUNS_SHOWN = 10
PER_PAGE = 50
LOOKS = {
    ApplyRun.State.WAITING: "hollow",
    ApplyRun.State.RUNNING: "moving",
    ApplyRun.State.DONE: "good",
    ApplyRun.State.REFUSED: "warning",
    ApplyRun.State.RESTORED: "warning",
    ApplyRun.State.FAILED: "bad",
}


def _rows(runs: Iterable[ApplyRun]) -> list[tuple[ApplyRun, str, str]]:
    """Runs as a list shows them: each with its look and what it changed."""
    return [(run, LOOKS[ApplyRun.State(run.state)], words.title_of(run.changes)) for run in runs]


class ChangesScreen(Screen):
    """Each gateway with what would change, in words and as the file; and the last runs."""

    right = SEE
    template_name = "operators/changes.html"
    page_title = gettext_lazy("Changes to apply")
    header_icon = "check"
    trail = [("operators:connections", gettext_lazy("State of the lines"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        gateways = Gateway.objects.prefetch_related("connections__operator", "connections__drafted_by")
        gateways = gateways.select_related("drafted_by").order_by("name")
        live = {run.gateway_id: run for run in ApplyRun.objects.unfinished()}
        runs = ApplyRun.objects.select_related("gateway", "created_by")[:RUNS_SHOWN]
        context = {
            "pending": [
                _pending(gateway, live.get(gateway.pk), self.request.user.pk)
                for gateway in gateways
                if gateway.draft or gateway.pk in live or any(one.draft for one in gateway.connections.all())
            ],
            "runs": _rows(runs),
            "may_apply": self.request.user.has_perm(APPLY),
        }
        return super().get_context_data(**kwargs) | context


def _pending(gateway: Gateway, live: ApplyRun | None, user_id: int | None) -> dict[str, Any]:
    """One gateway's drafts: what they change, and whether that can be applied at all."""
    drafted: list[Gateway | Connection] = [one for one in gateway.connections.all() if one.draft]
    if gateway.draft:
        drafted.insert(0, gateway)
    run = ApplyRun(gateway=gateway)
    run.freeze(gateway, list(gateway.connections.all()))
    problem = ""
    try:
        wanted = [one.wanted() for one in gateway.connections.all()]
        run.written = configuration.render(gateway.wanted(), wanted, directory_of(gateway.applied))
    except ConfigurationError as error:
        run.written = gateway.applied
        problem = words.problem_in_words(
            {
                "code": "value",
                "values": {"connection": error.connection, "field": error.field, "reason": str(error)},
            }
        )
    run.previous = gateway.applied
    return {
        "gateway": gateway,
        "live": live,
        "drafted": drafted,
        "problem": problem,
        "changes": words.changes_in_words(changes_of(run)),
        "needs_restart": compare(run.previous, run.written).needs_restart,
        "diff": text_difference(run.previous, run.written),
        "is_first": not gateway.applied,
        "waiting": _waiting(drafted),
        "needs_another": words.needs_another_person()
        if applying.must_be_applied_by_another(gateway.connections.all(), user_id)
        else "",
    }


def _waiting(drafted: list[Gateway | Connection]) -> list[tuple[Gateway | Connection, list[Waiting]]]:
    """What waits for what a draft takes out of use; with a gateway all its connections go."""
    leaving = [one for one in drafted if one.is_enabled and not one.wanted().is_enabled]
    leaving = [one for one in leaving if isinstance(one, Gateway)] or leaving
    return [(one, found) for one in leaving if (found := waiting_for(one))]


class Apply(NeedsRight, View):
    """The one click."""

    right = APPLY
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        gateway = get_object_or_404(Gateway, pk=pk)
        user = cast("User", request.user)
        try:
            run = applying.start(gateway, user.pk, must_come_online="patient" not in request.POST)
        except applying.NothingToApply:
            messages.info(request, _("There is nothing to apply: what runs is what is wanted."))
            return redirect("operators:changes")
        except applying.NeedsAnotherPerson:
            messages.error(request, words.needs_another_person())
            return redirect("operators:changes")
        except applying.AlreadyApplying:
            messages.warning(request, _("A change of this gateway is being applied. Wait for its end."))
            return redirect("operators:changes")
        log(instance=gateway, action="kannel.apply", user=user, data={"run": run.pk})
        tasks.apply_changes(run.pk)
        return redirect("operators:run", run.pk)


class DropDraft(NeedsRight, View):
    """Forgets what somebody wanted of one connection, or of the gateway itself."""

    http_method_names = ["post"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.right = f"kannel.change_{kwargs['what']}"
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: HttpRequest, what: str, pk: int) -> HttpResponse:
        models: dict[str, type[Connection] | type[Gateway]] = {"connection": Connection, "gateway": Gateway}
        if what not in models:
            raise Http404
        row = get_object_or_404(models[what], pk=pk)
        row.drop_draft()
        messages.success(
            request, _("The draft of %(name)s is gone. Nothing that runs has changed.") % {"name": row}
        )
        return redirect("operators:changes")


class OfRun:
    """Mix-in: the run that the address names, and what its page shows."""

    right = SEE
    kwargs: dict[str, Any]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        runs = ApplyRun.objects.select_related("gateway", "created_by")
        run = get_object_or_404(runs, pk=self.kwargs["pk"])
        context = {
            "run": run,
            "look": LOOKS[ApplyRun.State(run.state)],
            "steps": [(parse_datetime(one["at"]), words.step_in_words(one)) for one in run.steps],
            "problem": words.problem_in_words(run.problem),
            "changes": words.changes_in_words(run.changes),
            "is_elsewhere": run.state == ApplyRun.State.WAITING and not tasks.is_kept_here(run.gateway),
        }
        return super().get_context_data(**kwargs) | context  # type: ignore[misc,no-any-return]


class RunScreen(OfRun, Screen):
    """One change that was applied, or is being applied."""

    template_name = "operators/run.html"
    header_icon = "check"
    trail = [
        ("operators:connections", gettext_lazy("State of the lines")),
        ("operators:changes", gettext_lazy("Changes to apply")),
    ]

    def get_page_title(self) -> str:
        run = get_object_or_404(ApplyRun.objects.select_related("gateway"), pk=self.kwargs["pk"])
        return words.title_of(run.changes) or _("Change of %(gateway)s") % {"gateway": run.gateway}


class RunProgress(OfRun, Screen):
    """The live part of the page."""

    template_name = "operators/run_part.html"


class RunList(Screen):
    """All changes ever applied, newest first."""

    right = SEE
    template_name = "operators/runs.html"
    page_title = gettext_lazy("Changes so far")
    header_icon = "history"
    trail = [
        ("operators:connections", gettext_lazy("State of the lines")),
        ("operators:changes", gettext_lazy("Changes to apply")),
    ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        runs = ApplyRun.objects.select_related("gateway", "created_by")
        page = Paginator(runs, PER_PAGE).get_page(self.request.GET.get("p"))
        return super().get_context_data(**kwargs) | {"page": page, "runs": _rows(page)}


class FileScreen(Screen):
    """The file as it was last applied, with its secrets hidden."""

    right = SEE
    template_name = "operators/file.html"
    header_icon = "doc-full"
    trail = [("operators:connections", gettext_lazy("State of the lines"))]

    def get_page_title(self) -> str:
        return _("kannel.conf of %(name)s") % {"name": self.gateway}

    @property
    def gateway(self) -> Gateway:
        return get_object_or_404(Gateway, pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        gateway = self.gateway
        return super().get_context_data(**kwargs) | {"gateway": gateway, "text": masked(gateway.applied)}
