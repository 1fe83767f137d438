"""Curves of tuned optimizers, with percentiles over seeds."""

import altair as alt
import pandas as pd

from trainers.charts.axes import is_log_suitable, positive, scale, span, x_axis, x_scale, y_axis
from trainers.charts.line_names import NAMED, end_names, isolated, last_points, plot_range, with_selections
from trainers.charts.style import Style

HEIGHT = 320


def band_chart(
    curves: pd.DataFrame,
    style: Style,
    x_title: str,
    y_title: str,
    dark: bool = False,
    ends: tuple[str, str] = ("low", "high"),
) -> alt.LayerChart:
    """Draw `curves`, with run, x, low, mid, high: a line at the median within a band with thin edges.

    `ends` are the names of these edges; where both are equal, as with one seed, there is no band.

    The axis is logarithmic where nothing is below 0. A curve may leave the chart where it is infinite. A
    click on a name isolates its run.
    """
    log = is_log_suitable(curves["mid"])
    visible = curves[positive(curves["mid"])] if log else curves
    domain = span(visible.rename(columns={"mid": "y"}), "y", log)
    visible = visible.assign(low=visible["low"].clip(lower=domain[0])) if domain else visible
    visible = visible.assign(high=visible["high"].clip(upper=domain[1])) if domain else visible
    x = alt.X("x:Q", axis=x_axis(x_title), scale=x_scale(visible["x"], ends=plot_range(style.names)))
    y = alt.Y("mid:Q", axis=y_axis(y_title, domain, log), scale=scale(domain, log))
    spread = {"low": ends[0], "high": ends[1]} if (curves["low"] < curves["high"]).any() else {}
    tooltip = [
        alt.Tooltip("run:N"),
        alt.Tooltip("x:Q", title=x_title, format=",~g"),
        alt.Tooltip("mid:Q", title="median" if spread else y_title, format=".3g"),
        *(alt.Tooltip(f"{column}:Q", title=end, format=".3g") for column, end in spread.items()),
    ]
    chart = alt.Chart(visible)
    by = NAMED if domain else ()
    shade = {"opacity": isolated(value=0.12, by=by)}
    bands = chart.mark_area(clip=True, tooltip=None).encode(
        x, alt.Y("low:Q"), alt.Y2("high:Q"), style.color(), **shade
    )
    edge = {"opacity": isolated(value=0.6, by=by)}
    edges = [
        chart.mark_line(clip=True, tooltip=None, strokeWidth=0.8).encode(
            x, alt.Y(f"{end}:Q"), style.color(), **edge
        )
        for end in spread
    ]
    lines = chart.mark_line(clip=True, strokeCap="butt", strokeJoin="round", strokeWidth=2.5).encode(
        x, y, style.color(), tooltip=tooltip, opacity=isolated(by=by)
    )
    last = last_points(visible.rename(columns={"mid": "y"}))
    names = end_names(alt.Chart(last), domain, log, style, dark) if domain else []
    layers = [bands, *edges, lines, *names]
    return with_selections(alt.LayerChart(layer=layers, height=HEIGHT))
