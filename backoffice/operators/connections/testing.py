"""One message to an own number over one connection, with the time of each step of its way."""

from typing import Any, cast

import structlog
from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.log_actions import log

from backoffice.accounts.models import User
from backoffice.lib.masking import masked_phone
from backoffice.lib.phones import normalise_mobile
from backoffice.lib.screens import Screen
from backoffice.operators import tasks
from backoffice.operators.connections.test_way import is_over, steps_of
from backoffice.operators.connections.words import problem_of_link
from kannel.models import Connection, TestMessage
from kannel.test_messages import SENDER_SHAPE, reports_of

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
            return normalise_mobile(str(self.cleaned_data["phone"]).strip(), settings.DEFAULT_REGION)
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
