"""Expected best result against number of trials."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from trainers.charts.axes import is_log_suitable, positive, scale, span, x_axis, y_axis
from trainers.charts.line_names import NAMED, end_names, isolated, last_points, plot_range, with_selections
from trainers.charts.style import Style

HEIGHT = 320


def budget_chart(budgets: pd.DataFrame, style: Style, y_title: str, dark: bool = False) -> alt.LayerChart:
    """Draw `budgets`, with the columns run, x (number of trials), y (expected best result).

    A click on a name isolates its run.
    """
    log = is_log_suitable(budgets["y"])
    visible = budgets[positive(budgets["y"])] if log else budgets
    domain = span(visible, "y", log)
    last = int(visible["x"].max()) if len(visible) else 1
    axis = x_axis("trials")
    axis.values = [n for n in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if n <= last]
    x = alt.X("x:Q", axis=axis, scale=_named_scale(last, style.names))
    y = alt.Y("y:Q", axis=y_axis(y_title, domain, log), scale=scale(domain, log))
    tooltip = [
        alt.Tooltip("run:N"),
        alt.Tooltip("x:Q", title="trials"),
        alt.Tooltip("y:Q", title=y_title, format=".3g"),
    ]
    lines = (
        alt.Chart(visible)
        .mark_line(clip=True, strokeCap="butt", strokeJoin="round")
        .encode(
            x, y, style.color(), *style.lines(), tooltip=tooltip, opacity=isolated(by=NAMED if domain else ())
        )
    )
    names = end_names(alt.Chart(last_points(visible)), domain, log, style, dark) if domain else []
    return with_selections(alt.LayerChart(layer=[lines, *names], height=HEIGHT))


def _named_scale(last: int, names: Sequence[str]) -> alt.Scale:
    return alt.Scale(type="log", domain=[0.95, last], nice=False, range=plot_range(names))
