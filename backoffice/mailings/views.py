from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods
from wagtail import hooks
from wagtail.admin.views import generic
from wagtail.models import ModelLogEntry

from backoffice.accounts.models import User
from backoffice.lib.masking import masked_phone
from backoffice.mailings import ledger, lifecycle, planning
from backoffice.mailings.models import Mailing, Message
from backoffice.mailings.progress import progress_of, sentence

PAGE = 50
SHOWN_HISTORY = 30


class MailingIndexView(generic.IndexView):
    """All mailings, each with its state and how far it is."""

    def get_base_queryset(self) -> QuerySet[Mailing]:
        found: QuerySet[Mailing] = super().get_base_queryset()
        return found.select_related("audience", "created_by")

    def get_table(self, object_list: Any) -> Any:
        books = ledger.ledgers(mailing.pk for mailing in object_list)
        for mailing in object_list:
            mailing.books = books.get(mailing.pk)
        return super().get_table(object_list)


class ToItsPage:
    """After saving, the mailing's own page says what comes next."""

    object: Mailing

    def get_success_url(self) -> str:
        return reverse("mailings:inspect", args=[self.object.pk])


class MailingCreateView(ToItsPage, generic.CreateView):
    def save_instance(self) -> Any:
        self.form.instance.created_by = self.request.user
        return super().save_instance()


class MailingEditView(ToItsPage, generic.EditView):
    had_plan = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        mailing = get_object_or_404(Mailing, pk=kwargs["pk"])
        if mailing.state in lifecycle.FROZEN or mailing.state == Mailing.State.PLANNING:
            messages.error(request, _("This mailing can no longer be changed. Copy it to make another one."))
            return redirect("mailings:inspect", mailing.pk)
        answer: HttpResponse = super().dispatch(request, *args, **kwargs)
        return answer

    def save_instance(self) -> Any:
        with transaction.atomic():
            self.had_plan = lifecycle.edited(self.form.instance, self.request.user)
            return super().save_instance()

    def get_success_message(self) -> str:
        if self.had_plan:
            said = _("“%(name)s” was changed. Its plan and approval were taken away: plan it again.")
        else:
            said = _("“%(name)s” was saved.")
        return said % {"name": self.object.name}


class MailingPageView(generic.InspectView):
    """The mailing's own page: where it stands, what comes next, who gets it, what it costs, what became of it."""

    template_name = "mailings/mailing.html"
    page_title = gettext_lazy("Mailing")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, mailing = self.request.user, self.object
        actions = lifecycle.allowed_actions(mailing, user)
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return (
            context
            | progress_of(mailing)
            | {
                "mailing": mailing,
                "sentence": sentence(mailing),
                "steps": [(name, _(lifecycle.STEPS[name].label)) for name in actions],
                "main_step": next(
                    (name for name in actions if name not in ("cancel", "send_back", "withdraw")), ""
                ),
                "may_edit": user.has_perm("mailings.change_mailing")
                and mailing.state not in lifecycle.FROZEN,
                "exclusions": ledger.exclusions(mailing.pk),
                "samples": planning.samples(mailing.pk) if may_read_texts(user) else [],
                "history": ModelLogEntry.objects.for_instance(mailing).select_related("user")[:SHOWN_HISTORY],
                "links": [
                    link for hook in hooks.get_hooks("parley_mailing_links") for link in hook(mailing, user)
                ],
            }
        )


def may_read_texts(user: User) -> bool:
    """Analysts and operator staff see numbers, not what is said to customers."""
    return user.has_perm("mailings.submit_mailing") or user.has_perm("mailings.approve_mailing")


@require_GET
def progress_view(request: HttpRequest, pk: int) -> HttpResponse:
    """The live part of the page, as HTML. Says when there is nothing more to wait for, or another page to show."""
    mailing = _mailing_for(request, pk)
    shown = request.GET.get("state", mailing.state)
    context = progress_of(mailing) | {
        "mailing": mailing,
        "has_changed": shown != mailing.state,
        "has_ended": mailing.state in lifecycle.ENDED and not progress_of(mailing)["books"].is_open,
    }
    return render(request, "mailings/progress.html", context)


@require_http_methods(["GET", "POST"])
def step_view(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Takes one step with a mailing. A GET asks first, with the effect in numbers."""
    mailing = _mailing_for(request, pk)
    if name not in lifecycle.STEPS:
        raise PermissionDenied
    if request.method == "GET":
        return render(
            request, "mailings/step.html", {"mailing": mailing, "name": name, **progress_of(mailing)}
        )
    comment = request.POST.get("comment", "").strip()
    if name == "send_back" and not comment:
        messages.error(request, _("Say what has to be changed."))
        return redirect("mailings:step", pk, name)
    try:
        arguments = [comment] if name == "send_back" else []
        getattr(lifecycle, name)(mailing, request.user, *arguments)
    except lifecycle.Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("mailings:inspect", pk)


@require_http_methods(["GET", "POST"])
def recipients_view(request: HttpRequest, pk: int) -> HttpResponse:
    """The messages of a mailing, fifty at a time. Finding somebody by number is a POST: numbers stay out of logs."""
    mailing = _mailing_for(request, pk)
    rows = Message.objects.of(mailing).select_related("customer", "connection").order_by("id")
    state, number = request.GET.get("state", ""), request.POST.get("number", "")
    if state in Message.State.values:
        rows = rows.filter(state=state)
    if number:
        rows = rows.filter(customer__phone="+" + "".join(filter(str.isdigit, number)))
    after = request.GET.get("after", "")
    if after.isdigit():
        rows = rows.filter(id__gt=int(after))
    found = list(rows[: PAGE + 1])
    may_reveal = request.user.has_perm("customers.reveal_customer")
    show = str if may_reveal else masked_phone
    context = {
        "mailing": mailing,
        "rows": [(message, show(message.customer.phone)) for message in found[:PAGE]],
        "next": found[PAGE - 1].pk if len(found) > PAGE else None,
        "states": Message.State.choices,
        "state": state,
    }
    return render(request, "mailings/recipients.html", context)


def _mailing_for(request: HttpRequest, pk: int) -> Mailing:
    if not request.user.has_perm("mailings.view_mailing"):
        raise PermissionDenied
    return get_object_or_404(Mailing, pk=pk)
