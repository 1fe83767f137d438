"""Losses of a program with a mistake, beside those of the correct one."""

from typing import Any

import altair as alt
import pandas as pd

from trainers.charts.axes import positive, scale, span, visible_points, x_axis, x_scale, y_axis
from trainers.charts.line_names import NAMED, end_names, isolated, last_points, plot_range, with_selections
from trainers.charts.style import Style

HEIGHT = 300
FAR = 1000
"""Ratio to the largest correct loss above which a loss may lie outside the chart."""


def mistake_chart(losses: pd.DataFrame, style: Style, dark: bool) -> alt.LayerChart:
    """Draw `losses`, run ("correct" or "wrong"), x, y; a wrong run that grows far may leave the chart."""
    shown = losses[positive(losses["y"])]
    far = shown["y"].max() > FAR * shown.loc[shown["run"] == "correct", "y"].max()
    leaving = ["wrong"] if far else []
    domain = span(shown, "y", True, leaving) or [1.0, 10.0]
    x = alt.X("x:Q", axis=x_axis("epochs"), scale=x_scale(losses["x"], ends=plot_range(style.names)))
    y = alt.Y("y:Q", axis=y_axis("loss", domain, True), scale=scale(domain, True))
    tooltip: list[Any] = [alt.Tooltip("run:N"), alt.Tooltip("x:Q", title="epochs")]
    tooltip.append(alt.Tooltip("y:Q", title="loss", format=".6g"))
    visible = visible_points(shown, domain, True, leaving)
    chart = alt.Chart(visible)
    points = chart.mark_point(filled=True, size=18, clip=True).encode(
        x, y, style.color(), tooltip=tooltip, opacity=isolated(by=NAMED)
    )
    lines = chart.mark_line(clip=True).encode(x, y, style.color(), opacity=isolated(by=NAMED))
    names = end_names(alt.Chart(last_points(visible)), domain, True, style, dark)
    return with_selections(alt.LayerChart(layer=[lines, points, *names], height=HEIGHT))
