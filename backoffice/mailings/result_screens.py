"""After a mailing: a list of those with one outcome, and a new mailing to those whom it did not reach."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import include, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from wagtail import hooks

from backoffice.accounts.models import User
from backoffice.lib.numbers import grouped
from backoffice.mailings import results
from backoffice.mailings.control_screens import MailingScreen
from backoffice.mailings.lifecycle import Refused
from backoffice.mailings.models import Mailing


class ResultForm(forms.Form):
    """Which outcome, and how the list is called. Each outcome says how many there are."""

    result = forms.ChoiceField(label=_("Who is on the list"), widget=forms.RadioSelect)
    name = forms.CharField(label=_("Name of the list"), max_length=120)

    def __init__(self, *args: Any, counts: dict[str, int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["result"]
        choice.choices = [
            (name, f"{one.label}: {grouped(counts[name])}") for name, one in results.RESULTS.items()
        ]


class ListOfResult(MailingScreen):
    """Makes a list of a result; the list stays as it is whatever becomes of the mailing."""

    right = results.LISTS
    template_name = "mailings/live/list_of_result.html"
    page_title = _("List of a result")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        moment = date_format(timezone.localtime(), "SHORT_DATETIME_FORMAT")
        initial = {"result": "delivered", "name": f"{self.mailing.name}, {moment}"[:120]}
        form = ResultForm(initial=initial, counts=results.counts(self.mailing))
        return {"form": form} | super().get_context_data(**kwargs)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        form = ResultForm(request.POST, counts=results.counts(self.mailing))
        if form.is_valid():
            wish = form.cleaned_data
            try:
                made = results.list_of(self.mailing, wish["result"], wish["name"].strip(), self.user)
            except Refused as refusal:
                form.add_error("name", str(refusal))
            else:
                said = ngettext(
                    "%(count)s customer is on the list “%(name)s”.",
                    "%(count)s customers are on the list “%(name)s”.",
                    made.members_count,
                )
                messages.success(request, said % {"count": grouped(made.members_count), "name": made.name})
                return redirect("lists:page", made.pk)
        return render(request, self.template_name, self.get_context_data(form=form))


class Resend(MailingScreen):
    """Says whom a new mailing would be to, and makes its draft."""

    right = results.RESEND
    template_name = "mailings/live/resend.html"
    page_title = _("Send to the rest")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if reason := results.reason_not_to_resend(self.mailing, self.user):
            messages.error(request, reason)
            return self.to_mailing()
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"counts": results.counts(self.mailing)}

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            draft = results.resend(self.mailing, self.user)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return self.to_mailing()
        messages.success(request, gettext("The draft is made. Look at its text and its time, then plan it."))
        return redirect("mailings:inspect", draft.pk)


urls = (
    [
        path("list/<int:pk>/", ListOfResult.as_view(), name="list"),
        path("resend/<int:pk>/", Resend.as_view(), name="resend"),
    ],
    "mailing_results",
)


@hooks.register("register_admin_urls")
def register_result_screens() -> list[Any]:
    return [path("mailings/results-of/", include(urls))]


@hooks.register("parley_mailing_links")
def links_to_results(mailing: Mailing, user: User) -> list[tuple[str, str]]:
    """On the page of a mailing that has a result."""
    found = []
    if mailing.planned_count is not None and mailing.started_at and user.has_perm(results.LISTS):
        found.append((reverse("mailing_results:list", args=[mailing.pk]), gettext("List of a result …")))
    if not results.reason_not_to_resend(mailing, user):
        found.append((reverse("mailing_results:resend", args=[mailing.pk]), gettext("Send to the rest …")))
    return found
