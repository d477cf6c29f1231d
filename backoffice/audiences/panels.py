"""The panel beside the audience editor: how many customers fit, what each condition does, and why one is in it or not."""

from typing import Any

from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.components import MediaContainer
from wagtail.admin.ui.side_panels import BaseSidePanel

from backoffice.customers.models import Purpose


class ReachSidePanel(BaseSidePanel):
    """Asks for a new count whenever the conditions change."""

    class SidePanelToggle(BaseSidePanel.SidePanelToggle):
        aria_label = _("Toggle the count")
        icon_name = "group"
        has_counter = False

    name = "reach"
    title = _("How many customers")
    template_name = "audiences/reach_panel.html"
    order = 50

    class Media:
        js = ["audiences/reach.js"]
        css = {"all": ["audiences/audiences.css"]}

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(parent_context),
            "count_url": reverse("audiences:count"),
            "exact_url": reverse("audiences:exact"),
            "breakdown_url": reverse("audiences:breakdown"),
            "why_url": reverse("audiences:why_typed"),
            "page": get_random_string(16),
            "purposes": Purpose.choices,
            "may_ask_why": self.request.user.has_perm("customers.view_customer"),
        }


class WithReach:
    """Mix-in for the create and edit views: puts the count beside the form."""

    form: Any
    request: Any

    def get_side_panels(self) -> MediaContainer:
        panels = [*super().get_side_panels(), ReachSidePanel(self.form.instance, self.request)]  # type: ignore[misc]
        return MediaContainer(sorted(panels, key=lambda panel: panel.order))
