"""Customers: the list, one customer's card, and what a person may do on it."""

from itertools import groupby
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import View
from wagtail import hooks
from wagtail.admin.widgets.button import HeaderButton
from wagtail.log_actions import log

from backoffice.accounts.models import User
from backoffice.accounts.reading_log import record_reveal
from backoffice.accounts.revealing import never_stored, showing
from backoffice.customers import consents, finding
from backoffice.customers.models import Consent, Customer, Purpose
from backoffice.lib.masking import HIDDEN, masked_phone
from backoffice.lib.pagination import EstimatedPaginator
from backoffice.lib.screens import NeedsRight, Screen

PER_PAGE = 50
ACTIONS_SHOWN = 20
# What somebody searches for stays in the session: an address is written to logs and sent along as the referrer.
SEARCHED = "customers_searched"
SEARCHED_AT_MOST = 100
LISTED = (
    "external_id",
    "phone",
    "first_name",
    "last_name",
    "city",
    "segment",
    "last_purchase_on",
    "is_blocked",
)


def initials(customer: Customer) -> str:
    """ "A. P.", or nothing where no name is known."""
    return " ".join(f"{name[0]}." for name in (customer.first_name, customer.last_name) if name)


def full_name(customer: Customer) -> str:
    return " ".join(filter(None, (customer.last_name, customer.first_name, customer.middle_name)))


class CustomerList(Screen):
    """Customers, newest first; searched by number or name through indexes, never counted.

    A search is posted and kept in the session, so that no number or name is part of an address.
    """

    right = "customers.view_customer"
    template_name = "customers/list.html"
    page_title = _("Customers")
    header_icon = "user"

    def get_header_buttons(self) -> list[HeaderButton]:
        if not self.request.user.has_perm("customers.import_customer"):
            return []
        return [HeaderButton(_("Imports"), url=reverse("imports:index"), icon_name="upload")]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return never_stored(super().get(request, *args, **kwargs), showing(request, Customer))

    def post(self, request: HttpRequest) -> HttpResponse:
        request.session[SEARCHED] = request.POST.get("q", "").strip()[:SEARCHED_AT_MOST]
        return redirect(
            f"{reverse('customers:index')}?searched=1" if request.session[SEARCHED] else "customers:index"
        )

    def _found(self, words: str) -> tuple[Any, str]:
        """Who fits, and what keeps from searching."""
        try:
            customers = finding.find(cast("User", self.request.user), words)
        except finding.TooManySearches as refusal:
            return Customer.objects.none(), str(refusal)
        return customers.only(*LISTED).order_by("-id"), ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = self.request.session.get(SEARCHED, "") if "searched" in self.request.GET else ""
        customers, problem = self._found(words)
        page = EstimatedPaginator(customers, PER_PAGE).get_page(self.request.GET.get("p"))
        shown = showing(self.request, Customer)
        reveals = shown.is_full
        lines = [
            {
                "customer": customer,
                "name": full_name(customer) if reveals else initials(customer),
                "phone": customer.phone if reveals else masked_phone(customer.phone),
            }
            for customer in page
        ]
        if reveals and lines:
            shown.record([customer.pk for customer in page])
        return super().get_context_data(**kwargs) | {
            "page": page,
            "lines": lines,
            "words": words,
            "problem": problem,
            "showing": shown,
            "may_import": self.request.user.has_perm("customers.import_customer"),
        }


class CustomerCard(Screen):
    """One customer: who, contract, money, consents with their history, last actions, and what other rooms add."""

    right = "customers.view_customer"
    template_name = "customers/card.html"
    header_icon = "user"
    trail = [("customers:index", _("Customers"))]
    revealed = False

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.customer = get_object_or_404(Customer, pk=kwargs["pk"])

    def get_page_title(self) -> str:
        return gettext("Customer %(number)s") % {"number": self.customer.external_id}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        panels = [
            panel for hook in hooks.get_hooks("parley_customer_panels") for panel in hook(self.customer, user)
        ]
        return super().get_context_data(**kwargs) | {
            "customer": self.customer,
            "name": full_name(self.customer) if self.revealed else initials(self.customer),
            "phone": self.customer.phone if self.revealed else masked_phone(self.customer.phone),
            "email": self.customer.email if self.revealed or not self.customer.email else HIDDEN,
            "revealed": self.revealed,
            "may_reveal": user.has_perm("customers.reveal_customer"),
            "may_change": user.has_perm("customers.change_customer"),
            "purposes": _consents(self.customer),
            "actions": self.customer.actions.order_by("-at")[:ACTIONS_SHOWN],
            "panels": panels,
            "currency": settings.CURRENCY,
        }


def _consents(customer: Customer) -> list[dict[str, Any]]:
    """For each purpose: the standing answer, and those before it."""
    rows = customer.consents.order_by("purpose", "-id")
    said = {purpose: list(group) for purpose, group in groupby(rows, key=lambda row: row.purpose)}
    return [
        {
            "purpose": purpose,
            "standing": next((row for row in said.get(purpose, []) if row.superseded_at is None), None),
            "history": [row for row in said.get(purpose, []) if row.superseded_at is not None],
        }
        for purpose in Purpose
    ]


class CustomerReveal(CustomerCard):
    """Shows the card with full name and number. Who looked, and why, is written down first."""

    right = "customers.reveal_customer"
    http_method_names = ["post"]

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        reason = request.POST.get("reason", "").strip()[:200]
        if not reason:
            messages.error(request, gettext("Say why you need the full number."))
            return redirect("customers:card", self.customer.pk)
        record_reveal(cast("User", request.user), self.customer, reason)
        self.revealed = True
        response = render(request, self.template_name, self.get_context_data())
        response["Cache-Control"] = "no-store"
        return response


class CustomerChange(NeedsRight, View):
    """A change of one customer that is asked for on the card."""

    right = "customers.change_customer"
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        customer = get_object_or_404(Customer, pk=pk)
        self.change(customer)
        return redirect("customers:card", pk)

    def change(self, customer: Customer) -> None:
        raise NotImplementedError


class ConsentChange(CustomerChange):
    """Consent is given or withdrawn, with its source."""

    def change(self, customer: Customer) -> None:
        posted = self.request.POST
        if posted.get("purpose") not in Purpose.values or posted.get("state") not in Consent.State.values:
            messages.error(
                self.request, gettext("Choose a purpose, and whether consent is given or withdrawn.")
            )
            return
        purpose, state = Purpose(posted["purpose"]), Consent.State(posted["state"])
        try:
            consents.record(customer, purpose, state, posted.get("source", ""))
        except consents.SourceMissing as error:
            messages.error(self.request, str(error))
            return
        log(
            customer,
            "customers.consent",
            user=self.request.user,
            data={"purpose": purpose.value, "state": state.value},
        )
        said = {"purpose": purpose.label, "state": state.label}
        messages.success(self.request, gettext("%(purpose)s: consent is %(state)s.") % said)


class BlockedChange(CustomerChange):
    """Nobody writes to a blocked customer, whatever they agreed to."""

    def change(self, customer: Customer) -> None:
        customer.is_blocked = self.request.POST.get("blocked") == "yes"
        customer.save(update_fields=["is_blocked", "updated_at"])
        log(
            customer,
            "customers.block" if customer.is_blocked else "customers.unblock",
            user=self.request.user,
        )
        messages.success(
            self.request,
            gettext("This customer is blocked: nobody writes to them any more.")
            if customer.is_blocked
            else gettext("This customer is not blocked any more."),
        )
