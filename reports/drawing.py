"""A figure of a report, and how figures are drawn: bars that lie, a legend above, numbers as a reader writes them.

Colours are words (a state, or "neutral") that the browser turns into those of Wagtail's theme.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import plotly.graph_objects as go
from django.utils.formats import number_format

NEUTRAL = "neutral"


@dataclass(frozen=True)
class Figure:
    """One figure of a report. Rows are texts, ready to be read; ``is_empty`` when there is nothing to draw."""

    name: str
    question: str
    answer: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    drawing: go.Figure
    height: int = 320

    @property
    def is_empty(self) -> bool:
        return not self.rows


def number(value: Any, places: int | None = None) -> str:
    # number_format cuts digits off where a reader expects rounding.
    rounded = value if places is None else round(Decimal(value), places)
    return number_format(rounded, places, use_l10n=True, force_grouping=True)


def share(part: int, whole: int) -> str:
    return f"{number(100 * part / whole, 1)} %" if whole else "–"


def drawing_of(traces: Sequence[Any], x_title: str, y_title: str, **layout: Any) -> go.Figure:
    drawing = go.Figure(list(traces))
    drawing.update_layout(
        template=None,
        margin={"l": 16, "r": 16, "t": 8, "b": 48},
        xaxis={"title": {"text": x_title}, "automargin": True},
        yaxis={"title": {"text": y_title}, "automargin": True},
        bargap=0.35,
        **layout,
    )
    return drawing


def bars(names: Sequence[str], values: Sequence[Any], colours: Sequence[str], x_title: str) -> go.Figure:
    """Bars that lie, the first on top, with their numbers beside them."""
    bar = go.Bar(
        orientation="h",
        x=list(values),
        y=list(names),
        text=[number(value) for value in values],
        textposition="auto",
        hovertemplate="%{y}: %{text}<extra></extra>",
        meta={"colours": list(colours)},
    )
    drawing = drawing_of([bar], x_title, "", showlegend=False)
    drawing.update_yaxes(autorange="reversed")
    drawing.update_xaxes(rangemode="tozero")
    return drawing


def legend_above(drawing: go.Figure) -> go.Figure:
    return drawing.update_layout(
        showlegend=True, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
    )
