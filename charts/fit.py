"""The fit: the data, and the prediction of each run."""

import altair as alt
import pandas as pd

from charts.axes import scale, span, y_axis
from charts.style import Style

HEIGHT = 420


def fit_chart(
    points: pd.DataFrame, lines: pd.DataFrame, style: Style, x_title: str, y_title: str
) -> alt.LayerChart:
    """`points` has the columns x, y; `lines` has run, moment, epoch, x, y. The window is that of the points.

    A slider below the chart goes through the moments, without asking the server.
    """
    last = int(lines["moment"].max()) if len(lines) else 0
    slider = alt.binding_range(min=0, max=last, step=1, name="training, from start to end ")
    moment = alt.param(name="moment", value=last, bind=slider)
    x = alt.X("x:Q", axis=y_axis(x_title, None, False), scale=scale(_window(points, "x"), False))
    y = alt.Y("y:Q", axis=y_axis(y_title, None, False), scale=scale(_window(points, "y"), False))
    now = alt.Chart(lines).transform_filter("datum.moment == moment")
    fits = now.mark_line(clip=True, strokeCap="butt").encode(x, y, style.colour(), *style.lines())
    dots = (
        alt.Chart(points)
        .mark_point(size=70, filled=True, color="gray", opacity=0.9)
        .encode(x, y, tooltip=[alt.Tooltip("x:Q", title=x_title), alt.Tooltip("y:Q", title=y_title)])
    )
    when = (
        now.transform_aggregate(epoch="max(epoch)")
        .transform_calculate(text="'after ' + format(datum.epoch, ',') + ' epochs'")
        .mark_text(align="left", x=12, y=16, fontSize=14, color="gray")
        .encode(text="text:N")
    )
    return alt.LayerChart(layer=[fits, dots, when], height=HEIGHT).add_params(moment)


def _window(points: pd.DataFrame, column: str) -> list[float] | None:
    return span(points.assign(run=""), column, log=False)
