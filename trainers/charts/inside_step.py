"""One update as arrows on a map of the loss, and where on the whole map it lies."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import altair as alt
import pandas as pd

from trainers.charts.axes import tick_format
from trainers.charts.expressions import ranged_scale, text_size
from trainers.charts.loss_map import LossMap, loss_map

HEIGHT, OVERVIEW_HEIGHT = 380, 200
SIDE = "min(width, height)"
"""Side of the square map in pixels, as a Vega expression."""
GRAY = "#7d7d7d"


def arrow_chart(content: LossMap, arrows: pd.DataFrame, color: str) -> alt.LayerChart:
    """Draw `arrows`, what, x, y, x2, y2, on a map with equal scales: gray the first, colored the second."""
    limits, titles = content.limits, content.titles
    scales = ranged_scale(limits[0], ("0", SIDE)), ranged_scale(limits[1], (SIDE, "0"))
    look: dict[str, Any] = {"grid": False, "tickCount": 4, "labelFontSize": text_size(12)}
    axes = [
        alt.Axis(title=title, format=tick_format(*side), labelOverlap=True, **look)
        for title, side in zip(titles, limits, strict=True)
    ]
    x, tip_x = (alt.X(f"{name}:Q", axis=axes[0], scale=scales[0]) for name in ("x", "x2"))
    y, tip_y = (alt.Y(f"{name}:Q", axis=axes[1], scale=scales[1]) for name in ("y", "y2"))
    layers = loss_map(replace(content, minima=_within(content.minima, limits)), x, y, (SIDE, SIDE))
    for place, shade, width in ((0, GRAY, 7), (1, color, 3)):
        layers += _arrow(arrows.iloc[[place]], (x, y), (tip_x, tip_y), shade, width)
    return alt.LayerChart(layer=layers, height=HEIGHT)


def overview_chart(content: LossMap, path: pd.DataFrame, color: str) -> alt.LayerChart:
    """Draw the path of a run, part, epoch, x, y, on the whole map, with a ring at its last point."""
    x, y = (
        channel(
            f"{name}:Q",
            axis=alt.Axis(grid=False, tickCount=4, title=title),
            scale=alt.Scale(domain=list(side), nice=False, zero=False),
        )
        for channel, name, title, side in zip(
            (alt.X, alt.Y), "xy", content.titles, content.limits, strict=True
        )
    )
    way = alt.Chart(path).mark_line(color=color, strokeWidth=2, clip=True)
    here = alt.Chart(path.tail(1))
    rings = [
        here.mark_point(size=130, color=shade, strokeWidth=width, clip=True).encode(x, y)
        for shade, width in (("white", 5), ("black", 2))
    ]
    order = {"order": alt.Order("epoch:Q"), "detail": alt.Detail("part:N")}
    layers = [*loss_map(content, x, y), way.encode(x, y, **order), *rings]
    return alt.LayerChart(layer=layers, height=OVERVIEW_HEIGHT)


def _arrow(
    arrow: pd.DataFrame, start: tuple[Any, Any], end: tuple[Any, Any], color: str, width: float
) -> list[alt.Chart]:
    """Draw an arrow with a light edge, and a head turned along it."""
    chart = alt.Chart(arrow)
    turned = chart.transform_calculate(
        turn="90 - atan2(datum.y2 - datum.y, datum.x2 - datum.x) * 180 / PI"
    ).transform_calculate(turn="(datum.turn + 360) % 360")
    tooltip = [alt.Tooltip("what:N", title="arrow")]
    ends = {"x2": alt.X2("x2:Q"), "y2": alt.Y2("y2:Q")}
    rules = [
        chart.mark_rule(color=shade, strokeWidth=wide).encode(*start, **ends, tooltip=tooltip)
        for shade, wide in (("white", width + 3), (color, width))
    ]
    turn = alt.Angle("turn:Q", scale=alt.Scale(domain=[0, 360], range=[0, 360]), legend=None)
    look: dict[str, Any] = {"shape": "triangle", "size": 60 + 40 * width, "color": color, "stroke": "white"}
    return [*rules, turned.mark_point(filled=True, opacity=1, **look).encode(*end, turn, tooltip=tooltip)]


def _within(minima: pd.DataFrame, limits: Sequence[tuple[float, float]]) -> pd.DataFrame:
    (x0, x1), (y0, y1) = limits
    return minima[minima["x"].between(x0, x1) & minima["y"].between(y0, y1)]
