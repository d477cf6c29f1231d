"""Deleting what something else still needs ends in a sentence, not in an error page."""

from typing import Any

from django.contrib import messages
from django.db.models import ProtectedError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _


class RefuseWhileUsed:
    """Mix-in for Wagtail's DeleteView: says who still uses the thing instead of deleting it."""

    request: Any
    object: Any

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            return super().form_valid(form)  # type: ignore[misc,no-any-return]
        except ProtectedError as error:
            users = sorted({str(user) for user in error.protected_objects})
            messages.error(
                self.request,
                _(
                    "“%(name)s” was not deleted, because it is still used by: %(users)s. Change or delete that first."
                )
                % {"name": self.object, "users": ", ".join(users[:5])},
            )
            return redirect(self.get_success_url())  # type: ignore[attr-defined]
