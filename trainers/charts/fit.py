"""Predictions over the data, and predicted against actual values."""

import altair as alt
import pandas as pd

from trainers.charts.axes import scale, span, y_axis
from trainers.charts.line_names import NAMED, end_names, isolated, plot_range, with_selections
from trainers.charts.snapshots import at_snapshot, epoch_label, last_snapshot, with_slider
from trainers.charts.style import Style

HEIGHT = 420


def fit_chart(
    points: pd.DataFrame,
    lines: pd.DataFrame,
    style: Style,
    x_title: str,
    y_title: str,
    dark: bool = False,
) -> alt.LayerChart:
    """Draw samples, x, y, validation, and the predictions, run, snapshot, epoch, x, y.

    The window is that of the samples. A slider selects the snapshot, without the server. The name of a run
    stands beside the right end of its line.
    """
    across, up = scale(_window(points, "x"), False), _window(points, "y") or [0.0, 1.0]
    across.range = plot_range(style.names)
    x = alt.X("x:Q", axis=y_axis(x_title, None, False), scale=across)
    y = alt.Y("y:Q", axis=y_axis(y_title, None, False), scale=scale(up, False))
    shown = at_snapshot(lines)
    fits = shown.mark_line(clip=True, strokeCap="butt").encode(
        x, y, style.color(), *style.lines(), opacity=isolated(by=NAMED)
    )
    rightmost = shown.transform_joinaggregate(last="max(x)", groupby=["run"])
    ends = rightmost.transform_filter("datum.x == datum.last")
    shape = alt.Scale(domain=[False, True], range=["circle", "triangle-up"])
    dots = (
        alt.Chart(points)
        .mark_point(size=70, filled=True, color="gray", opacity=0.9)
        .encode(
            x,
            y,
            shape=alt.Shape("validation:N", scale=shape, legend=None),
            tooltip=[alt.Tooltip("x:Q", title=x_title), alt.Tooltip("y:Q", title=y_title)],
        )
    )
    layers = [fits, dots, epoch_label(lines), *end_names(ends, up, False, style, dark)]
    return with_selections(with_slider(layers, last_snapshot(lines), height=HEIGHT))


def predicted_actual_chart(predictions: pd.DataFrame, style: Style, title: str) -> alt.LayerChart:
    """Draw predictions y against actual values x, with the diagonal dotted.

    `predictions` has the columns run, snapshot, epoch, x, y.
    """
    window = _window(predictions, "x")
    ends = scale(window, False)
    x = alt.X("x:Q", axis=y_axis(f"{title}, actual", None, False), scale=ends)
    y = alt.Y("y:Q", axis=y_axis(f"{title}, predicted", None, False), scale=ends)
    diagonal = (
        alt.Chart(pd.DataFrame({"x": window or [0, 1], "y": window or [0, 1]}))
        .mark_line(color="gray", strokeDash=[2, 4])
        .encode(x, y)
    )
    tooltip = [
        alt.Tooltip("run:N"),
        alt.Tooltip("x:Q", title="actual"),
        alt.Tooltip("y:Q", title="predicted"),
    ]
    dots = (
        at_snapshot(predictions)
        .mark_point(filled=True, size=36, opacity=0.7, clip=True)
        .encode(x, y, style.color(), tooltip=tooltip)
    )
    layers = [diagonal, dots, epoch_label(predictions)]
    return with_slider(layers, last_snapshot(predictions), height=HEIGHT)


def _window(points: pd.DataFrame, column: str) -> list[float] | None:
    return span(points.assign(run=""), column, log=False)
