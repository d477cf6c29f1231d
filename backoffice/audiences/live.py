"""What the panel beside the editor asks while somebody types: how many, and why one customer is among them or not."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views import View
from wagtail.blocks.base import get_error_json_data

from backoffice.accounts.models import User
from backoffice.audiences.blocks import MATCH
from backoffice.audiences.counting import complete_rules, exact_breakdown, exact_count, reach
from backoffice.audiences.explain import explain, found_customers
from backoffice.audiences.limits import Asker, CountCancelledError, CountTooSlowError, cancel_older
from backoffice.audiences.models import Audience
from backoffice.customers import finding
from backoffice.customers.models import ImportRun, Purpose

MAY_COUNT = ("add", "change", "view")
_PAGE = re.compile(r"[A-Za-z0-9]{8,32}")


@dataclass(frozen=True)
class Typed:
    """The conditions in the form as the browser posts them, and which page asks."""

    request: HttpRequest

    @cached_property
    def rules(self) -> Any:
        return self._block.value_from_datadict(self.request.POST, self.request.FILES, "rules")

    @cached_property
    def complete(self) -> list[Any]:
        """Those that can be counted."""
        return complete_rules(self.rules)

    @property
    def match(self) -> str:
        return _known(self.request.POST.get("match"), dict(MATCH), "all")

    @property
    def purpose(self) -> str:
        return known_purpose(self.request.POST.get("purpose"))

    @property
    def errors(self) -> Any:
        """What is wrong in which field, as Wagtail's editor wants it; None when nothing is."""
        try:
            self._block.clean(self.rules)
        except ValidationError as error:
            return get_error_json_data(error)
        return None

    @property
    def asker(self) -> Asker | None:
        """None for a page that does not say who it is: then nothing is cancelled."""
        page, number = self.request.POST.get("page", ""), self.request.POST.get("number", "")
        if _PAGE.fullmatch(page) and number.isdecimal() and len(number) <= 9:
            return Asker(page, int(number))
        return None

    @property
    def _block(self) -> Any:
        return Audience._meta.get_field("rules").stream_block


def known_purpose(name: str | None) -> str:
    """A purpose that exists; offers and news if the name says nothing."""
    return _known(name, dict(Purpose.choices), Purpose.MARKETING.value)


def _known(name: str | None, names: Mapping[Any, Any], otherwise: str) -> str:
    return name if name is not None and name in names else otherwise


class LiveView(View):
    """An answer to what stands in the form, without saving it. Whoever may see audiences may ask."""

    http_method_names = ["post"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not any(request.user.has_perm(f"audiences.{action}_audience") for action in MAY_COUNT):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        typed = Typed(request)
        if typed.asker:
            cancel_older(typed.asker)
        try:
            return JsonResponse(self.answer(typed))
        except CountCancelledError:
            return HttpResponse(status=204)

    def answer(self, typed: Typed) -> dict[str, Any]:
        raise NotImplementedError

    def html(self, template: str, context: dict[str, Any]) -> str:
        return render_to_string(f"audiences/{template}.html", context, request=self.request)


class CountView(LiveView):
    """The first answer.

    JSON: ``number``, ``details`` and ``rest`` for the panel, ``errors`` for the fields or null, ``more`` if an exact
    number follows.
    """

    def answer(self, typed: Typed) -> dict[str, Any]:
        try:
            found = reach(typed.match, typed.complete, typed.purpose, asker=typed.asker)
        except CountTooSlowError:
            return {**self._stopped(), "errors": typed.errors, "more": False}
        fitting = found.fitting
        number = {"found": fitting, "is_exact": fitting.is_exact, **moments()}
        details = {"found": fitting, "left_out": len(typed.rules) - len(typed.complete)}
        return {
            "number": self.html("reach_number", number),
            "details": self.html("reach_details", details),
            "rest": self.html("reach_rest", {"writable": found.writable}),
            "errors": typed.errors,
            "more": not fitting.is_exact,
        }

    def _stopped(self) -> dict[str, str]:
        problem = _(
            "Counting took more than 2 seconds and was stopped. Remove a condition on what customers did, "
            "or shorten its period. You can save the audience all the same."
        )
        return {"number": self.html("reach_problem", {"problem": problem}), "details": "", "rest": ""}


class ExactView(LiveView):
    """The second answer.

    JSON: ``number`` and ``rest`` replace the estimate where they are not null, ``problem`` is a sentence, ``more`` says
    whether the breakdown can follow.
    """

    def answer(self, typed: Typed) -> dict[str, Any]:
        try:
            found = exact_count(typed.match, typed.complete, typed.purpose, asker=typed.asker)
        except CountTooSlowError:
            problem = _(
                "Counting to the last one took more than 5 seconds and was stopped; the estimate stands."
            )
            return {"number": None, "rest": None, "problem": problem, "more": False}
        context = {"found": found, "is_exact": True, **moments()}
        return {
            "number": self.html("reach_number", context),
            "rest": self.html("reach_rest", {"writable": found.writable}) if found.writable else None,
            "problem": "",
            "more": True,
        }


class BreakdownView(LiveView):
    """The third answer. JSON: ``details`` and ``rest`` as before, null where nothing better is known; ``problem``."""

    def answer(self, typed: Typed) -> dict[str, Any]:
        try:
            found = exact_breakdown(typed.match, typed.complete, typed.purpose, asker=typed.asker)
        except CountTooSlowError:
            problem = _(
                "The number of customers is exact. What each condition does stays an estimate: counting that took more "
                "than 5 seconds and was stopped."
            )
            return {"details": None, "rest": None, "problem": problem}
        details = {"found": found.fitting, "left_out": len(typed.rules) - len(typed.complete)}
        return {
            "details": self.html("reach_details", details),
            "rest": self.html("reach_rest", {"writable": found.writable}) if found.writable else None,
            "problem": "",
        }


class WhyView(LiveView):
    """Whether one customer fits the conditions in the form, and why. JSON: ``html``."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not request.user.has_perm("customers.view_customer"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def answer(self, typed: Typed) -> dict[str, Any]:
        words = typed.request.POST.get("customer", "")
        try:
            finding.note(cast("User", typed.request.user), words)
        except finding.TooManySearches as refusal:
            return {"html": format_html('<p class="reach__problem">{}</p>', refusal)}
        found = found_customers(words)
        context: dict[str, Any] = {"found": found, "left_out": len(typed.rules) - len(typed.complete)}
        if len(found) == 1:
            context |= {
                "customer": found[0],
                "verdict": explain(typed.match, typed.complete, found[0], typed.purpose),
            }
        return {"html": self.html("verdict", context)}


def moments() -> dict[str, Any]:
    """When it was counted, and how old what was counted is."""
    last = ImportRun.objects.filter(state=ImportRun.State.DONE).order_by("-id").first()
    return {"counted_at": timezone.now(), "imported_at": last and last.finished_at}
