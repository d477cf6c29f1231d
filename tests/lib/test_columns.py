"""A plain column is drawn as Wagtail draws its own."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.test.html import parse_html
from django.utils.safestring import mark_safe
from wagtail.admin.ui.tables import Column, Table

from backoffice.lib.columns import PlainColumn

WORDS = ["Kazan", "A & <b>", None, 1_234, mark_safe("<b>bold</b>"), ""]


@pytest.mark.parametrize("classname", ["", "parley-number"])
@pytest.mark.parametrize("words", WORDS)
def test_it_is_the_same_in_html(words: Any, classname: str) -> None:
    def drawn(column: Column) -> str:
        table = Table([column], [row])
        return str(column.render_cell_html(row, {"row": None, "table": table}))

    row = SimpleNamespace(words=words)
    kinds = (PlainColumn, Column)
    ours, theirs = (parse_html(drawn(kind("words", classname=classname))) for kind in kinds)
    assert ours == theirs
