from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from backoffice.dashboard.home import home


@require_GET
def home_part(request: HttpRequest) -> HttpResponse:
    """The live part of the home screen. Wagtail lets in only who may enter the back office."""
    user: Any = request.user
    return render(request, "dashboard/home_part.html", home(user))
