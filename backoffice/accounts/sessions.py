"""Sessions last a working day at most, and end when nobody has been at them for a while."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.lib.middleware import Answer

BEGAN, SEEN = "began_at", "seen_at"  # in the session, in seconds since 1970
SEEN_EVERY = timedelta(minutes=1)
# Of our scripts that keep a page fresh, and of Wagtail's that tells who else edits.
UNATTENDED, PING = "X-Unattended", "wagtailadmin_editing_sessions:ping"


class WorkingDay:
    """Middleware: logs out whose session is over, before anything is shown."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        if not request.user.is_authenticated:
            return
        session, now = request.session, timezone.now().timestamp()
        began, seen = session.get(BEGAN, 0), session.get(SEEN, 0)
        if now - began > settings.SESSION_COOKIE_AGE or now - seen > settings.SESSION_IDLE.total_seconds():
            request.session_has_ended = True  # type: ignore[attr-defined]  # the record says so
            logout(request)
            messages.info(request, _("Your session has ended. Log in again to go on."))
        elif now - seen > SEEN_EVERY.total_seconds() and _somebody_is_there(request):
            session[SEEN] = now


def listen() -> None:
    """Hears of logins from Django."""
    user_logged_in.connect(_begin, dispatch_uid="sessions")


def _begin(request: HttpRequest, **kwargs: Any) -> None:
    request.session[BEGAN] = request.session[SEEN] = timezone.now().timestamp()


def _somebody_is_there(request: HttpRequest) -> bool:
    match = request.resolver_match
    return UNATTENDED not in request.headers and (match is None or match.view_name != PING)
