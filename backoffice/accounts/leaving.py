"""Logging out."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from wagtail.admin.views.account import LogoutView


class LeaveView(LogoutView):
    """Only a POST logs out, since a picture on another site can make anybody's browser send a GET. A GET asks."""

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if request.method == "POST":
            response: HttpResponse = super().dispatch(request, *args, **kwargs)
            return response
        if not request.user.is_authenticated:
            return redirect("wagtailadmin_login")
        return render(request, "accounts/leave.html")
