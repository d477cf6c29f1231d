"""The gate before every address: closed ones are not there, and who lacks the right is refused before anything is read."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from wagtail.admin import auth

from backoffice.accounts.addresses import ACCESS, TO_ANYBODY, is_closed, may_open, name_of
from backoffice.lib.middleware import Answer
from backoffice.lib.refusals import held, is_form_of_ours


class Gate:
    """Middleware behind the one that knows who asks."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """None when the view may answer.

        :raises Http404: when nobody may open this address.
        """
        assert request.resolver_match
        name = name_of(request.resolver_match)
        if name in TO_ANYBODY:
            return None
        if not request.user.has_perms(ACCESS):
            if request.user.is_authenticated:
                messages.error(request, _("You may not use Parley yet. Ask an administrator for a role."))
            elif is_form_of_ours(request):
                return held(request)
            return _answer(auth.reject_request(request))
        if is_closed(name):
            raise Http404
        if not may_open(name, request.user.has_perms):
            return _answer(auth.permission_denied(request))
        return None


def _answer(response: Any) -> HttpResponseBase:
    """Wagtail is untyped."""
    assert isinstance(response, HttpResponseBase)
    return response
