"""A form of panels that is drawn once."""

from types import SimpleNamespace
from typing import Any

from wagtail.admin.telepath import JSContext

from backoffice.lib.panels import DrawnOnce, Undescribed


class _View:
    def __init__(self, panel: Any) -> None:
        self.panel = panel

    def get_bound_panel(self, form: Any) -> Any:
        return self.panel


class _Once(DrawnOnce, _View):
    """As a view has it."""


def test_the_page_is_told_nothing_of_the_panel_which_is_drawn_as_ever() -> None:
    panel = _Once(SimpleNamespace(render_form_content=lambda: "the form")).get_bound_panel(None)
    assert isinstance(panel, Undescribed)
    assert panel.render_form_content() == "the form"
    assert JSContext().pack(panel) is None


def test_a_view_without_panels_has_none() -> None:
    assert _Once(None).get_bound_panel(None) is None
