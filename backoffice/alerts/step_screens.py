"""Which background steps failed, and trying one again."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from backoffice.alerts import steps
from backoffice.alerts.models import Attempt
from backoffice.lib.screens import NeedsRight, Screen

SEE, CHANGE = "alerts.view_attempt", "alerts.change_attempt"
SHOWN = 200


class StepsScreen(Screen):
    """What failed last comes first, with what it was done for and when it is tried again."""

    right = SEE
    template_name = "alerts/steps.html"
    page_title = gettext_lazy("Failed steps")
    header_icon = "warning"
    trail = [("alerts:feed", gettext_lazy("Alerts"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = [(known, called(known)) for known in Attempt.objects.all()[:SHOWN]]
        may_try = self.request.user.has_perm(CHANGE)
        return super().get_context_data(**kwargs) | {"rows": rows, "may_try": may_try}


class TryNow(NeedsRight, View):
    """A person has mended something, or wants to see whether it works now."""

    right = CHANGE
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        known = get_object_or_404(Attempt, pk=pk)
        steps.try_now(known)
        messages.success(
            request,
            _("It is tried within a minute. If it goes well it disappears from here and its alert closes."),
        )
        return redirect("alerts:steps")


def called(known: Attempt) -> str:
    """A step as people call it; one that is no longer there by its name."""
    try:
        return steps.step_named(known.step).called(known.subject)
    except steps.UnknownStep:
        return str(known)
