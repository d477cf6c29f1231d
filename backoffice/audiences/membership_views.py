"""What lists, and audiences within audiences, add to the screens of audiences: mix-ins for their views."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from wagtail.admin.widgets.button import Button

from backoffice.audiences.criteria.membership import editing, users_of_audience

USERS_NAMED = 5


class NoCircle:
    """For the edit view: an audience cannot be its own condition, and is not the way to one."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with editing(int(kwargs["pk"])):
            answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        return answer


class OffersFreezing:
    """For the edit view: a button that makes a list of who fits now."""

    request: HttpRequest
    object: Any

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        buttons: list[Button] = list(super().header_more_buttons)  # type: ignore[misc]
        if self.request.user.has_perm("audiences.add_customerlist"):
            url = reverse("lists:freeze", args=[self.object.pk])
            buttons.append(Button(_("Freeze as a list"), url=url, icon_name="list-ul", priority=15))
        return buttons


class RefuseWhileCondition:
    """For the delete view: an audience that another one names in its conditions stays."""

    request: HttpRequest
    object: Any

    def form_valid(self, form: Any) -> HttpResponse:
        if not (users := users_of_audience(self.object.pk)):
            return super().form_valid(form)  # type: ignore[misc,no-any-return]
        messages.error(self.request, still_used(str(self.object), users))
        return redirect(self.get_success_url())  # type: ignore[attr-defined]


def still_used(name: str, users: list[str]) -> str:
    """Why something was not deleted: the first of the audiences that name it."""
    return _(
        "“%(name)s” was not deleted, because these audiences name it in a condition: %(users)s. Change them first."
    ) % {"name": name, "users": ", ".join(users[:USERS_NAMED])}
