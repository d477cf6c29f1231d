from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods
from wagtail import hooks
from wagtail.admin.views import generic
from wagtail.admin.widgets.button import HeaderButton
from wagtail.models import ModelLogEntry

from backoffice.accounts.models import User
from backoffice.accounts.revealing import never_stored, showing
from backoffice.customers import finding
from backoffice.lib.masking import masked_phone
from backoffice.lib.phones import normalise
from backoffice.mailings import (
    approval_screens,
    approving,
    comparing,
    four_eyes,
    ledger,
    lifecycle,
    live,
    planning,
    reasons,
    unfinished,
    when,
)
from backoffice.mailings.approvers import can_words
from backoffice.mailings.check import night, span
from backoffice.mailings.check.checking import check_of
from backoffice.mailings.form_screens import reason_not_to_change
from backoffice.mailings.models import Mailing, Message
from backoffice.mailings.progress import progress_of, sentence
from backoffice.mailings.querysets import MessageQuerySet
from backoffice.mailings.step_facts import known_of_page
from backoffice.mailings.steps import Known, places_from_page, steps_of
from backoffice.mailings.texts import may_read_texts

PAGE = 50
SHOWN_HISTORY = 30
SHOWN_RUNS = 20
# Above so many recipients, cancelling asks to type their number.
TYPED_ABOVE = 10_000
# The first of them that is possible is the main button.
MAIN_STEPS = ("submit", "request_plan", "resume", "pause")
# A plan of these can still be made anew, some of them after they were returned or withdrawn.
REPLANNABLE = (Mailing.State.DRAFT, Mailing.State.PLANNED, Mailing.State.SUBMITTED, Mailing.State.APPROVED)


class MailingIndexView(generic.IndexView):
    """All mailings, each with its state and how far it is."""

    template_name = "mailings/index.html"
    results_template_name = "mailings/index_results.html"

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        calendar = HeaderButton(_("Calendar"), url=reverse("mailing_calendar:month"), icon_name="calendar")
        return [*super().header_buttons, calendar]

    def get_base_queryset(self) -> QuerySet[Mailing]:
        found: QuerySet[Mailing] = super().get_base_queryset()
        # Conditions and snapshots of audiences are long, and no column shows them.
        return found.select_related("audience", "created_by").defer("audience__rules", "planned_audience")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"unfinished_new": unfinished.new_ones(self.request.user)}

    def get_table(self, object_list: Any) -> Any:
        books = ledger.ledgers(mailing.pk for mailing in object_list)
        first = span.first_moments(object_list)
        for mailing in object_list:
            mailing.books, mailing.first_moment = books.get(mailing.pk), first.get(mailing.pk)
        return super().get_table(object_list)


class MailingDeleteView(generic.DeleteView):
    """Only what never had a plan goes without a trace."""

    def form_valid(self, form: Any) -> HttpResponse:
        if self.object.state != Mailing.State.DRAFT or self.object.planned_at is not None:
            messages.error(
                self.request,
                _("Only a draft that was never planned can be deleted. Cancel this mailing instead."),
            )
            return redirect("mailings:inspect", self.object.pk)
        answer: HttpResponse = super().form_valid(form)
        return answer


class MailingPageView(generic.InspectView):
    """The mailing's own page: where it stands, what comes next, who gets it, what it costs, what became of it."""

    template_name = "mailings/mailing.html"
    page_title = gettext_lazy("Mailing")

    def get_object(self, queryset: Any = None) -> Mailing:
        rows = Mailing.objects.select_related("template", "audience", "created_by")
        return get_object_or_404(rows.prefetch_related("template__language_variants"), pk=self.pk)

    def get_fields_context(self) -> list[dict[str, Any]]:
        """Wagtail lists all seventy columns, and looks up each row they lead to. The template shows what matters itself."""
        return []

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, mailing = self.request.user, self.object
        if mailing.state == Mailing.State.SUBMITTED:
            four_eyes.show_writers(mailing)
        allowed = lifecycle.allowed_actions(mailing, user)
        # What an approver decides has a section of its own.
        actions = [name for name in allowed if name not in approving.DECISIONS]
        context: dict[str, Any] = super().get_context_data(**kwargs)
        progress = progress_of(mailing)
        may_edit = user.has_perm("mailings.change_mailing") and not reason_not_to_change(mailing)
        known = known_of_page(mailing, progress["books"])
        return (
            context
            | progress
            | approval_screens.panel_of(mailing, user, allowed)
            | {
                "mailing": mailing,
                "effects": live.effects(mailing, progress["books"], actions),
                "sentence": " ".join(filter(None, [sentence(mailing), who_can_act(mailing, known)])),
                "way": steps_of(mailing, known, places_from_page(mailing, may_edit=may_edit)),
                "is_on_the_way": mailing.state in lifecycle.FROZEN,
                "steps": [(name, _(lifecycle.STEPS[name].label)) for name in actions],
                "step_names": actions,
                "main_step": next((name for name in MAIN_STEPS if name in actions), ""),
                "audience_url": reverse("audiences:edit", args=[mailing.audience_id])
                if user.has_perm("audiences.change_audience")
                else "",
                "replannable": REPLANNABLE,
                "may_edit": may_edit,
                "may_copy": user.has_perm("mailings.add_mailing"),
                "has_ended": has_ended(mailing),
                "check": check_of(mailing, user),
                "samples": planning.samples(mailing.pk)
                if may_read_texts(user) and mailing.state != Mailing.State.SUBMITTED
                else [],
                "runs": list(mailing.runs.order_by("-run_at")[:SHOWN_RUNS]) if mailing.is_series else [],
                "scores": comparing.scores(mailing) if mailing.compares else [],
                "hours": when.hours_words(mailing),
                "history": ModelLogEntry.objects.for_instance(mailing).select_related("user")[:SHOWN_HISTORY],
                "links": [
                    link for hook in hooks.get_hooks("parley_mailing_links") for link in hook(mailing, user)
                ],
            }
        )


def who_can_act(mailing: Mailing, known: Known) -> str:
    """Who could take it further, if somebody else than the reader has to."""
    return can_words(known.approvers) if mailing.state == Mailing.State.SUBMITTED else ""


def has_ended(mailing: Mailing) -> bool:
    """True when no number of it moves any more."""
    return mailing.state in lifecycle.ENDED and not progress_of(mailing)["books"].is_open


@require_GET
def progress_view(request: HttpRequest, pk: int) -> HttpResponse:
    """The live part of the page, as HTML. Says when there is nothing more to wait for, or another page to show."""
    mailing = _mailing_for(request, pk)
    shown = request.GET.get("state", mailing.state)
    context = progress_of(mailing) | {
        "mailing": mailing,
        "has_changed": shown != mailing.state,
        "has_ended": has_ended(mailing),
    }
    return render(request, "mailings/progress.html", context)


@require_http_methods(["GET", "POST"])
def step_view(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Takes one step with a mailing. A GET asks first, with the effect in numbers."""
    mailing = _mailing_for(request, pk)
    if name not in lifecycle.STEPS:
        raise PermissionDenied
    to_type = _number_to_type(mailing) if name == "cancel" else None
    if request.method == "GET":
        user: Any = request.user
        if name not in lifecycle.allowed_actions(mailing, user):
            messages.error(
                request, _("You cannot do this with the mailing now. Its page says what is possible.")
            )
            return redirect("mailings:inspect", pk)
        progress = progress_of(mailing)
        effects = live.effects(mailing, progress["books"], [name])
        if name == "approve":
            effects = [approval_screens.effect_of_approving(mailing)]
        asked = night.agreement(night.count(mailing)) if name == "approve" else ""
        context = {"mailing": mailing, "name": name, "to_type": to_type, "effects": effects, "night": asked}
        context |= progress
        return render(request, "mailings/step.html", context)
    comment = request.POST.get("comment", "").strip()
    if to_type and "".join(filter(str.isdigit, request.POST.get("typed", ""))) != str(to_type):
        messages.error(
            request, _("The number was not right, so nothing was cancelled. Type it as it is shown.")
        )
        return redirect("mailings:step", pk, name)
    if name in approving.COMMENTED and not comment:
        messages.error(request, approval_screens.COMMENT_ASKED[name])
        return redirect("mailings:step", pk, name)
    try:
        getattr(lifecycle, name)(mailing, request.user, **_answers(name, request, comment))
    except lifecycle.Refused as refusal:
        # What was typed is not lost with the step.
        said = _("You had written: “%(comment)s”") % {"comment": comment} if comment else ""
        messages.error(request, f"{refusal} {said}".strip())
    return redirect("mailings:inspect", pk)


def _number_to_type(mailing: Mailing) -> int | None:
    """Above a size the number of recipients; other steps count nothing, so that pausing waits for no count."""
    recipients = ledger.ledger(mailing.pk).to_send
    return recipients if recipients > TYPED_ABOVE and not mailing.is_series else None


def _answers(name: str, request: HttpRequest, comment: str) -> dict[str, Any]:
    """What a step has to be told in addition."""
    if name in approving.COMMENTED:
        return {"comment": comment}
    if name == "submit":
        return {"note": comment}
    if name == "approve":
        agrees = request.POST.get("agrees_to_night") == "on"
        return {"seen": request.POST.get("seen", ""), "comment": comment, "agrees_to_night": agrees}
    return {}


@require_http_methods(["GET", "POST"])
def recipients_view(request: HttpRequest, pk: int) -> HttpResponse:
    """The messages of a mailing, fifty at a time. Finding somebody by number is a POST: numbers stay out of logs."""
    mailing = _mailing_for(request, pk)
    may_find = request.user.has_perm("customers.view_customer")
    chosen, problem = {name: request.GET.get(name, "") for name in ("state", "reason", "after")}, ""
    rows = Message.objects.of(mailing).select_related("customer", "connection", "route").order_by("id")
    if request.method == "POST":
        if not may_find:
            raise PermissionDenied
        chosen = {}
        try:
            number = normalise(request.POST.get("number", ""), settings.DEFAULT_REGION)
            finding.note(cast("User", request.user), number)
            rows = rows.filter(customer__phone=number)
        except (ValueError, finding.TooManySearches) as mistake:
            rows, problem = rows.none(), str(mistake)
    else:
        rows = _chosen(rows, **chosen)
    found = list(rows[: PAGE + 1])
    shown = showing(request, mailing)
    show = str if shown.is_full else masked_phone
    if shown.is_full and found:
        shown.record([message.customer_id for message in found[:PAGE]])
    context = {
        "mailing": mailing,
        "rows": [(message, show(message.customer.phone), _why(message)) for message in found[:PAGE]],
        "next": found[PAGE - 1].pk if len(found) > PAGE else None,
        "states": Message.State.choices,
        "state": chosen.get("state", ""),
        "reasons": Message.Reason.choices,
        "reason": chosen.get("reason", ""),
        "is_search": request.method == "POST",
        "may_find": may_find,
        "problem": problem,
        "showing": shown,
    }
    return never_stored(render(request, "mailings/recipients.html", context), shown)


def _why(message: Message) -> str:
    """Why a message does not arrive; nothing for one that does, or may."""
    has_reason = message.reason or message.state in reasons.NOT_ARRIVED
    return reasons.in_words(message.state, message.reason, message.error) if has_reason else ""


def _chosen(rows: MessageQuerySet, state: str, reason: str, after: str) -> MessageQuerySet:
    """The messages that the address of the page asks for; what makes no sense in it is passed over."""
    if state in Message.State.values:
        rows = rows.filter(state=state)
    if reason in Message.Reason.values:
        rows = rows.filter(reason=reason)
    if after.isdecimal() and len(after) < len(str(2**63)):
        rows = rows.filter(id__gt=int(after))
    return rows


def _mailing_for(request: HttpRequest, pk: int) -> Mailing:
    if not request.user.has_perm("mailings.view_mailing"):
        raise PermissionDenied
    return get_object_or_404(Mailing, pk=pk)
