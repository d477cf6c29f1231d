"""What every page of our own has: Wagtail's furniture around it, and a right without which nobody sees it."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin


class NeedsRight:
    """Mix-in for a view: refuses whoever lacks ``right``, for example "customers.view_customer"."""

    right = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm(self.right):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc,no-any-return]


class Screen(NeedsRight, WagtailAdminTemplateMixin, TemplateView):
    """A page of ours. ``trail`` is the way to it: pairs of URL name and label."""

    trail: list[tuple[str, Any]] = []

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        steps = [("wagtailadmin_home", _("Home")), *self.trail]
        return [
            *({"url": reverse(name), "label": label} for name, label in steps),
            {"url": "", "label": self.get_page_title()},
        ]


class RightMenuItem(MenuItem):
    """A menu item that only those see who have the right."""

    def __init__(self, label: Any, url: str, *, right: str, **kwargs: Any) -> None:
        super().__init__(label, url, **kwargs)
        self.right = right

    def is_shown(self, request: HttpRequest) -> bool:
        return request.user.has_perm(self.right)
