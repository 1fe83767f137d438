"""Loss chart of all runs."""

import math
from collections.abc import Collection, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import altair as alt
import pandas as pd

from trainers.charts.axes import (
    markable,
    positive,
    round_domain,
    scale,
    span,
    visible_points,
    x_axis,
    x_scale,
    y_axis,
)
from trainers.charts.export import spec
from trainers.charts.line_names import NAMED, end_names, isolated, last_points, plot_range, with_selections
from trainers.charts.style import Stroke, Style

HEIGHT = 420
FAINT = Stroke(width=1, opacity=0.3)
"""Of mini-batch losses."""
DASHED = Stroke(width=1.5, dash=(6, 4))
"""Of validation curves."""
DOTTED = Stroke(width=2.5, dash=(1, 4))
"""Where rounding decides."""


def loss_chart(
    curves: pd.DataFrame,
    hover: pd.DataFrame,
    style: Style,
    *,
    x_title: str,
    y_title: str,
    log: bool,
    diverged: Collection[str] = (),
    far: Collection[str] = (),
    optimum: float | None = None,
    validation: pd.DataFrame | None = None,
    batches: pd.DataFrame | None = None,
    since: Mapping[str, float] = MappingProxyType({}),
    dark: bool = False,
) -> alt.LayerChart:
    """Draw the curves of all runs with their names; validation curves dashed, mini-batch losses thin.

    `curves` has the columns run, x, y. `hover` is wide: x, and a column r0, r1, ... per run, for the exact
    values under the pointer. Runs in `diverged` and `far` may leave the chart unless all do: the former end
    in a cross, the latter in a triangle at the edge. Curves are dotted from the x that `since` has for a run.
    """
    others = [table for table in (validation, batches) if table is not None and len(table)]
    log = log and bool(positive(curves["y"]).any())
    leaving = [*diverged, *far]
    least = markable(optimum, log) if len(curves) else []
    domain = span(curves, "y", log, leaving, include=[*least, *_ends(others, leaving, log)])
    x = alt.X(
        "x:Q", axis=x_axis(x_title), scale=x_scale(curves["x"], hover["x"], ends=plot_range(style.names))
    )
    y = alt.Y("y:Q", axis=y_axis(y_title, domain, log), scale=scale(domain, log))
    clip = partial(visible_points, domain=domain, log=log, leaving=leaving)
    layers = [_aside(clip(table), x, y, style, FAINT if table is batches else DASHED) for table in others]
    solid, dotted = _parts(clip(curves), since)
    lines = _lines(solid, x, y, style)
    layers.append(lines if domain is None else lines.encode(opacity=isolated(by=NAMED)))
    if len(dotted):
        layers.append(_aside(dotted, x, y, style, DOTTED))
    if least and domain is not None:
        layers.insert(0, _optimum(least, y))
    if domain is not None:
        layers += _last(curves, diverged, far, domain, x, y, style)
    layers.append(_hover(hover, style, x, x_title))
    if domain is not None:
        layers += end_names(alt.Chart(last_points(curves)), domain, log, style, dark)
    return with_selections(alt.LayerChart(layer=layers, height=HEIGHT))


def live_loss_chart(
    curves: pd.DataFrame,
    style: Style,
    epochs: int,
    y_title: str,
    log: bool,
    far: Collection[str] = (),
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return table and spec of the loss chart of runs in training; the spec seldom changes."""
    log = log and bool(positive(curves["y"]).any())
    domain = round_domain(span(curves, "y", log, far) or [0.0, 1.0], log)
    x = alt.X(
        "x:Q", axis=x_axis("epochs"), scale=alt.Scale(domain=[0, epochs], range=plot_range(style.names))
    )
    y = alt.Y("y:Q", axis=y_axis(y_title, domain, log), scale=scale(domain, log))
    visible = visible_points(curves, domain, log, far)
    chart = spec(alt.LayerChart(layer=[_lines(visible, x, y, style)], height=HEIGHT))
    return visible, {key: part for key, part in chart.items() if key not in ("data", "datasets")}


def _ends(tables: list[pd.DataFrame], leaving: Collection[str], log: bool) -> list[float]:
    """Return the smallest and largest value of each table that the axis can show, of runs that stay."""
    stays = [table.loc[~table["run"].isin(list(leaving)), "y"] for table in tables]
    visible = [values[positive(values)] if log else values for values in stays]
    return [float(end) for values in visible if len(values) for end in (values.min(), values.max())]


def _parts(curves: pd.DataFrame, since: Mapping[str, float]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split curves where they become dotted; the last point before belongs to both parts."""
    ends = curves["run"].map(dict(since)).fillna(math.inf).astype(float)
    before = curves["x"].where(curves["x"] <= ends)
    last = before.groupby(curves["run"]).transform("max")
    return curves[curves["x"] <= ends], curves[(curves["x"] >= last) & (ends < math.inf)]


def _lines(curves: pd.DataFrame, x: alt.X, y: alt.Y, style: Style) -> alt.Chart:
    chart: alt.Chart = (
        alt.Chart(curves)
        .mark_line(clip=True, strokeCap="butt", strokeJoin="round")
        .encode(x, y, style.color(), *style.lines())
    )
    return chart


def _aside(curves: pd.DataFrame, x: alt.X, y: alt.Y, style: Style, look: Stroke) -> alt.Chart:
    """Draw curves in their colors but in a look that is not of their runs."""
    chart: alt.Chart = (
        alt.Chart(curves)
        .mark_line(clip=True, strokeCap="round", strokeWidth=look.width, strokeDash=list(look.dash))
        .encode(x, y, style.color(), opacity=isolated(value=look.opacity, by=NAMED))
    )
    return chart


def _optimum(least: list[float], y: alt.Y) -> alt.Chart:
    """Draw a dotted line at the minimum loss."""
    table = pd.DataFrame({"y": least})
    title = "minimum loss"
    chart: alt.Chart = (
        alt.Chart(table)
        .mark_rule(strokeDash=[2, 4], color="gray", clip=True)
        .encode(y, tooltip=[alt.Tooltip("y:Q", title=title, format=".8g")])
    )
    return chart


def _last(
    curves: pd.DataFrame,
    diverged: Collection[str],
    far: Collection[str],
    domain: list[float],
    x: alt.X,
    y: alt.Y,
    style: Style,
) -> list[alt.Chart]:
    """Mark the last finite values of runs that leave, at the edge if they lie outside."""
    last = last_points(curves)
    ends = last.assign(value=last["y"], y=last["y"].clip(*domain))
    crosses = ends[ends["run"].isin(list(diverged))]
    outside = ends[ends["run"].isin(list(far)) & (ends["y"] != ends["value"])]
    marks = ((crosses, {"shape": "cross", "angle": 45}), (outside, {"shape": "triangle-up"}))
    return [_marks(table, x, y, style, look) for table, look in marks if len(table)]


def _marks(ends: pd.DataFrame, x: alt.X, y: alt.Y, style: Style, look: dict[str, Any]) -> alt.Chart:
    tooltip = [
        alt.Tooltip("run:N"),
        alt.Tooltip("x:Q", title="last finite at" if look["shape"] == "cross" else "ended at", format=",~g"),
        alt.Tooltip("value:Q", title="value", format=".4g"),
    ]
    chart: alt.Chart = (
        alt.Chart(ends)
        .mark_point(size=200, filled=True, opacity=1, **look)
        .encode(x, y, style.color(), tooltip=tooltip)
    )
    return chart


def _hover(hover: pd.DataFrame, style: Style, x: alt.X, x_title: str) -> alt.Chart:
    """Draw a line under the pointer, with the exact values of all runs as tooltip."""
    near = alt.selection_point(nearest=True, on="pointerover", clear="pointerout", fields=["x"], empty=False)
    visible = {"param": near.name, "empty": False, "value": 0.6}
    here = alt.Tooltip("x:Q", title=x_title, format=",~g")
    values = [alt.Tooltip(f"r{i}:Q", title=name, format=".6g") for i, name in enumerate(style.names)]
    chart: alt.Chart = (
        alt.Chart(hover)
        .mark_rule(color="gray", strokeWidth=1)
        .encode(x, alt.OpacityValue(0, condition=visible), tooltip=[here, *values])
        .add_params(near)
    )
    return chart
