"""The fit: the data, and the prediction of each run."""

import altair as alt
import pandas as pd

from trainers.charts.axes import scale, span, y_axis
from trainers.charts.snapshots import moment_slider, now, when
from trainers.charts.style import Style

HEIGHT = 420


def fit_chart(
    points: pd.DataFrame, lines: pd.DataFrame, style: Style, x_title: str, y_title: str
) -> alt.LayerChart:
    """`points` has the columns x, y, held_out; `lines` has run, moment, epoch, x, y.

    The window is that of the points. A slider below goes through the moments, without asking the server.
    """
    x = alt.X("x:Q", axis=y_axis(x_title, None, False), scale=scale(_window(points, "x"), False))
    y = alt.Y("y:Q", axis=y_axis(y_title, None, False), scale=scale(_window(points, "y"), False))
    fits = now(lines).mark_line(clip=True, strokeCap="butt").encode(x, y, style.colour(), *style.lines())
    shape = alt.Scale(domain=[False, True], range=["circle", "triangle-up"])
    dots = (
        alt.Chart(points)
        .mark_point(size=70, filled=True, color="gray", opacity=0.9)
        .encode(
            x,
            y,
            shape=alt.Shape("held_out:N", scale=shape, legend=None),
            tooltip=[alt.Tooltip("x:Q", title=x_title), alt.Tooltip("y:Q", title=y_title)],
        )
    )
    return alt.LayerChart(layer=[fits, dots, when(lines)], height=HEIGHT).add_params(moment_slider(lines))


def measured_chart(predictions: pd.DataFrame, style: Style, title: str) -> alt.LayerChart:
    """What was measured from left to right, what each run predicts from bottom to top: equal on the diagonal.

    `predictions` has the columns run, moment, epoch, x, y.
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
        now(predictions)
        .mark_point(filled=True, size=36, opacity=0.7, clip=True)
        .encode(x, y, style.colour(), tooltip=tooltip)
    )
    layers = [diagonal, dots, when(predictions)]
    return alt.LayerChart(layer=layers, height=HEIGHT).add_params(moment_slider(predictions))


def _window(points: pd.DataFrame, column: str) -> list[float] | None:
    return span(points.assign(run=""), column, log=False)
