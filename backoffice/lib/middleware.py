"""What holds for every request and answer, whichever room it is for."""

import json
from collections.abc import Callable, Iterable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.datastructures import MultiValueDictKeyError
from django.utils.translation import gettext as _

from backoffice.lib.refusals import refuse

# How a field of Django's says that words came where the number of a row should stand.
NO_NUMBER = "expected a number but got"
Answer = Callable[[HttpRequest], HttpResponseBase]


def permissions_policy(get_response: Answer) -> Answer:
    """Tells the browser what no page here may ask for, such as the camera."""
    policy = ", ".join(f"{feature}=()" for feature in settings.PERMISSIONS_POLICY)

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Permissions-Policy", policy)
        return response

    return answer


class UnusableInput:
    """Middleware: what no row can hold is answered with a sentence, before any view meets it.

    That is the character NUL and halves of pairs of characters, also written as such in JSON. A form that came without
    the fields that every browser sends with it is answered in the same way.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        typed = [request.path, *_texts_of(request.GET.lists())]
        if request.method == "POST":
            typed += _texts_of(request.POST.lists())
        if not all(map(_is_usable, typed)):
            return _refuse(request, _("It holds a sign that cannot be kept. Go back and type it anew."))
        if request.method == "POST" and not all(map(str.isdecimal, _counts_in(request))):
            return _refuse(request, _("A part of the form did not arrive. Load the page anew and try again."))
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, MultiValueDictKeyError):
            return _refuse(request, _("A part of the form did not arrive. Load the page anew and try again."))
        if isinstance(error, ValueError) and NO_NUMBER in str(error):
            return _refuse(request, _("A number is expected where none stands. Go back and try again."))
        return None


def _texts_of(lists: Iterable[tuple[str, list[str]]]) -> list[str]:
    return [text for name, values in lists for text in (name, *values)]


def _counts_in(request: HttpRequest) -> list[str]:
    """How many blocks each of Wagtail's editors says to have sent."""
    return [str(value) for name, value in request.POST.items() if name.endswith("-count")]


def _is_usable(text: str) -> bool:
    if text[:1] in ("{", "["):
        try:
            text = json.dumps(json.loads(text), ensure_ascii=False)
        except (ValueError, RecursionError):
            pass  # no JSON, so what stands there is what is kept
        else:
            if "\\u0000" in text:
                return False
    return "\0" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


def _refuse(request: HttpRequest, sentence: str) -> HttpResponse:
    return refuse(request, HTTPStatus.BAD_REQUEST, _("This could not be used."), sentence)
