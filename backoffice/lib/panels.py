"""Forms of Wagtail's panels that are drawn once.

Wagtail also packs a description of each panel into the page, `window.wagtail.editHandler`, for which every field is drawn a
second time: 90 of the 195 ms of CPU that the form of a mailing took. Only the editor of audiences asks for it.
"""

from typing import Any

from telepath import BaseAdapter, Node, ValueNode
from wagtail.admin.telepath import register


class Undescribed:
    """A bound panel that is drawn as ever, and of which the page's scripts are told nothing."""

    def __init__(self, panel: Any) -> None:
        self._panel = panel

    def __getattr__(self, name: str) -> Any:
        return getattr(self._panel, name)


class _Nothing(BaseAdapter):
    def build_node(self, obj: Any, context: Any) -> Node:
        return ValueNode(None)


register(_Nothing(), Undescribed)


class DrawnOnce:
    """Mix-in for a view with a form of panels whose scripts never ask for `editHandler`."""

    def get_bound_panel(self, form: Any) -> Any:
        panel = super().get_bound_panel(form)  # type: ignore[misc]
        return panel and Undescribed(panel)
