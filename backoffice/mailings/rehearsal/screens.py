"""Where a mailing is rehearsed: what that does, how far it is, and what came of it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import include, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import hooks

from backoffice.accounts.models import User
from backoffice.lib.numbers import grouped
from backoffice.mailings.control_screens import MailingScreen
from backoffice.mailings.lifecycle import Refused
from backoffice.mailings.models import Mailing, Rehearsal
from backoffice.mailings.rehearsal import asking, words
from backoffice.mailings.rehearsal.size import Size, size_of
from kannel.models import Connection

SHOWN = 20
ALL, SAMPLE = "all", "sample"


class RehearsalScreen(MailingScreen):
    """For those only who submit or approve mailings."""

    header_icon = "history"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not asking.may_rehearse(self.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)


class Rehearse(RehearsalScreen):
    """Says what a rehearsal of this mailing does, and begins it; with those of before."""

    template_name = "mailings/rehearsal/ask.html"
    page_title = _("Dress rehearsal")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_possible = asking.is_possible(self.mailing)
        rehearsals = self.mailing.rehearsals.select_related("asked_by")[:SHOWN]
        context = {
            "is_possible": is_possible,
            "rehearsals": [(one, words.look_of(one), words.short_outcome(one)) for one in rehearsals],
            "problem": "",
        }
        if is_possible:
            context |= _offer(size_of(self.mailing))
        return context | super().get_context_data(**kwargs)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        typed = request.POST.get("messages", "").strip()
        wants_all = request.POST.get("what", ALL) == ALL
        number = "".join(filter(str.isdecimal, typed))[:12]
        try:
            # What is no number is told like one that makes no sense.
            rehearsal = asking.ask(self.mailing, self.user, None if wants_all else int(number or 0))
        except Refused as refusal:
            what = ALL if wants_all else SAMPLE
            context = self.get_context_data(problem=str(refusal), typed=typed, what=what)
            return render(request, self.template_name, context)
        return redirect("rehearsal:run", self.mailing.pk, rehearsal.pk)


def _offer(size: Size) -> dict[str, Any]:
    """What is offered: all, and where that takes long a sample as well."""
    ids = [line.connection_id for line in size.lines]
    connections = (
        Connection.objects.filter(pk__in=ids).select_related("operator", "gateway", "adapter").order_by("pk")
    )
    sample = min(size.usual_sample, size.messages) if size.messages else 0
    return {
        "size": size,
        "effect": words.effect(size),
        "time": words.about(size.seconds()),
        "typed": grouped(sample),
        "sample_time": words.about(size.seconds(sample / size.messages)) if size.messages else "",
        "what": SAMPLE if size.is_long else ALL,
        "not_rehearsed": words.not_rehearsed(connections),
    }


class OfRehearsal(RehearsalScreen):
    """A page about the rehearsal that the address names."""

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        found = Rehearsal.objects.select_related("asked_by").filter(mailing=self.mailing)
        self.rehearsal = get_object_or_404(found, pk=kwargs["run"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = {"rehearsal": self.rehearsal}
        if self.rehearsal.is_live:
            context["progress"] = words.progress_of(self.rehearsal, asking.before(self.rehearsal))
        return super().get_context_data(**kwargs) | context


class Run(OfRehearsal):
    """One rehearsal: on its way, or its result."""

    template_name = "mailings/rehearsal/run.html"
    page_title = _("Dress rehearsal")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if not self.rehearsal.is_live:
            context |= {
                "look": words.look_of(self.rehearsal),
                "outcome": words.outcome(self.rehearsal),
                "said": words.after_words(self.rehearsal, self.mailing),
                "faults": words.faults_of(self.rehearsal),
                "examples": words.examples_of(self.rehearsal),
                "lines": [words.LineRow.of(line) for line in self.rehearsal.lines],
                "is_possible": asking.is_possible(self.mailing),
            }
        return context


class RunProgress(OfRehearsal):
    """The live part of the page; it asks for the whole page when the rehearsal has ended."""

    template_name = "mailings/rehearsal/progress.html"


class RunStop(OfRehearsal):
    """Ends one that is on its way."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int, run: int) -> HttpResponse:
        asking.ask_to_stop(self.rehearsal)
        messages.success(request, gettext("It stops within a few seconds."))
        return redirect("rehearsal:run", pk, run)


urls = (
    [
        path("<int:pk>/", Rehearse.as_view(), name="ask"),
        path("<int:pk>/<int:run>/", Run.as_view(), name="run"),
        path("<int:pk>/<int:run>/progress/", RunProgress.as_view(), name="progress"),
        path("<int:pk>/<int:run>/stop/", RunStop.as_view(), name="stop"),
    ],
    "rehearsal",
)


@hooks.register("register_admin_urls")
def register_rehearsal_screens() -> list[Any]:
    return [path("mailings/rehearsal/", include(urls))]


@hooks.register("parley_mailing_links")
def link_to_rehearsal(mailing: Mailing, user: User) -> list[tuple[str, str]]:
    """On the page of a mailing with a plan that has not started, for whoever submits or approves it."""
    if not asking.is_possible(mailing) or not asking.may_rehearse(user):
        return []
    return [(reverse("rehearsal:ask", args=[mailing.pk]), gettext("Rehearse …"))]
