"""The panel of the loss map, with the path of each run up to the current epoch."""

from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from trainers.charts.compare_dots import current, past
from trainers.charts.expressions import AXIS_LOOK, at, ranged_scale, ref, text_size
from trainers.charts.line_names import isolated
from trainers.charts.loss_map import LossMap, loss_map
from trainers.charts.style import BY_PART, Style


@dataclass(frozen=True, kw_only=True, eq=False)
class MapTables(LossMap):
    """Content of the map: `paths` has run, part, epoch, x, y, within the limits.

    `cells` are values `(rows, columns)` from the bottom up, shown under the pointer.
    """

    cells: Any
    paths: pd.DataFrame
    equal_scales: bool


def map_panel(tables: MapTables, dots: pd.DataFrame, style: Style) -> list[alt.Chart]:
    """Draw the map, paths with a light edge, rings at the initial points, and a dot for each run."""
    (x0, x1), (y0, y1) = tables.limits
    x_title, y_title = tables.titles
    below = alt.Axis(title=x_title, orient="bottom", offset=ref("map_height - height"), **AXIS_LOOK)
    aside = alt.Axis(title=y_title, orient="left", **AXIS_LOOK)
    x = alt.X("x:Q", axis=below, scale=ranged_scale((x0, x1), ("0", "map_width")))
    y = alt.Y("y:Q", axis=aside, scale=ranged_scale((y0, y1), ("map_height", "0")))
    way = past(tables.paths)
    path = {"order": alt.Order("epoch:Q"), "detail": BY_PART}
    begin = alt.Chart(tables.paths[tables.paths["epoch"] == 0])
    inside = f"{x0} <= datum.x && datum.x <= {x1} && {y0} <= datum.y && datum.y <= {y1}"
    titles = zip(("x", "y", "value"), (x_title, y_title, tables.value), strict=True)
    numbers = [alt.Tooltip(f"{name}:Q", title=title, format=".4g") for name, title in titles]
    return [
        *loss_map(tables, x, y, ("map_width", "map_height")),
        _cells(tables),
        way.mark_line(color="white", strokeWidth=4).encode(x, y, opacity=isolated(value=0.8), **path),
        way.mark_line(strokeCap="butt").encode(
            x, y, style.color(), *style.distinct_lines(2.4), opacity=isolated(), **path
        ),
        *(
            begin.mark_point(size=90, color=color, strokeWidth=width).encode(x, y)
            for color, width in (("white", 4), ("#333333", 1.5))
        ),
        *_label(begin.transform_aggregate(x="min(x)", y="min(y)", groupby=["epoch"]), x, y, "start", -14),
        *(_label(alt.Chart(tables.minima), x, y, "minimum", 20) if len(tables.minima) == 1 else []),
        current(dots)
        .transform_filter(inside)
        .mark_point(filled=True, stroke="white", strokeWidth=1.2)
        .encode(
            x,
            y,
            style.color(),
            style.nested_areas(),
            opacity=isolated(),
            tooltip=[alt.Tooltip("run:N"), *numbers],
        ),
    ]


def _label(places: alt.Chart, x: alt.X, y: alt.Y, text: str, below: int) -> list[alt.Chart]:
    """Write a text below places, or above them, with a light edge."""
    look: dict[str, Any] = {"text": text, "dy": below, "fontSize": text_size(12)}
    edge = places.mark_text(stroke="white", strokeWidth=3, **look)
    return [mark.encode(x, y) for mark in (edge, places.mark_text(color="#333333", **look))]


CELLS = "map_cells"


def cell_values(tables: MapTables) -> list[float | None]:
    """Return the values of the cells to three digits, for the parameter `CELLS` of the chart."""
    return [float(f"{value:.3g}") if np.isfinite(value) else None for value in tables.cells.ravel()]


def _cells(tables: MapTables) -> alt.Chart:
    """Draw invisible cells that tell the value, and where, under the pointer."""
    rows, columns = tables.cells.shape
    (x0, x1), (y0, y1) = tables.limits
    wide, high = f"map_width / {columns}", f"map_height / {rows}"
    titles = {"value": tables.value, **dict(zip("xy", tables.titles, strict=True))}
    told = [alt.Tooltip(f"{name}:Q", title=title, format=".3g") for name, title in titles.items()]
    left, top = f"datum.column * {wide}", f"({rows - 1} - datum.row) * {high}"
    chart: alt.Chart = (
        alt.Chart(alt.sequence(0, rows * columns, as_="cell"))
        .transform_calculate(row=f"floor(datum.cell / {columns})", column=f"datum.cell % {columns}")
        .transform_calculate(
            value=f"{CELLS}[datum.cell]",
            x=f"{x0} + {x1 - x0} * (datum.column + 0.5) / {columns}",
            y=f"{y0} + {y1 - y0} * (datum.row + 0.5) / {rows}",
        )
        .mark_rect(fillOpacity=0)
        .encode(tooltip=told, **at(x=left, x2=f"{left} + {wide}", y=top, y2=f"{top} + {high}"))
    )
    return chart
