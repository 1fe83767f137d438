"""The loss chart: all runs over one another."""

from collections.abc import Collection
from typing import Any

import altair as alt
import pandas as pd

from charts.axes import positive, scale, span, x_axis, y_axis
from charts.export import spec
from charts.style import Style

HEIGHT = 420


def loss_chart(
    curves: pd.DataFrame,
    hover: pd.DataFrame,
    style: Style,
    *,
    x_title: str,
    y_title: str,
    log: bool,
    diverged: Collection[str] = (),
    optimum: float | None = None,
    held_out: pd.DataFrame | None = None,
    batches: pd.DataFrame | None = None,
    legend: bool = False,
) -> alt.LayerChart:
    """Overlay the curves of all runs; dotted those on the rows held out, and thin those of batches.

    `curves` has the columns run, x, y. `hover` is wide: x, and a column r0, r1, ... for each run, for
    the exact values under the pointer. A run in `diverged` ends in a cross, and may leave the picture
    at the top unless all do.
    """
    others = [table for table in (held_out, batches) if table is not None and len(table)]
    log = log and bool(positive(curves["y"]).any())
    every = pd.concat([curves, *others], ignore_index=True)
    domain = span(every, "y", log, diverged, include=[] if optimum is None else [optimum])
    x = alt.X("x:Q", axis=x_axis(x_title), scale=alt.Scale(nice=False))
    y = alt.Y("y:Q", axis=y_axis(y_title, domain, log), scale=scale(domain, log))
    shown = curves[positive(curves["y"])] if log else curves
    layers = [_aside(t[positive(t["y"])] if log else t, x, y, style, t is batches) for t in others]
    layers.append(_lines(shown, x, y, style, legend))
    if optimum is not None and domain is not None:
        layers.insert(0, _optimum(optimum, y))
    if diverged and domain is not None:
        layers.append(_crosses(shown, diverged, domain[1], x, y, style))
    layers.append(_hover(hover, style, x, x_title))
    return alt.LayerChart(layer=layers, height=HEIGHT)


def live_spec(style: Style, epochs: int, y_title: str, log: bool) -> dict[str, Any]:
    """The spec of a loss chart for runs under way: its table, with run, x and y, is passed beside it."""
    x = alt.X("x:Q", axis=x_axis("epochs"), scale=alt.Scale(domain=[0, epochs]))
    y = alt.Y(
        "y:Q", axis=y_axis(y_title, None, log), scale=alt.Scale(type="log" if log else "linear", zero=False)
    )
    empty = pd.DataFrame(columns=["run", "x", "y"])
    chart = spec(alt.LayerChart(layer=[_lines(empty, x, y, style)], height=HEIGHT))
    return {key: part for key, part in chart.items() if key not in ("data", "datasets")}


def _lines(curves: pd.DataFrame, x: alt.X, y: alt.Y, style: Style, legend: bool = False) -> alt.Chart:
    chart: alt.Chart = (
        alt.Chart(curves)
        .mark_line(clip=True, strokeCap="butt", strokeJoin="round")
        .encode(x, y, style.legend() if legend else style.colour(), *style.lines())
    )
    return chart


def _aside(curves: pd.DataFrame, x: alt.X, y: alt.Y, style: Style, faint: bool) -> alt.Chart:
    """A curve that accompanies another: faint that of batches, dotted that of the rows held out."""
    look = {"strokeWidth": 1, "opacity": 0.3} if faint else {"strokeWidth": 2.5, "strokeDash": [1, 4]}
    chart: alt.Chart = (
        alt.Chart(curves).mark_line(clip=True, strokeCap="round", **look).encode(x, y, style.colour())
    )
    return chart


def _optimum(optimum: float, y: alt.Y) -> alt.Chart:
    """A dotted line at the smallest loss there is."""
    table = pd.DataFrame({"y": [optimum]})
    title = "smallest possible loss"
    chart: alt.Chart = (
        alt.Chart(table)
        .mark_rule(strokeDash=[2, 4], color="gray", clip=True)
        .encode(y, tooltip=[alt.Tooltip("y:Q", title=title, format=".8g")])
    )
    return chart


def _crosses(
    curves: pd.DataFrame, diverged: Collection[str], top: float, x: alt.X, y: alt.Y, style: Style
) -> alt.Chart:
    """A cross at the last finite value of each run that diverged, or at the top if that lies above."""
    last = curves[curves["run"].isin(list(diverged))].groupby("run", sort=False).last().reset_index()
    ends = last.assign(value=last["y"], y=last["y"].clip(upper=top))
    tooltip = [
        alt.Tooltip("run:N"),
        alt.Tooltip("x:Q", title="last finite at", format=",~g"),
        alt.Tooltip("value:Q", title="value there", format=".4g"),
    ]
    chart: alt.Chart = (
        alt.Chart(ends)
        .mark_point(shape="cross", angle=45, size=200, filled=True, opacity=1)
        .encode(x, y, style.colour(), tooltip=tooltip)
    )
    return chart


def _hover(hover: pd.DataFrame, style: Style, x: alt.X, x_title: str) -> alt.Chart:
    """A line under the pointer, with the exact values of all runs there."""
    near = alt.selection_point(nearest=True, on="pointerover", clear="pointerout", fields=["x"], empty=False)
    here = alt.Tooltip("x:Q", title=x_title, format=",~g")
    values = [alt.Tooltip(f"r{i}:Q", title=name, format=".6g") for i, name in enumerate(style.names)]
    chart: alt.Chart = (
        alt.Chart(hover)
        .mark_rule(color="gray", strokeWidth=1)
        .encode(x, opacity=alt.condition(near, alt.value(0.6), alt.value(0)), tooltip=[here, *values])
        .add_params(near)
    )
    return chart
