"""Paths of runs over the loss surface."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from trainers.charts.axes import scale, y_axis
from trainers.charts.images import data_uri
from trainers.charts.snapshots import after_epochs, with_slider
from trainers.charts.style import Style

HEIGHT = 540
STOPS = ("#fff7d6", "#bfe3b4", "#5db8a6", "#2f7f9d", "#37508c", "#2b2360")
"""Color scale from the lowest loss (light) to the highest (dark)."""
STAR = "M0,-1L.29,-.4L.95,-.31L.48,.15L.59,.81L0,.5L-.59,.81L-.48,.15L-.95,-.31L-.29,-.4Z"
OPACITY = {False: 0.75, True: 0.6}
"""Opacity of the surface in light and dark mode."""


def path_chart(
    shares: Any,
    lines: pd.DataFrame,
    paths: pd.DataFrame,
    minima: pd.DataFrame,
    limits: Sequence[tuple[float, float]],
    style: Style,
    titles: tuple[str, str],
    *,
    value: str,
    span: tuple[float, float],
    log: bool,
    epochs: Sequence[int],
    cells: pd.DataFrame | None = None,
    dark: bool = False,
) -> alt.LayerChart:
    """Draw the loss surface with contour lines, and each run's path up to the epoch of a slider.

    `shares` is an array `(rows, columns)` from the bottom up, 0 for the smallest and 1 for the largest value;
    `lines` has the columns level, line, order, x, y; `paths` has run, part, epoch, x, y, loss; `minima` has
    x, y. The slider goes through `epochs` without the server. `cells`, with x, x_from, x_to, y, y_from, y_to,
    can be clicked: the selection `start` has x and y.
    """
    x, y = (
        channel(f"{name}:Q", axis=y_axis(title, None, False), scale=scale(list(side), False))
        for channel, name, title, side in zip((alt.X, alt.Y), "xy", titles, limits, strict=True)
    )
    visible = _until(paths, epochs)
    layers = [
        _surface(shares, dark),
        _legend(value, span, log),
        _contour_lines(lines, x, y, value),
        *([] if cells is None else [_clickable(cells, limits, titles)]),
        _minima(minima, x, y),
        *_paths(visible, x, y, style),
        *_when(epochs),
    ]
    apart = alt.Resolve(scale=alt.ScaleResolveMap(color="independent"))
    return with_slider(layers, max(len(epochs) - 1, 0), height=HEIGHT, resolve=apart)


def _until(paths: pd.DataFrame, epochs: Sequence[int]) -> alt.Chart:
    """Return the paths up to the epoch of the snapshot."""
    chart: alt.Chart = alt.Chart(paths).transform_filter(f"datum.epoch <= {list(epochs)}[snapshot]")
    return chart


def _surface(shares: Any, dark: bool) -> alt.Chart:
    picture = pd.DataFrame({"url": [data_uri(colors(shares[::-1], OPACITY[dark]))]})
    wide, high = alt.ExprRef("width"), alt.ExprRef("height")
    chart: alt.Chart = (
        alt.Chart(picture)
        .mark_image(x=0, y=0, align="left", baseline="top", aspect=False, width=wide, height=high)
        .encode(url="url:N")
    )
    return chart


def colors(shares: Any, strength: float) -> Any:
    """Return RGBA pixels `(rows, columns, 4)` of values from 0 to 1; transparent where not finite."""
    stops = np.array([[int(stop[k : k + 2], 16) for k in (1, 3, 5)] for stop in STOPS], dtype="float64")
    places = np.linspace(0, 1, len(stops))
    known = np.isfinite(shares)
    at = np.where(known, shares, 0.0)
    mixed = [np.interp(at, places, stops[:, k]) for k in range(3)]
    return np.stack([*mixed, 255 * strength * known], axis=-1)


def _legend(value: str, span: tuple[float, float], log: bool) -> alt.Chart:
    """Draw the legend of the color scale; its marks are invisible."""
    look = alt.Legend(title=value, orient="top", gradientLength=240, format=".3~g", tickCount=5)
    colors = alt.Scale(type="log" if log else "linear", domain=list(span), range=list(STOPS))
    ends = alt.Chart(pd.DataFrame({"v": list(span)})).mark_point(size=0, opacity=0)
    chart: alt.Chart = ends.encode(color=alt.Color("v:Q", scale=colors, legend=look))
    return chart


def _contour_lines(lines: pd.DataFrame, x: Any, y: Any, value: str) -> alt.Chart:
    level = alt.Tooltip("level:Q", title=value, format=".3g")
    chart: alt.Chart = (
        alt.Chart(lines)
        .mark_line(color="white", opacity=0.55, strokeWidth=1, clip=True)
        .encode(x, y, detail="line:N", order="order:Q", tooltip=level)
    )
    return chart


def _minima(minima: pd.DataFrame, x: Any, y: Any) -> alt.Chart:
    """Draw a white star with a dark edge at each minimum."""
    where = (
        alt.Tooltip("x:Q", title="minimum at", format=".6g"),
        alt.Tooltip("y:Q", title="and", format=".6g"),
    )
    chart: alt.Chart = (
        alt.Chart(minima)
        .mark_point(shape=STAR, size=220, filled=True, fill="white", stroke="black", strokeWidth=1, clip=True)
        .encode(x, y, tooltip=where)
    )
    return chart


def _paths(visible: alt.Chart, x: Any, y: Any, style: Style) -> list[alt.Chart]:
    """Draw the paths with a light edge, rings at the initial points, and dots at the current ones."""
    order = {"order": alt.Order("epoch:Q"), "detail": ["run:N", "part:N"]}
    edge = visible.mark_line(color="white", strokeWidth=4.5, opacity=0.7, clip=True).encode(x, y, **order)
    strokes = style.lines() if len(set(style.strokes)) > 1 else ()  # dashes are slow in browsers
    way = visible.mark_line(strokeWidth=2.2, clip=True).encode(x, y, style.color(), *strokes, **order)
    steps = visible.mark_point(size=12, filled=True, clip=True).encode(
        x, y, style.color(), tooltip=_tooltip()
    )
    first = visible.transform_filter("datum.epoch == 0")
    rings = [
        first.mark_point(size=130, filled=False, color=color, strokeWidth=width, clip=True).encode(x, y)
        for color, width in (("white", 5), ("black", 2))
    ]
    now = (
        visible.transform_joinaggregate(last="max(epoch)", groupby=["run"])
        .transform_filter("datum.epoch == datum.last")
        .mark_point(size=130, filled=True, opacity=1, stroke="white", strokeWidth=1.5, clip=True)
        .encode(x, y, style.color(), tooltip=_tooltip())
    )
    return [edge, way, steps, *rings, now]


def _tooltip() -> list[alt.Tooltip]:
    numbers = [alt.Tooltip(f"{name}:Q", format=".5g") for name in ("x", "y", "loss")]
    return [alt.Tooltip("run:N"), alt.Tooltip("epoch:Q", format=","), *numbers]


def _when(epochs: Sequence[int]) -> list[alt.Chart]:
    """Draw the epoch in the upper left corner, with a light edge."""
    text = alt.Chart(pd.DataFrame({"row": [0]})).transform_calculate(
        text=after_epochs(f"{list(epochs)}[snapshot]")
    )
    look: dict[str, Any] = {"align": "left", "x": 12, "y": 18, "fontSize": 14, "fontWeight": "bold"}
    edge = text.mark_text(stroke="white", strokeWidth=4, strokeJoin="round", opacity=0.8, **look)
    return [edge.encode(text="text:N"), text.mark_text(color="black", **look).encode(text="text:N")]


def _clickable(
    cells: pd.DataFrame, limits: Sequence[tuple[float, float]], titles: tuple[str, str]
) -> alt.Chart:
    """Draw invisible squares; a click on one selects its center."""
    click = alt.selection_point(name="start", fields=["x", "y"], on="click", empty=False)
    across, up = (scale(list(side), False) for side in limits)
    where = [alt.Tooltip(f"{name}:Q", title=title) for name, title in zip("xy", titles, strict=True)]
    ends = (alt.X("x_from:Q", scale=across), alt.Y("y_from:Q", scale=up), alt.X2("x_to:Q"), alt.Y2("y_to:Q"))
    chart: alt.Chart = (
        alt.Chart(cells)
        .mark_rect(fill="white", fillOpacity=0, cursor="crosshair", clip=True)
        .encode(*ends, tooltip=where)
        .add_params(click)
    )
    return chart
