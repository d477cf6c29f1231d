"""Who came in, left, tried to, or was refused: rows that the privacy officer reads."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from wagtail.admin import auth

from backoffice.accounts.client_address import client_address
from backoffice.accounts.models import AccessRecord, User

Kind = AccessRecord.Kind


def record(kind: str, request: HttpRequest | None, user: User | None) -> None:
    """One row; without a request, as in commands, without from where and which page."""
    match = request.resolver_match if request else None
    AccessRecord.objects.create(
        kind=kind,
        user=user,
        client_address=(client_address(request) if request else "") or None,
        page=(match.view_name or "")[:120] if match and kind == Kind.REFUSED else "",
    )


def prune() -> int:
    """Deletes what is older than ACCESS_RECORD_DAYS; how many rows that were."""
    until = timezone.now() - timedelta(days=settings.ACCESS_RECORD_DAYS)
    return AccessRecord.objects.filter(at__lt=until).delete()[0]


def listen() -> None:
    """Hears of logins and log-outs from Django, and of refusals from Wagtail."""
    user_logged_in.connect(_logged_in, dispatch_uid="access_log")
    user_logged_out.connect(_logged_out, dispatch_uid="access_log")
    user_login_failed.connect(_failed, dispatch_uid="access_log")
    # Every page of the back office is refused by this function, whoever found that a right is missing; it sends no signal.
    auth.permission_denied = _recording(auth.permission_denied)


def _recording(
    refuse: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    def refuse_and_record(request: HttpRequest) -> HttpResponseBase:
        record(Kind.REFUSED, request, cast("User", request.user))
        return refuse(request)

    return refuse_and_record


def _logged_in(request: HttpRequest, user: User, **kwargs: Any) -> None:
    record(Kind.LOGIN, request, user)


def _logged_out(request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    if user:
        record(Kind.ENDED if getattr(request, "session_has_ended", False) else Kind.LOGOUT, request, user)


def _failed(credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
    user = User.objects.filter(username=str(credentials.get("username"))).first()
    record(Kind.LOCKED if getattr(request, "axes_locked_out", False) else Kind.FAILED, request, user)
