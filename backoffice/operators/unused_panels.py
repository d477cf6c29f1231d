"""The part of a form that says why an operator or a connection gets no messages."""

from collections.abc import Callable
from typing import Any

from wagtail.admin.panels import Panel


class UnusedPanel(Panel):
    """Sentences of ``why`` about what the form changes; nothing where there are none, or the row is new."""

    def __init__(self, why: Callable[[Any], list[str]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.why = why

    def clone_kwargs(self) -> dict[str, Any]:
        return {**super().clone_kwargs(), "why": self.why}

    class BoundPanel(Panel.BoundPanel):
        template_name = "operators/unused.html"

        def is_shown(self) -> bool:
            return self.instance.pk is not None and bool(self.panel.why(self.instance))

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            context: dict[str, Any] = super().get_context_data(parent_context)
            return context | {"sentences": self.panel.why(self.instance)}
