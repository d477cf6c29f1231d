from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from backoffice.dashboard.home import home


@require_GET
def home_part(request: HttpRequest) -> HttpResponse:
    """The live part of the home screen. Wagtail lets in only who may enter the back office."""
    user: Any = request.user
    answer = render(request, "dashboard/home_part.html", home(user))
    answer.headers["Cache-Control"] = "no-store"
    return answer
