"""The part of a form that says beforehand what waits, and where that goes if this is taken out of use."""

from typing import Any

from django.utils.functional import cached_property
from wagtail.admin.panels import Panel

from backoffice.operators.connections.waiting import Waiting, waiting_for


class WaitingPanel(Panel):
    """For the form of a connection, an operator or a gateway; nothing where nothing waits, or the row is new."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "operators/waiting.html"

        @cached_property
        def lines(self) -> list[Waiting]:
            return waiting_for(self.instance) if self.instance.pk is not None else []

        def is_shown(self) -> bool:
            return bool(self.lines)

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            context: dict[str, Any] = super().get_context_data(parent_context)
            return context | {"lines": self.lines}
