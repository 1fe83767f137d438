"""Heat map of a grid search over two hyperparameters."""

from typing import Any

import altair as alt
import pandas as pd

from trainers.charts.axes import LARGEST, SMALLEST, is_log_suitable, number_format, scale, span, ticks
from trainers.charts.axes import y_axis as value_axis

HEIGHT = 440


def heat_chart(cells: pd.DataFrame, titles: tuple[str, str, str], logs: tuple[bool, bool]) -> alt.LayerChart:
    """Draw one rectangle per cell: row, x, x_to, x_at, y, y_to, y_at, value, label.

    Cells whose value is not finite are gray with a cross. On a log scale cells of 0 have the color of the
    smallest value above it. A click on a cell selects its row, as `cell`.
    """
    values = cells["value"]
    log = is_log_suitable(values)
    least = values[values >= SMALLEST].min() if log else None
    visible = cells.assign(finite=values.between(-LARGEST, LARGEST))
    visible["value"] = values.where(visible["finite"]).clip(lower=least)
    (x_axis, x_scale), (y_axis, y_scale) = (
        _along(visible, name, title, log) for name, title, log in zip("xy", titles, logs, strict=False)
    )
    x = alt.X("x:Q", axis=x_axis, scale=x_scale)
    y = alt.Y("y:Q", axis=y_axis, scale=y_scale)
    click = alt.selection_point(name="cell", fields=["row"], on="click", empty=False)
    sides = (x, y, alt.X2("x_to:Q"), alt.Y2("y_to:Q"))
    all_cells = alt.Chart(visible)
    finite, others = (all_cells.transform_filter(test) for test in ("datum.finite", "!datum.finite"))
    rects = finite.mark_rect().encode(*sides, color=_color(visible, titles[2], log))
    # Color scales ignore values that are not finite: hence a separate layer for clicks.
    frames = (
        all_cells.mark_rect(cursor="pointer", strokeWidth=2, fill="gray")
        .encode(
            *sides,
            fillOpacity=alt.condition("datum.finite", alt.value(0), alt.value(0.12)),
            stroke=alt.condition(click, alt.value("red"), alt.value(None)),
            tooltip=_tooltip(*titles),
        )
        .add_params(click)
    )
    crosses = others.mark_text(text="×", color="gray", fontSize=11, tooltip=None).encode(
        alt.X("x_at:Q"), alt.Y("y_at:Q")
    )
    return alt.LayerChart(layer=[rects, crosses, frames], height=HEIGHT)


def _along(cells: pd.DataFrame, name: str, title: str, log: bool) -> tuple[alt.Axis, alt.Scale]:
    """Return axis and scale of one side, from the first edge to the last."""
    domain = [float(cells[name].min()), float(cells[f"{name}_to"].max())]
    axis = value_axis(title, domain, log)
    axis.grid = False
    return axis, scale(domain, log)


def _color(cells: pd.DataFrame, title: str, log: bool) -> alt.Color:
    """Return the color scale: dark for the worst to bright for the best."""
    domain = span(cells.assign(run=""), "value", log)
    colors = scale(domain, log)
    colors.scheme, colors.reverse = "viridis", True
    marked = ticks(domain, log) if domain else []
    look: dict[str, Any] = {"values": marked} if marked else {}
    legend = alt.Legend(
        title=title, orient="top", gradientLength=220, labelOverlap=True, **look, **number_format(marked)
    )
    return alt.Color("value:Q", scale=colors, legend=legend)


def _tooltip(x_title: str, y_title: str, value_title: str) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("x_at:Q", title=x_title, format=".4g"),
        alt.Tooltip("y_at:Q", title=y_title, format=".4g"),
        alt.Tooltip("label:N", title=value_title),
    ]
