"""The loss along the direction against the gradient, and the factors of the error, over the learning rate."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from trainers.charts.axes import tick_format
from trainers.charts.expressions import at, ranged_scale, text_size
from trainers.charts.snapshots import slider
from trainers.charts.style import INK, PAGE

HEIGHT, LOW_HEIGHT = 500, 320
TOP, SPLIT, GAP = 26, 0.54, 62
"""Pixels above the upper panel, its share of the height, and pixels between the panels."""
UNSTABLE = "#d62728"
FACTORS = {"steep": "steepest direction", "flat": "flattest direction"}
MAX_FACTOR = 2.2


def gradient_line_chart(
    table: pd.DataFrame,
    marks: Mapping[str, float],
    stable: float | None,
    lr: float | None,
    color: str,
    dark: bool,
) -> alt.LayerChart:
    """Draw `table`, lr, loss, and steep and flat where they are known, with a slider over its rows.

    It stands at `lr`. `marks` are learning rates, by words; beyond `stable` the ground is red.
    """
    rows = table.assign(snapshot=range(len(table)))
    two = "steep" in rows
    bottom = f"height * {SPLIT}" if two else "height"
    axis = alt.Axis(title="learning rate lr", format=".3~g", grid=False, tickCount=6)
    x = alt.X("lr:Q", axis=axis, scale=alt.Scale(domain=[0, float(rows["lr"].max())], nice=False))
    start = rows.index[-1] if lr is None else int((rows["lr"] - lr).abs().argmin())
    low, high = _loss_range(rows, start, marks)
    panels = _panel(rows, x, "loss", (low, high), (bottom, str(TOP)), {"loss": color}, dark)
    marked = pd.DataFrame({"what": list(marks), "lr": list(marks.values())})
    marked["loss"] = [_at(rows, rate) for rate in marked["lr"]]
    y = alt.Y("loss:Q", axis=None, scale=ranged_scale((low, high), (bottom, str(TOP))))
    panels += _marks(marked[marked["loss"].between(low, high)], x, y, dark)
    panels += _caption(
        rows, "'lr ' + format(datum.lr, '.4~g') + ': loss ' + format(datum.loss, '.5~g')", "0", dark
    )
    if two:
        panels += _factors(rows, x, dark)
    ground = [] if stable is None else _unstable(stable, float(rows["lr"].max()))
    first, *others = [*ground, *panels]
    moved = slider(len(rows) - 1, value=start, name="Learning rate")
    chart = alt.LayerChart(layer=[first.add_params(moved), *others], height=HEIGHT if two else LOW_HEIGHT)
    made: alt.LayerChart = chart.resolve_scale(y="independent")
    return made


def _panel(
    rows: pd.DataFrame,
    x: alt.X,
    title: str,
    domain: tuple[float, float],
    ends: tuple[str, str],
    colors: Mapping[str, str],
    dark: bool,
) -> list[alt.Chart]:
    """Draw lines over the learning rate, and a dot on each at the slider."""
    axis = alt.Axis(orient="left", title=title, format=tick_format(*domain), tickCount=4, grid=False)
    layers: list[alt.Chart] = []
    for column, color in colors.items():
        y = alt.Y(f"{column}:Q", axis=axis, scale=ranged_scale(domain, ends))
        shown = rows[rows[column].between(*domain)]
        tooltip = [
            alt.Tooltip("lr:Q", format=".4~g"),
            alt.Tooltip(f"{column}:Q", title=FACTORS.get(column, column), format=".5~g"),
        ]
        line = alt.Chart(shown).mark_line(color=color, strokeWidth=2.5).encode(x, y, tooltip=tooltip)
        dot = alt.Chart(shown).transform_filter("datum.snapshot == snapshot")
        point = dot.mark_point(
            filled=True, size=130, color=color, stroke=PAGE[dark], strokeWidth=1.5, opacity=1
        )
        layers += [line, point.encode(x, y, tooltip=tooltip)]
    return layers


def _factors(rows: pd.DataFrame, x: alt.X, dark: bool) -> list[alt.Chart]:
    """Draw the factors by which a step multiplies the error, from -1 to 1 where it shrinks."""
    top = f"height * {SPLIT} + {GAP}"
    domain = (max(float(rows["steep"].min()), -MAX_FACTOR), 1.05)
    ink = INK[dark]
    colors = {"steep": ink, "flat": "#8a8a8a"}
    y = alt.Y("factor:Q", axis=None, scale=ranged_scale(domain, ("height", top)))
    limits = alt.Chart(pd.DataFrame({"factor": [v for v in (-1.0, 0.0, 1.0) if domain[0] <= v]}))
    rules = limits.mark_rule(strokeDash=[3, 3], opacity=0.45, color=ink).encode(y=y)
    text = (
        "'× ' + format(datum.steep, '.4~g') + ' steepest, × ' "
        "+ format(datum.flat, '.4~g') + ' flattest direction'"
    )
    return [
        rules,
        *_panel(rows, x, "factor per step", domain, ("height", top), colors, dark),
        *_caption(rows, text, f"height * {SPLIT} + {GAP} - 22", dark),
    ]


def _unstable(stable: float, last: float) -> list[alt.Chart]:
    """Draw the ground beyond the stability limit."""
    if stable >= last:
        return []
    area = pd.DataFrame(
        {"lr": [stable], "to": [last], "what": [f"beyond the stability limit, lr {stable:.4g}"]}
    )
    chart = alt.Chart(area).mark_rect(color=UNSTABLE, opacity=0.12)
    tooltip = [alt.Tooltip("what:N", title="lr")]
    return [chart.encode(alt.X("lr:Q"), alt.X2("to:Q"), tooltip=tooltip, **at(y=str(TOP), y2="height"))]


def _marks(marked: pd.DataFrame, x: alt.X, y: alt.Y, dark: bool) -> list[alt.Chart]:
    """Draw rings with words."""
    chart = alt.Chart(marked)
    ring = chart.mark_point(size=70, color=INK[dark], fill=PAGE[dark], opacity=1).encode(x, y)
    look: dict[str, Any] = {"dy": -12, "fontSize": text_size(12), "color": INK[dark]}
    halo = chart.mark_text(stroke=PAGE[dark], strokeWidth=3, **look).encode(x, y, text=alt.Text("what:N"))
    words = chart.mark_text(**look).encode(x, y, text=alt.Text("what:N"))
    return [ring, halo, words]


def _caption(rows: pd.DataFrame, text: str, place: str, dark: bool) -> list[alt.Chart]:
    """Write numbers at the slider."""
    chart = alt.Chart(rows).transform_filter("datum.snapshot == snapshot").transform_calculate(text=text)
    look: dict[str, Any] = {"align": "left", "baseline": "top", "fontWeight": 600, "color": INK[dark]}
    return [
        chart.mark_text(fontSize=text_size(13), **look).encode(text=alt.Text("text:N"), **at(x="0", y=place))
    ]


def _loss_range(rows: pd.DataFrame, start: int, marks: Mapping[str, float]) -> tuple[float, float]:
    """Return the losses shown: from the lowest to above the first, the marked and the current one."""
    losses = rows["loss"]
    low, first = float(losses.min()), float(losses.iloc[0])
    finite = [value for value in (first, float(losses.iloc[start])) if value < float("inf")]
    high = max(finite, default=low + 1)
    high = max(high, *(value for value in (_at(rows, rate) for rate in marks.values())), low)
    room = 0.12 * (high - low) or abs(high) * 0.1 or 1.0
    return low - 0.04 * (high - low), high + room


def _at(rows: pd.DataFrame, rate: float) -> float:
    """Return the loss at a learning rate, of the nearest row."""
    return float(rows["loss"].iloc[int((rows["lr"] - rate).abs().argmin())])
