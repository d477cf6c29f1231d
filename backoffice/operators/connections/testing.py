"""One message to an own number over one connection, with the time of each step of its way."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import structlog
from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.log_actions import log

from backoffice.accounts.models import User
from backoffice.lib.masking import masked_phone
from backoffice.lib.phones import normalise
from backoffice.lib.screens import Screen
from backoffice.operators import tasks
from backoffice.operators.connections.words import problem_of_link
from kannel.models import Connection, Event, TestMessage
from kannel.test_messages import SENDER_SHAPE, outcome_of, reports_of

logger = structlog.get_logger(__name__)
RIGHT = "kannel.change_connection"
TRAIL = [("operators:connections", gettext_lazy("State of the lines"))]


class TestForm(forms.Form):
    """To whom, from whom and what. The person's own number stands there already."""

    __test__ = False
    phone = forms.CharField(
        label=gettext_lazy("Own number"),
        max_length=40,
        help_text=gettext_lazy("Your own telephone, or the test telephone of your team. Never a customer's."),
    )
    sender = forms.CharField(
        label=gettext_lazy("Sender"),
        max_length=15,
        initial="Parley",
        help_text=gettext_lazy("A name the operator has allowed: up to 11 letters and digits, or a number."),
    )
    text = forms.CharField(label=gettext_lazy("Text"), max_length=70, initial="Test")

    def clean_phone(self) -> str:
        """The number as E.164."""
        try:
            return normalise(str(self.cleaned_data["phone"]).strip(), settings.DEFAULT_REGION)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def clean_sender(self) -> str:
        """A sender that Kannel passes on unharmed."""
        sender = str(self.cleaned_data["sender"]).strip()
        if not SENDER_SHAPE.fullmatch(sender):
            raise forms.ValidationError(_("Use up to 11 Latin letters and digits, or + and up to 14 digits."))
        return sender


class TestScreen(Screen):
    """Asks for the number, sends, and leads to the page of the message."""

    __test__ = False
    right = RIGHT
    template_name = "operators/test.html"
    header_icon = "mail"
    trail = TRAIL

    def get_page_title(self) -> str:
        return _("Test message over %(name)s") % {"name": self.line}

    @property
    def line(self) -> Connection:
        rows = Connection.objects.select_related("gateway", "operator")
        return get_object_or_404(rows, pk=self.kwargs["pk"], is_enabled=True)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = cast("User", self.request.user)
        line = self.line
        last = line.test_messages.select_related("created_by")[:5]
        context = {
            "form": TestForm(initial={"phone": user.phone}),
            "line": line,
            "is_down": line.status != Connection.Status.ONLINE,
            "trouble": problem_of_link(line),
            "last": [(one, masked_phone(one.phone)) for one in last],
        }
        return context | super().get_context_data(**kwargs)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        form = TestForm(request.POST)
        if not form.is_valid():
            return render(request, self.template_name, self.get_context_data(form=form))
        user = cast("User", request.user)
        message = TestMessage.objects.create(connection=self.line, created_by=user, **form.cleaned_data)
        log(instance=message.connection, action="kannel.test", user=user, data={"message": message.pk})
        tasks.send_test(message.pk)
        return redirect("operators:test_message", message.pk)


@dataclass(frozen=True)
class Step:
    """One step of the way: when, and how long after the one before; ``at`` is None while it has not come."""

    label: str
    at: datetime | None
    seconds: float | None
    detail: str = ""
    look: str = "good"


class TestMessageScreen(Screen):
    """The way of one test message; the live part alone with ``?part=1``."""

    __test__ = False
    right = RIGHT
    header_icon = "mail"
    trail = TRAIL

    def get_template_names(self) -> list[str]:
        is_part = self.request.GET.get("part")
        return ["operators/test_message_part.html" if is_part else "operators/test_message.html"]

    def get_page_title(self) -> str:
        return _("Test message %(number)d") % {"number": self.kwargs["pk"]}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = TestMessage.objects.select_related("connection__operator", "connection__gateway")
        message = get_object_or_404(rows, pk=self.kwargs["pk"])
        reports = reports_of(message)
        context = {
            "message": message,
            "phone": masked_phone(message.phone),
            "steps": steps_of(message, reports),
            "is_over": is_over(message, reports),
            "trouble": problem_of_link(message.connection),
        }
        return super().get_context_data(**kwargs) | context


def is_over(message: TestMessage, reports: list[Event]) -> bool:
    """Whether nothing more can come."""
    refused = message.answer not in ("", TestMessage.Answer.TAKEN)
    return refused or any(outcome_of(one) not in ("sent", "buffered") for one in reports)


def steps_of(message: TestMessage, reports: list[Event]) -> list[Step]:
    """The four steps, as far as they have come."""
    taken = message.answer == TestMessage.Answer.TAKEN
    sent = next((one for one in reports if outcome_of(one) == "sent"), None)
    final = next((one for one in reports if outcome_of(one) not in ("sent", "buffered")), None)
    answer = "" if taken or not message.answer else capfirst(message.get_answer_display())
    rejected = final is not None and outcome_of(final) == "rejected"
    moments = [
        (_("Handed over to Kannel"), message.handed_over_at, "", "good"),
        (_("Accepted by Kannel"), message.answered_at, answer, "good" if taken else "bad"),
        (
            _("Taken by the operator"),
            _heard(final if rejected else sent),
            _words(final) if rejected else "",
            "bad" if rejected else "good",
        ),
    ]
    if not rejected:
        looks = {"delivered": "good"}
        look = looks.get(outcome_of(final), "bad") if final else "good"
        moments.append((_("Delivery receipt"), _heard(final), _words(final), look))
    return _timed(message.created_at, moments)


def _timed(began: datetime, moments: list[tuple[str, datetime | None, str, str]]) -> list[Step]:
    steps = []
    for label, at, detail, look in moments:
        seconds = max(0.0, (at - began).total_seconds()) if at else None
        steps.append(Step(label, at, seconds, detail, look if at else "hollow"))
    return steps


def _heard(event: Event | None) -> datetime | None:
    """When we heard of it: the operator's own clock says whole seconds only, and its own ones."""
    return event.received_at if event else None


OUTCOMES = {
    "delivered": gettext_lazy("delivered"),
    "undelivered": gettext_lazy("not delivered"),
    "expired": gettext_lazy("expired"),
    "rejected": gettext_lazy("refused"),
}


def _words(event: Event | None) -> str:
    if event is None:
        return ""
    said = event.text.strip()[:160]
    outcome = str(OUTCOMES[outcome_of(event)])
    return f"{outcome}: {said}" if said else outcome
