"""Columns of lists."""

from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from wagtail.admin.ui.tables import Column


class PlainColumn(Column):
    """A column of words, whose cells are drawn without a template each: those took half of a list's CPU."""

    def render_cell_html(self, instance: Any, parent_context: Any) -> SafeString:
        value = self.get_value(instance)
        words = "" if value is None else value
        if self.classname:
            return format_html('<td class="{}">{}</td>', self.classname, words)
        return format_html("<td>{}</td>", words)
