"""Which optimizer has the lowest median, race by race."""

import altair as alt
import pandas as pd

from trainers.charts.axes import x_axis
from trainers.charts.style import INK, Style

ROW = 34
"""Height of the row of an optimizer in pixels."""
AREAS = {"first": 190, "lowest": 190, "other": 18}
"""Of the dots, in square pixels."""
AXIS = 70
"""Height of the axis with its title in pixels."""


def repeats_chart(table: pd.DataFrame, style: Style, median_label: str, dark: bool = False) -> alt.LayerChart:
    """Draw `table`, with race, run, kind ("first", "lowest" or "other") and median, as a row per run."""
    last = int(table["race"].max()) if len(table) else 1
    axis = x_axis("race")
    axis.grid, axis.values = False, sorted({1, *range(5, last + 1, 5), last})
    x = alt.X("race:Q", axis=axis, scale=alt.Scale(domain=[0.4, last + 0.6], nice=False))
    y = alt.Y(
        "run:N",
        sort=list(style.names),
        axis=alt.Axis(title=None, domain=False, ticks=False, labelLimit=170, labelFontSize=13),
    )
    tooltip = [alt.Tooltip("run:N"), alt.Tooltip("race:Q"), alt.Tooltip("median:N", title=median_label)]
    dots = (
        alt.Chart(table.assign(area=table["kind"].map(AREAS)))
        .mark_circle(opacity=1)
        .encode(x, y, style.color(), alt.Size("area:Q", scale=None, legend=None), tooltip=tooltip)
    )
    rings = (
        alt.Chart(table[table["kind"] == "first"])
        .mark_point(size=420, strokeWidth=1.8, color=INK[dark], opacity=1, tooltip=None)
        .encode(x, y)
    )
    return alt.LayerChart(layer=[dots, rings], height=ROW * max(len(style.names), 1) + AXIS)
