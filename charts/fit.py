"""The fit: the data, and the line of each run."""

import altair as alt
import pandas as pd

from charts.axes import number_axis, scale, span
from charts.style import Style

HEIGHT = 420


def fit_chart(points: pd.DataFrame, lines: pd.DataFrame, style: Style, x_title: str, y_title: str) -> alt.LayerChart:
    """`points` has the columns x, y; `lines` has run, x, y. The window is that of the points."""
    x = alt.X("x:Q", scale=scale(_window(points, "x"), False), axis=number_axis(x_title, False))
    y = alt.Y("y:Q", scale=scale(_window(points, "y"), False), axis=number_axis(y_title, False))
    fits = (
        alt.Chart(lines)
        .mark_line(clip=True, strokeCap="butt")
        .encode(x, y, style.colour(), style.width(), style.dash())
    )
    dots = (
        alt.Chart(points)
        .mark_point(size=70, filled=True, color="gray", opacity=0.9)
        .encode(x, y, tooltip=[alt.Tooltip("x:Q", title=x_title), alt.Tooltip("y:Q", title=y_title)])
    )
    return alt.layer(fits, dots).properties(height=HEIGHT)


def _window(points: pd.DataFrame, column: str) -> list[float] | None:
    return span(points.assign(run=""), column, log=False)
