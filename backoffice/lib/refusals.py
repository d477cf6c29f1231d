"""Pages for what cannot be answered: in the product's look, in the reader's language, with a way on.

They ask no database for anything that may be down, and run no script.
"""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse
from django.middleware import csrf
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

TOO_MUCH = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)
LOGIN = "wagtailadmin_login"
TOKEN = "csrfmiddlewaretoken"  # noqa: S105  the name of a field
# How Django says that a form came from a page of another site.
FOREIGN = csrf.REASON_BAD_ORIGIN.partition(" - ")[0]

# What the proxy before us says by itself; `write_proxy_pages` writes these down for it.
OF_THE_PROXY = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
        gettext_lazy("This is too much."),
        gettext_lazy(
            "More was sent at once than Parley takes: a file has at most 512 MB, a form 4 MB. Go back and send less of it."
        ),
    ),
    HTTPStatus.TOO_MANY_REQUESTS: (
        gettext_lazy("Too many tries to log in."),
        gettext_lazy("From your network too many tries came within a minute. Wait a minute, then try again."),
    ),
    HTTPStatus.BAD_GATEWAY: (
        gettext_lazy("Parley cannot be reached."),
        gettext_lazy(
            "It may just be starting anew. Go back: what you typed may still be there. Try again in a minute, and tell an "
            "administrator if it lasts. Mailings that run go on meanwhile."
        ),
    ),
    HTTPStatus.GATEWAY_TIMEOUT: (
        gettext_lazy("This took too long."),
        gettext_lazy(
            "Parley did not answer within a minute. Go back: what you typed may still be there. Look first whether it was "
            "done after all, then try again."
        ),
    ),
}


def refuse(request: HttpRequest, status: HTTPStatus, title: str, sentence: str) -> HttpResponse:
    """A page that says what is wrong and leads home."""
    return render(request, "lib/refusal.html", {"title": title, "sentence": sentence}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What could not be read; what is too much says so."""
    with _language_of(request):
        if isinstance(exception, TOO_MUCH):
            sentence = _("More was sent at once than Parley takes. Go back and send less of it.")
            return refuse(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _("This is too much."), sentence)
        sentence = _("What the browser sent cannot be understood. Go back, load the page anew and try again.")
        return refuse(request, HTTPStatus.BAD_REQUEST, _("This could not be used."), sentence)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """For whom an address is not."""
    with _language_of(request):
        sentence = _("Your role does not allow this. Ask an administrator if you need it.")
        return refuse(request, HTTPStatus.FORBIDDEN, _("You may not open this."), sentence)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """For what is not there, or not any more."""
    with _language_of(request):
        sentence = _("The address may be mistyped, or what was here has been deleted since.")
        return refuse(request, HTTPStatus.NOT_FOUND, _("There is nothing here."), sentence)


def failed(request: HttpRequest) -> HttpResponse:
    """A fault of ours. The database may be what is missing, so nobody is asked who reads."""
    sentence = _(
        "Parley could not do this because of a fault of its own. Go back: what you typed may still be there. "
        "Try again in a minute, and tell an administrator when it happens again."
    )
    return refuse(request, HTTPStatus.INTERNAL_SERVER_ERROR, _("This went wrong."), sentence)


def unproven(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token does not hold: most often somebody has logged in anew since the page was opened.

    From a page of ours it is kept, to be sent again; from elsewhere it is refused.
    """
    with _language_of(request):
        if request.path == reverse(LOGIN):
            return redirect(request.get_full_path(), permanent=False)
        if is_form_of_ours(request) and not reason.startswith(FOREIGN):
            return held(request)
        sentence = _("This did not come from a page of Parley. Open Parley and do it there.")
        return refuse(request, HTTPStatus.FORBIDDEN, _("This could not be used."), sentence)


def is_form_of_ours(request: HttpRequest) -> bool:
    """Whether a person sent a form that the browser says is of this site; Django has compared the origin before."""
    is_script = request.headers.get("Sec-Fetch-Dest") == "empty" or "X-Requested-With" in request.headers
    return request.method == "POST" and "Origin" in request.headers and not is_script


def held(request: HttpRequest) -> HttpResponse:
    """All that was posted, in a form with a new token that is sent to the same address. Files have to be chosen again."""
    context = {
        "fields": [
            (name, value) for name, values in request.POST.lists() for value in values if name != TOKEN
        ],
        "files": [(name, [one.name for one in files]) for name, files in request.FILES.lists()],
        "title": _("Nothing is lost."),
    }
    response = render(request, "lib/held.html", context, status=HTTPStatus.FORBIDDEN)
    response.headers["Cache-Control"] = "no-store"
    return response


def _language_of(request: HttpRequest) -> Any:
    """The language that who reads has chosen in their account, else that of the browser."""
    language = translation.get_language() or "en"
    try:
        with transaction.atomic():
            profile = getattr(getattr(request, "user", None), "wagtail_userprofile", None)
            language = profile.get_preferred_language() if profile else language
    except DatabaseError:
        pass  # the page says what is wrong in the browser's language
    return translation.override(language)
