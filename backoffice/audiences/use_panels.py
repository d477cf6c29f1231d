"""On the page of an audience: which mailings use it, and which of them will not follow a change."""

from typing import Any

from wagtail.admin.panels import Panel

from backoffice.audiences.uses import Use, uses_of

SHOWN = 50


class UsePanel(Panel):
    """Shown once the audience is stored."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "lib/uses.html"

        def is_shown(self) -> bool:
            return self.instance.pk is not None and self.request is not None and super().is_shown()

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            return {**super().get_context_data(parent_context), "uses": self.uses()[:SHOWN]}

        def uses(self) -> list[Use]:
            """Asked once for both panels of a page."""
            known: list[Use] | None = getattr(self.request, "audience_uses", None)
            if known is None:
                known = self.request.audience_uses = uses_of(self.instance.pk, self.request.user)
            return known


class UseNotice(UsePanel):
    """Names those that were planned with the audience as it was. Nothing where there is none."""

    class BoundPanel(UsePanel.BoundPanel):
        template_name = "audiences/uses_notice.html"

        def is_shown(self) -> bool:
            return super().is_shown() and bool(self.planned())

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            return {**super().get_context_data(parent_context), "planned": self.planned()}

        def planned(self) -> list[Use]:
            return [use for use in self.uses() if use.keeps_its_plan]
