"""The course of one parameter, or of the gradient's norm."""

from collections.abc import Collection

import altair as alt
import pandas as pd

from charts.axes import positive, scale, span, x_axis, y_axis
from charts.style import Style

HEIGHT = 260


def parameter_chart(
    curves: pd.DataFrame,
    style: Style,
    title: str,
    *,
    log: bool = False,
    diverged: Collection[str] = (),
    optimum: float | None = None,
) -> alt.LayerChart:
    """`curves` has the columns run, x, y; `optimum` is the value at the smallest loss, if known."""
    log = log and bool(positive(curves["y"]).any())
    domain = span(curves, "y", log, diverged, include=[] if optimum is None else [optimum])
    x = alt.X("x:Q", axis=x_axis("epochs"), scale=alt.Scale(nice=False))
    y = alt.Y("y:Q", axis=y_axis(title, domain, log), scale=scale(domain, log))
    tooltip = [
        alt.Tooltip("run:N"),
        alt.Tooltip("x:Q", title="epochs", format=",~g"),
        alt.Tooltip("y:Q", title=title, format=".6g"),
    ]
    lines = (
        alt.Chart(curves[positive(curves["y"])] if log else curves)
        .mark_line(clip=True, strokeCap="butt")
        .encode(x, y, style.colour(), *style.lines(), tooltip=tooltip)
    )
    best = pd.DataFrame({"y": [] if optimum is None else [optimum]})
    rule = alt.Chart(best).mark_rule(strokeDash=[2, 4], color="gray", clip=True).encode(y)
    return alt.LayerChart(layer=[rule, lines], height=HEIGHT)
