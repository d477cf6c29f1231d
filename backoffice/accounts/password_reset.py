"""A forgotten password: the answer is the same, and as quick, whether somebody has that e-mail address or not."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import get_language
from wagtail.admin.forms.auth import PasswordResetForm
from wagtail.admin.views.account import PasswordResetView


class ResetForm(PasswordResetForm):
    """Leaves looking for the person and writing to them to a worker."""

    def save(self, request: HttpRequest | None = None, **options: Any) -> None:
        from backoffice.accounts.tasks import send_password_resets  # tasks import this module

        host = request.get_host() if request else "localhost"
        is_secure = bool(request and request.is_secure())
        send_password_resets(self.cleaned_data["email"], host, get_language() or "en", is_secure)


class ResetView(PasswordResetView):
    """Says so where no e-mail can be sent."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.EMAIL_ENABLED:
            return render(request, "accounts/no_password_reset.html")
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response


def send(email: str, host: str, language: str, *, is_secure: bool) -> None:
    """Writes to everybody with this address; to nobody when there is none."""
    form = PasswordResetForm({"email": email})
    if form.is_valid():
        form.save(
            domain_override=host,
            use_https=is_secure,
            subject_template_name=PasswordResetView.subject_template_name,
            email_template_name=PasswordResetView.email_template_name,
        )
