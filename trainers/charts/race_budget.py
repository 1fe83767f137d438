"""Expected best result against number of trials."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from trainers.charts.axes import is_log_suitable, positive, scale, span, x_axis, y_axis
from trainers.charts.line_names import NAMED, end_names, isolated, plot_range, with_selections
from trainers.charts.style import Style

HEIGHT = 320
SEEDS = ("tuning", "half", "new")
"""The seeds that score trials."""


def budget_chart(budgets: pd.DataFrame, style: Style, y_title: str, dark: bool = False) -> alt.LayerChart:
    """Draw `budgets`, with the columns run, x (number of trials), y (expected best result), seeds.

    By its seeds a row belongs to a dashed line, "tuning", to a line, "half", or is a point, "new". A click
    on a name isolates its run.
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
    look: dict[str, Any] = {"tooltip": tooltip, "opacity": isolated(by=NAMED if domain else ())}
    tuning, half, new = (alt.Chart(visible[visible["seeds"] == each]) for each in SEEDS)
    dashed = tuning.mark_line(clip=True, strokeDash=[3, 3], strokeWidth=1.2)
    lines = half.mark_line(clip=True, strokeCap="butt", strokeJoin="round")
    points = new.mark_circle(size=60, opacity=1)
    layers = [
        dashed.encode(x, y, style.color(), **look),
        lines.encode(x, y, style.color(), *style.lines(), **look),
        points.encode(x, y, style.color(), **look),
    ]
    names = end_names(new, domain, log, style, dark) if domain else []
    return with_selections(alt.LayerChart(layer=[*layers, *names], height=HEIGHT))


def _named_scale(last: int, names: Sequence[str]) -> alt.Scale:
    return alt.Scale(type="log", domain=[0.95, last], nice=False, range=plot_range(names))
