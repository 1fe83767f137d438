"""The course of one parameter, or of the gradient's norm."""

from collections.abc import Collection

import altair as alt
import pandas as pd

from charts.axes import number_axis, scale, span
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
    legend: bool = False,
) -> alt.LayerChart:
    """`curves` has the columns run, x, y; `optimum` is the value at the smallest loss, if known."""
    domain = span(curves, "y", log, leave_out=diverged)
    y = alt.Y("y:Q", scale=scale(domain, log), axis=number_axis(title, log))
    x = alt.X("x:Q", axis=alt.Axis(title="epochs", format="~s", grid=False), scale=alt.Scale(nice=False))
    shown = curves[curves["y"] > 0] if log else curves
    tooltip = [
        alt.Tooltip("run:N"),
        alt.Tooltip("x:Q", title="epochs", format=",~g"),
        alt.Tooltip("y:Q", title=title, format=".6g"),
    ]
    lines = (
        alt.Chart(shown)
        .mark_line(clip=True, strokeCap="butt")
        .encode(x, y, style.colour(legend), style.width(), style.dash(), tooltip=tooltip)
    )
    rule = alt.Chart(pd.DataFrame({"y": [] if optimum is None else [optimum]}))
    target = rule.mark_rule(strokeDash=[2, 4], color="gray", clip=True).encode(y)
    return alt.layer(target, lines).properties(height=HEIGHT)
