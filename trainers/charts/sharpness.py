"""Sharpness of the loss along a run, with the stability limit, and the loss below."""

from typing import Any

import altair as alt
import pandas as pd

from trainers.charts.axes import positive, scale, span, x_axis, x_scale, y_axis
from trainers.charts.expressions import text_size
from trainers.charts.style import INK, PAGE

HEIGHT = 230
FEW = 150
"""Fewer values are points, too."""


def sharpness_chart(
    table: pd.DataFrame, column: str, limit: float | None, update: int, color: str, dark: bool
) -> alt.LayerChart:
    """Draw a `column` of `table`, over its column update, with a rule at `limit` and a dot at `update`."""
    shown = table[positive(table[column])]
    domain = span(shown.assign(run=""), column, True, include=[] if limit is None else [limit])
    x = alt.X("update:Q", axis=x_axis("update"), scale=x_scale(table["update"]))
    y = alt.Y(f"{column}:Q", axis=_axis(column, domain), scale=scale(domain, True))
    tooltip = [alt.Tooltip("update:Q", format=",.0f"), alt.Tooltip(f"{column}:Q", format=".5~g")]
    points: dict[str, Any] = {"point": {"size": 22, "color": color}} if len(shown) < FEW else {}
    line = alt.Chart(shown).mark_line(color=color, strokeWidth=2.5, **points).encode(x, y, tooltip=tooltip)
    layers, now = [*_limit(limit, column, y, dark), line], shown[shown["update"] == update]
    if len(now):  # axe takes an empty layer for an image without a text
        dot = alt.Chart(now).mark_point(filled=True, size=130, color=color, stroke=PAGE[dark], opacity=1)
        layers.append(dot.encode(x, y))
    return alt.LayerChart(layer=layers, height=HEIGHT)


def _axis(title: str, domain: list[float] | None) -> alt.Axis:
    """Return a y-axis of the same width as that of the chart above or below."""
    axis = y_axis(title, domain, True)
    axis.minExtent = axis.maxExtent = 40
    return axis


def _limit(limit: float | None, column: str, y: alt.Y, dark: bool) -> list[alt.Chart]:
    if limit is None:
        return []
    chart = alt.Chart(pd.DataFrame({column: [limit]}))
    look: dict[str, Any] = {"align": "left", "baseline": "bottom", "dx": 4, "dy": -3, "color": INK[dark]}
    words = chart.mark_text(text="stability limit", x=0, fontSize=text_size(12), **look)
    return [chart.mark_rule(strokeDash=[5, 4], color=INK[dark]).encode(y=y), words.encode(y=y)]
