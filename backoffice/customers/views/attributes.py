"""Attributes of the CRM that are made known, so that conditions can use them."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.views import generic

from backoffice.customers.attributes import keys_in_use, users_of
from backoffice.customers.models import AttributeDefinition

USERS_NAMED = 5


class AttributeDeleteView(generic.DeleteView):
    """An attribute that somebody asks for stays: a condition on it could not be understood any more."""

    @property
    def confirmation_message(self) -> str:
        return _(
            "“%(name)s” is no longer known, so that no condition can use it. What the CRM sent stays."
        ) % {"name": self.object.label}

    def form_valid(self, form: Any) -> HttpResponse:
        if not (users := users_of(self.object.key)):
            answer: HttpResponse = super().form_valid(form)
            return answer
        messages.error(
            self.request,
            _("“%(name)s” was not deleted, because these ask for it: %(users)s. Change them first.")
            % {"name": self.object, "users": ", ".join(users[:USERS_NAMED])},
        )
        return redirect(self.get_success_url())


class KeyInput(forms.TextInput):
    """A line that offers the keys that customers have."""

    template_name = "customers/key_input.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        offers = f"{name}-offers"
        context = super().get_context(name, value, {**(attrs or {}), "list": offers})
        return context | {"offers_id": offers, "offers": keys_in_use()}


class AttributeForm(WagtailAdminModelForm):
    """Name and type stay as they were made: audiences refer to them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for name in ("key", "kind"):
                self.fields[name].disabled = True
                self.fields[name].help_text = _(
                    "This cannot be changed any more, because audiences may use it. Add another attribute instead."
                )
        else:
            self.fields["key"].widget = KeyInput()

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean()
        if values.get("choices") and values.get("kind") not in (None, AttributeDefinition.Kind.TEXT):
            self.add_error(
                "choices",
                ValidationError(_("Only a text has a list of possible values. Leave this empty.")),
            )
        return values
