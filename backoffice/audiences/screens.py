"""Pages about saved audiences: why a customer is in one, and how two differ."""

from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from backoffice.accounts.models import User
from backoffice.audiences.columns import audience_phrase
from backoffice.audiences.compare import compare
from backoffice.audiences.compile import rules_phrase
from backoffice.audiences.explain import explain, found_customers
from backoffice.audiences.limits import CountTooSlowError
from backoffice.audiences.live import known_purpose
from backoffice.audiences.models import Audience, UnusableAudienceError
from backoffice.customers import finding
from backoffice.customers.models import Customer, Purpose
from backoffice.lib.screens import Screen


class AudienceScreen(Screen):
    """A page about audiences."""

    right = "audiences.view_audience"
    header_icon = "group"
    trail = [("audiences:index", _("Audiences"))]


class WhyScreen(AudienceScreen):
    """Why a customer is in an audience, or not. The number that was typed is posted and never part of an address."""

    template_name = "audiences/why.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm("customers.view_customer"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.words = ""
        self.several: list[Customer] = []

    def get_page_title(self) -> str:
        return gettext("Who is in “%(name)s”, and why?") % {"name": self.audience.name}

    @cached_property
    def audience(self) -> Audience:
        audience: Audience = get_object_or_404(Audience, pk=self.kwargs["pk"])
        return audience

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.words = request.POST.get("customer", "").strip()
        try:
            finding.note(cast("User", request.user), self.words)
        except finding.TooManySearches as refusal:
            return self.render_to_response(self.get_context_data(problem=str(refusal)))
        self.several = found_customers(self.words)
        if len(self.several) != 1:
            return self.render_to_response(self.get_context_data(asked=True))
        purpose = known_purpose(request.POST.get("purpose"))
        return redirect(
            f"{reverse('audiences:why', args=[pk])}?customer={self.several[0].pk}&purpose={purpose}"
        )

    def get_context_data(self, asked: bool = False, **kwargs: Any) -> dict[str, Any]:
        audience = self.audience
        asks = self.request.POST if asked else self.request.GET
        purpose = known_purpose(asks.get("purpose"))
        context = super().get_context_data(**kwargs) | {
            "audience": audience,
            "asked": asked,
            "words": self.words,
            "found": self.several,
            "purpose": purpose,
            "purposes": Purpose.choices,
            "phrase": audience_phrase(audience),
        }
        number = self.request.GET.get("customer", "")
        if asked or not number.isdecimal():
            return context
        customer = get_object_or_404(Customer, pk=int(number))
        context |= {"customer": customer, "found": [customer], "asked": True, "words": customer.external_id}
        try:
            audience.check_rules()
        except UnusableAudienceError as error:
            return context | {"problem": str(error)}
        return context | {"verdict": explain(audience.match, audience.rules, customer, purpose)}


class CompareScreen(AudienceScreen):
    """How two audiences overlap."""

    template_name = "audiences/compare.html"
    page_title = _("Compare two audiences")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        audiences = list(Audience.objects.order_by("name"))
        by_pk = {str(audience.pk): audience for audience in audiences}
        first = by_pk.get(self.request.GET.get("first", ""))
        second = by_pk.get(self.request.GET.get("second", ""))
        context = super().get_context_data(**kwargs) | {
            "audiences": audiences,
            "first": first,
            "second": second,
        }
        return context | compared(first, second) if first and second else context


def compared(first: Audience, second: Audience) -> dict[str, Any]:
    """What the page shows of two audiences, or the ``problem`` that keeps it from showing anything."""
    if first == second:
        return {"problem": gettext("These are the same. Choose two different audiences.")}
    try:
        found = compare(first, second)
    except UnusableAudienceError as error:
        return {"problem": str(error)}
    except CountTooSlowError:
        return {"problem": gettext("Comparing them took too long and was stopped. Try it again later.")}
    return {
        "comparison": found,
        "sides": [
            (audience, rules_phrase(audience.match, audience.rules), customers)
            for audience, customers in ((first, found.first), (second, found.second))
        ],
        "parts": [
            ("first", gettext("Only in “%(name)s”") % {"name": first.name}, found.only_first),
            ("both", gettext("In both"), found.both),
            ("second", gettext("Only in “%(name)s”") % {"name": second.name}, found.only_second),
        ],
    }
