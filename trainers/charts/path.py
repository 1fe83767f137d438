"""Paths of runs over the loss surface."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from trainers.charts.axes import scale, y_axis
from trainers.charts.line_names import (
    NAMED,
    apart,
    clicks_on,
    isolated,
    name_marks,
    name_room,
    with_selections,
)
from trainers.charts.loss_map import LossMap, loss_map
from trainers.charts.snapshots import after_epochs, with_slider
from trainers.charts.style import BY_PART, PAGE, Style

HEIGHT = 540
CELLS = "start_cells"


def path_chart(
    content: LossMap,
    paths: pd.DataFrame,
    style: Style,
    *,
    epochs: Sequence[int],
    cells: pd.DataFrame | None = None,
    dark: bool = False,
) -> alt.LayerChart:
    """Draw the loss surface with contour lines, and each run's path up to the epoch of a slider.

    `paths` has run, part, epoch, x, y, loss. The slider goes through `epochs` without the server. `cells`,
    with x, x_from, x_to, y, y_from, y_to, loss, can be clicked: the selection `start` has x and y. The name
    of a run stands beside its dot.
    """
    x, y = (
        channel(f"{name}:Q", axis=y_axis(title, None, False), scale=scale(list(side), False))
        for channel, name, title, side in zip(
            (alt.X, alt.Y), "xy", content.titles, content.limits, strict=True
        )
    )
    visible = _until(paths, epochs)
    layers = [
        *loss_map(content, x, y),
        *([] if cells is None else [_clickable(cells, content)]),
        *_paths(visible, x, y, style),
        *_names(_last(visible), content.limits, style, dark),
        *_when(epochs),
    ]
    return with_selections(with_slider(layers, max(len(epochs) - 1, 0), height=HEIGHT))


def _until(paths: pd.DataFrame, epochs: Sequence[int]) -> alt.Chart:
    """Return the paths up to the epoch of the snapshot."""
    chart: alt.Chart = alt.Chart(paths).transform_filter(f"datum.epoch <= {list(epochs)}[snapshot]")
    return chart


def _last(visible: alt.Chart) -> alt.Chart:
    """Return the last point of each path up to the epoch of the snapshot."""
    chart: alt.Chart = visible.transform_joinaggregate(last="max(epoch)", groupby=["run"]).transform_filter(
        "datum.epoch == datum.last"
    )
    return chart


def _names(
    last: alt.Chart, limits: Sequence[tuple[float, float]], style: Style, dark: bool
) -> list[alt.Chart]:
    """Write the name of each run beside its dot, on the side that has room; at the edge if it has left."""
    (x0, x1), (y0, y1) = limits
    placed = last.transform_calculate(
        px=f"width * clamp((datum.x - {x0}) / {x1 - x0}, 0, 1)",
        py=f"height * clamp(({y1} - datum.y) / {y1 - y0}, 0, 1)",
    )
    side = f"(datum.px + {name_room(style.names)} < width ? 1 : -1)"
    return name_marks(apart(placed), style, PAGE[dark], by=NAMED, side=side)


def _paths(visible: alt.Chart, x: Any, y: Any, style: Style) -> list[alt.Chart]:
    """Draw the paths with a light edge, rings at the initial points, and dots at the current ones."""
    order = {"order": alt.Order("epoch:Q"), "detail": BY_PART}
    edge = visible.mark_line(color="white", strokeWidth=5.5, clip=True).encode(
        x, y, opacity=isolated(value=0.7, by=NAMED), **order
    )
    shown = isolated(by=NAMED)
    way = visible.mark_line(clip=True, strokeCap="butt").encode(
        x, y, style.color(), *style.distinct_lines(2.2), opacity=shown, **order
    )
    area = 4 if style.is_distinct else 12  # or the runs below could not be seen
    steps = visible.mark_point(size=area, filled=True, clip=True).encode(
        x, y, style.color(), opacity=shown, tooltip=_tooltip()
    )
    first = visible.transform_filter("datum.epoch == 0")
    rings = [
        first.mark_point(size=130, filled=False, color=color, strokeWidth=width, clip=True).encode(x, y)
        for color, width in (("white", 5), ("black", 2))
    ]
    now = (
        _last(visible)
        .mark_point(filled=True, stroke="white", strokeWidth=1.2, clip=True)
        .encode(x, y, style.color(), style.nested_areas(), opacity=shown, tooltip=_tooltip())
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
    written = alt.Text("text:N")
    return [edge.encode(written), text.mark_text(color="black", **look).encode(written)]


def _clickable(cells: pd.DataFrame, content: LossMap) -> alt.Chart:
    """Draw invisible squares; a click on one selects its center."""
    # Of these squares alone: names and dots have x and y, too.
    click = alt.selection_point(name="start", fields=["x", "y"], on=clicks_on(CELLS), empty=False)
    across, up = (scale(list(side), False) for side in content.limits)
    where = [alt.Tooltip(f"{name}:Q", title=title) for name, title in zip("xy", content.titles, strict=True)]
    where.append(alt.Tooltip("loss:Q", title=content.value, format=".4g"))
    ends = (alt.X("x_from:Q", scale=across), alt.Y("y_from:Q", scale=up), alt.X2("x_to:Q"), alt.Y2("y_to:Q"))
    chart: alt.Chart = (
        alt.Chart(cells)
        .mark_rect(fill="white", fillOpacity=0, cursor="crosshair", clip=True)
        .encode(*ends, tooltip=where)
        .properties(name=CELLS)
        .add_params(click)
    )
    return chart
