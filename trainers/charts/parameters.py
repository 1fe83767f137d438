"""Chart of one parameter, or of the gradient norm, over the epochs."""

from collections.abc import Collection

import altair as alt
import pandas as pd

from trainers.charts.axes import markable, positive, scale, span, visible_points, x_axis, x_scale, y_axis
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
) -> alt.LayerChart:
    """Draw `curves`, run, x, y; `optimum` is the value at the minimum, if known.

    Runs in `leaving` may leave the chart.
    """
    log = log and bool(positive(curves["y"]).any())
    least = markable(optimum, log)
    domain = span(curves, "y", log, leaving, include=least)
    x = alt.X("x:Q", axis=x_axis("epochs"), scale=x_scale(curves["x"]))
    y = alt.Y("y:Q", axis=y_axis(title, domain, log), scale=scale(domain, log))
    tooltip = [
        alt.Tooltip("run:N"),
        alt.Tooltip("x:Q", title="epochs", format=",~g"),
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
    return alt.LayerChart(layer=[*rules, lines], height=HEIGHT)
