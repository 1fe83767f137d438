"""Chart of one parameter, or of the gradient norm, over the epochs."""

from collections.abc import Collection

import altair as alt
import pandas as pd

from trainers.charts.axes import markable, positive, scale, span, visible_points, x_axis, x_scale, y_axis
from trainers.charts.line_names import NAMED, end_names, isolated, last_points, plot_range, with_selections
from trainers.charts.style import Style

HEIGHT = 260


def parameter_chart(
    curves: pd.DataFrame,
    style: Style,
    title: str,
    *,
    log: bool = False,
    leaving: Collection[str] = (),
    optimum: float | None = None,
    named: bool = False,
    dark: bool = False,
    aligned: bool = False,
    x_title: str = "epochs",
    height: int = HEIGHT,
) -> alt.LayerChart:
    """Draw `curves`, run, x, y, with their names if `named`; `optimum` is the value at the minimum, if known.

    Runs in `leaving` may leave the chart. If `aligned`, its x-axis ends where that of one with names does.
    """
    log = log and bool(positive(curves["y"]).any())
    least = markable(optimum, log)
    domain = span(curves, "y", log, leaving, include=least)
    ends = plot_range(style.names) if named or aligned else ()
    x = alt.X("x:Q", axis=x_axis(x_title), scale=x_scale(curves["x"], ends=ends))
    y = alt.Y("y:Q", axis=y_axis(title, domain, log), scale=scale(domain, log))
    tooltip = [
        alt.Tooltip("run:N"),
        alt.Tooltip("x:Q", title=x_title, format=",~g"),
        alt.Tooltip("value:Q", title=title, format=".6g"),
    ]
    visible = visible_points(curves.assign(value=curves["y"]), domain, log, leaving)
    lines = (
        alt.Chart(visible)
        .mark_line(clip=True, strokeCap="butt")
        .encode(x, y, style.color(), *style.lines(), tooltip=tooltip)
    )
    best = alt.Chart(pd.DataFrame({"y": least}))
    rules = [best.mark_rule(strokeDash=[2, 4], color="gray", clip=True).encode(y)] if least else []
    if not named or domain is None:
        return alt.LayerChart(layer=[*rules, lines], height=height)
    names = end_names(alt.Chart(last_points(curves)), domain, log, style, dark)
    lines = lines.encode(opacity=isolated(by=NAMED))
    return with_selections(alt.LayerChart(layer=[*rules, lines, *names], height=height))
