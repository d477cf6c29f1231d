"""What our sets of pages about snippets have in common."""

from typing import Any

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


class InReadersLanguage:
    """Mix-in for a SnippetViewSet. Wagtail names the first step of the way when it starts, in the language of then."""

    breadcrumbs_items: list[dict[str, Any]] = [{"url": reverse_lazy("wagtailadmin_home"), "label": _("Home")}]
