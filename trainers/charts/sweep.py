"""Final values of a sweep along one hyperparameter."""

import altair as alt
import pandas as pd

from trainers.charts.axes import LARGEST, is_log_suitable, positive, scale, span, y_axis
from trainers.charts.style import Style

HEIGHT = 320


def sweep_chart(
    runs: pd.DataFrame, style: Style, x_title: str, y_title: str, log_x: bool = False
) -> alt.LayerChart:
    """Draw `runs`, with run (one name), x, y (not finite if failed) and label: a point for each.

    The line is at the median of each x. Failed runs are crosses at the upper edge.
    """
    finite = runs["y"].between(-LARGEST, LARGEST)
    log = is_log_suitable(runs.loc[finite, "y"])
    visible = runs[finite & (positive(runs["y"]) if log else True)]
    domain = span(visible, "y", log) or [0.1, 1.0]
    ends = [float(runs["x"].min()), float(runs["x"].max())]
    x = alt.X("x:Q", axis=y_axis(x_title, ends, log_x), scale=scale(ends, log_x))
    y = alt.Y("y:Q", axis=y_axis(y_title, domain, log), scale=scale(domain, log))
    tooltip = [
        alt.Tooltip("x:Q", title=x_title, format=".4g"),
        alt.Tooltip("label:N", title=y_title),
    ]
    middle = visible.groupby(["run", "x"], as_index=False)["y"].median()
    failed = runs[~finite].assign(y=domain[1])
    line = alt.Chart(middle).mark_line(strokeWidth=2).encode(x, y, style.color())
    points = alt.Chart(visible).mark_point(filled=True, size=30).encode(x, y, style.color(), tooltip=tooltip)
    crosses = (
        alt.Chart(failed)
        .mark_point(shape="cross", angle=45, size=60, filled=True, color="gray")
        .encode(x, y, tooltip=tooltip)
    )
    return alt.LayerChart(layer=[line, points, crosses], height=HEIGHT)
