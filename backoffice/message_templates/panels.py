"""Beside and below the text editor: the phone with what it costs, and who uses the text."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import Panel
from wagtail.admin.ui.components import MediaContainer
from wagtail.admin.ui.side_panels import BaseSidePanel, ChecksSidePanel, PreviewSidePanel

from backoffice.message_templates.crowd import above
from backoffice.message_templates.samples import SAMPLES
from backoffice.message_templates.typed import REAL, SEES_PEOPLE
from backoffice.message_templates.uses import uses_of

SHOWN_USES = 50


class PhoneSidePanel(BaseSidePanel):
    """Shows the text on a phone while it is being written."""

    class SidePanelToggle(BaseSidePanel.SidePanelToggle):
        aria_label = _("Toggle the phone")
        icon_name = "mobile-alt"
        has_counter = False

    name = "phone"
    title = _("On the phone")
    template_name = "message_templates/phone_panel.html"
    order = 50

    class Media:
        js = ["message_templates/sms_editor.js"]
        css = {"all": ["message_templates/message_templates.css"]}

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        user = self.request.user
        real = {key: label for key, (label, _made_up) in REAL.items()} if user.has_perm(SEES_PEOPLE) else {}
        return {
            **super().get_context_data(parent_context),
            "preview_url": reverse("message_templates:phone"),
            "samples": SAMPLES.values(),
            "real": real.items(),
            "may_price": user.has_perm("audiences.view_audience"),
            "audiences": above().audiences(user),
        }


class WithPhone:
    """Mix-in for the create and edit views: our phone instead of Wagtail's page preview and page checks."""

    form: Any
    request: Any
    expects_json_response: bool

    def get_side_panels(self) -> MediaContainer:
        panels = [
            panel
            for panel in super().get_side_panels()  # type: ignore[misc]
            if not isinstance(panel, PreviewSidePanel | ChecksSidePanel)
        ]
        if not self.expects_json_response:
            panels.append(PhoneSidePanel(self.form.instance, self.request))
        return MediaContainer(sorted(panels, key=lambda panel: panel.order))


class UsePanel(Panel):
    """The mailings that use the text; shown once it is stored."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "lib/uses.html"

        def is_shown(self) -> bool:
            return self.instance.pk is not None and self.request is not None and super().is_shown()

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            uses = uses_of(self.instance.pk, self.request.user)
            return {**super().get_context_data(parent_context), "uses": uses[:SHOWN_USES]}
