"""The form of a mailing: a new one, a copy, a change. What is typed is kept; saving may go on to the check at once."""

import re
import uuid
from typing import Any, cast

from django.contrib import messages
from django.db import transaction
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from wagtail.admin.views import generic
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from backoffice.accounts.models import User
from backoffice.lib.panels import DrawnOnce
from backoffice.lib.versions import SEEN, VersionChecked
from backoffice.mailings import lifecycle, results, unfinished
from backoffice.mailings.models import Mailing, UnfinishedMailing
from backoffice.mailings.step_facts import known_of_form
from backoffice.mailings.step_panels import STEP_OF
from backoffice.mailings.steps import Step, places_from_form, steps_of

# What a form does not change. Read again under a lock before saving, so that an old page overwrites no newer state.
KEPT = [field.attname for field in Mailing._meta.concrete_fields if not field.editable]
FINGERPRINT = re.compile(r"[0-9a-f]{64}")
CHECK = "check"


def reason_not_to_change(mailing: Mailing) -> str:
    """Why nobody can change it now and what to do; empty if it can be changed."""
    if mailing.state == Mailing.State.PLANNING:
        return _("This mailing is being planned. Wait for the plan, then change it.")
    if mailing.state in lifecycle.FROZEN:
        return _("This mailing can no longer be changed. Copy it to make another one.")
    return ""


def key_of(text: str) -> uuid.UUID | None:
    """The key of a page, if it is one."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


class KeepsTyping(DrawnOnce, WagtailAdminTemplateMixin):
    """Mix-in for the form's pages: keeps what is typed and brings it back, says the six steps, asks for the plan if wanted.

    A page keeps by a POST to its own address with ``keep`` in it; it saves nothing and answers in JSON.
    """

    template_name = "mailings/form.html"
    request: HttpRequest
    object: Any
    asks_for_plan = False

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "keep" in request.POST:
            return self.keep()
        answer: HttpResponse = super().post(request, *args, **kwargs)
        return answer

    @property
    def saved_mailing(self) -> Mailing | None:
        """Which mailing the form changes; None for a new one."""
        return None

    @cached_property
    def begun(self) -> UnfinishedMailing | None:
        """What was kept for this page."""
        if self.saved_mailing:
            return unfinished.of_mailing(self.person, self.saved_mailing)
        key = key_of(self.request.GET.get("unfinished", ""))
        return unfinished.new_one(self.person, key) if key else self.going_on()

    def going_on(self) -> UnfinishedMailing | None:
        """What a new page goes on with."""
        return None

    @cached_property
    def page_key(self) -> uuid.UUID:
        if posted := key_of(self.request.POST.get("unfinished", "")):
            return posted
        return self.begun.key if self.begun else uuid.uuid4()

    @cached_property
    def based_on(self) -> str:
        """What was saved when the page was opened, or when the typing began that it goes on with."""
        if FINGERPRINT.fullmatch(posted := self.request.POST.get("based_on", "")):
            return posted
        if self.begun and self.begun.based_on:
            return self.begun.based_on
        return unfinished.fingerprint(self.saved_mailing) if self.saved_mailing else ""

    @property
    def person(self) -> User:
        return cast("User", self.request.user)

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)
        if self.request.method == "GET" and self.begun:
            form.initial.update(unfinished.typed(form, self.begun.values))
        return form

    def stored(self) -> Mailing | None:
        """As it is saved; a form changes the one that it is given."""
        return Mailing.objects.get(pk=self.saved_mailing.pk) if self.saved_mailing else None

    def keep(self) -> JsonResponse:
        self.object = self.stored()
        form = self.get_form()
        form.is_valid()
        values = unfinished.only_fields(self.request.POST, [*form.fields, SEEN])
        try:
            row = unfinished.keep(self.person, self.page_key, self.saved_mailing, values, self.based_on)
        except unfinished.NotKept as problem:
            return not_kept(str(problem))
        said = ""
        if row:
            kept_at = date_format(timezone.localtime(row.saved_at), "H:i:s")
            said = _("Kept at %(time)s. Nothing is changed until you save.") % {"time": kept_at}
        steps = render_to_string("mailings/steps/steps.html", {"way": self.way(form)})
        return JsonResponse({"is_kept": row is not None, "said": said, "steps": steps})

    def way(self, form: Any) -> list[Step]:
        """The six steps of what stands in the form."""
        if not form.is_bound and self.begun:
            form = self.trial(form)
        mailing = form.instance
        return steps_of(mailing, known_of_form(form, mailing, STEP_OF), places_from_form(mailing))

    def trial(self, form: Any) -> BaseForm:
        """What was kept as if it were sent: to see what is missing without marking it while somebody still types."""
        assert self.begun is not None
        trial: BaseForm = type(form)(
            MultiValueDict(self.begun.values), instance=self.stored(), for_user=self.person
        )
        trial.is_valid()
        return trial

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        row, mailing = self.begun, self.saved_mailing
        return context | {
            "way": self.way(context["form"]),
            "page_key": self.page_key,
            "based_on": self.based_on,
            "unfinished": row,
            "changed_since": unfinished.changed_since(row, mailing) if row and mailing else None,
            "may_check": self.person.has_perm("mailings.submit_mailing"),
        }

    def get_success_url(self) -> str:
        """After saving, the mailing's own page says what comes next."""
        return reverse("mailings:inspect", args=[self.object.pk])

    def save_action(self) -> HttpResponse:
        unfinished.forget(self.person, self.page_key, self.saved_mailing)
        if self.request.POST.get(f"action-{CHECK}"):
            try:
                lifecycle.request_plan(self.object, self.person)
                self.asks_for_plan = True
            except lifecycle.Refused as refusal:
                messages.error(self.request, str(refusal))
        answer: HttpResponse = super().save_action()
        return answer

    def saved_words(self, *, had_plan: bool = False) -> str:
        if had_plan and not self.asks_for_plan:
            said = _("“%(name)s” was changed. Its plan and approval were taken away: plan it again.")
        elif had_plan:
            said = _(
                "“%(name)s” was changed. Its plan and approval were taken away; a new plan is being made."
            )
        elif self.asks_for_plan:
            said = _("“%(name)s” was saved, and its plan is being made.")
        else:
            said = _("“%(name)s” was saved.")
        return said % {"name": self.object.name}


def not_kept(why: str) -> JsonResponse:
    return JsonResponse({"is_kept": False, "said": why}, status=409)


class MailingCreateView(KeepsTyping, generic.CreateView):
    def going_on(self) -> UnfinishedMailing | None:
        return unfinished.nameless(self.person) if self.request.method == "GET" else None

    def save_instance(self) -> Any:
        self.form.instance.created_by = self.request.user
        return super().save_instance()

    def get_success_message(self, instance: Mailing) -> str:
        return self.saved_words()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        others = unfinished.new_ones(self.person)
        # The page itself may have been kept while it was open and came back with a mistake.
        others = [row for row in others if row.key != self.page_key]
        return super().get_context_data(**kwargs) | {"unfinished_new": others}


class MailingCopyView(generic.CopyView, MailingCreateView):
    """A new draft with the same answers; plan, approval and history stay with the old one."""

    def going_on(self) -> None:
        return None

    def get_initial_form_instance(self) -> Mailing:
        return results.copy_of(self.get_object())


class MailingEditView(KeepsTyping, VersionChecked, generic.EditView):
    had_plan = False

    @cached_property
    def saved_mailing(self) -> Mailing:
        return get_object_or_404(Mailing, pk=self.kwargs["pk"])

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        mailing = self.saved_mailing
        if request.user.has_perm("mailings.change_mailing") and (reason := reason_not_to_change(mailing)):
            if "keep" in request.POST:
                return not_kept(reason)
            messages.error(request, reason)
            return redirect("mailings:inspect", mailing.pk)
        answer: HttpResponse = super().dispatch(request, *args, **kwargs)
        return answer

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            answer: HttpResponse = super().form_valid(form)
        except lifecycle.Refused as refusal:
            form.add_error(None, str(refusal))
            self.produced_error_message = self.get_error_message()
            answer = self.form_invalid(form)
        return answer

    def save_instance(self) -> Any:
        mailing = self.form.instance
        with transaction.atomic():
            present = Mailing.objects.select_for_update().get(pk=mailing.pk)
            for name in KEPT:
                setattr(mailing, name, getattr(present, name))
            if reason := reason_not_to_change(mailing):
                raise lifecycle.Refused(reason)
            self.had_plan = lifecycle.edited(mailing, self.person)
            return super().save_instance()

    def get_success_message(self) -> str:
        return self.saved_words(had_plan=self.had_plan)


@require_POST
def throw_away_view(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Forgets what somebody typed and did not save. Nobody else's is there for them."""
    row = get_object_or_404(UnfinishedMailing, key=key, person=request.user)
    unfinished.forget(row.person, row.key)
    messages.success(request, _("What you had typed was thrown away."))
    return redirect("mailings:edit", row.mailing_id) if row.mailing_id else redirect("mailings:index")
