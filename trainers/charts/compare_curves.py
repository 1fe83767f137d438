"""The panel of the loss curves, with the name of each run riding beside its dot."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd

from trainers.charts.axes import number_format, ticks
from trainers.charts.compare_dots import current, past
from trainers.charts.expressions import AXIS_LOOK, at, ranged_scale, ref, text_size
from trainers.charts.line_names import FONT_SIZE, apart, click_lines, isolated, name_marks
from trainers.charts.style import BY_PART, INK, PAGE, Style

TITLE_ROOM = 22
"""Pixels above the curves."""


@dataclass(frozen=True, eq=False)
class CurveTables:
    """Content of the curves. `curves` has run, part, x, y; `ends` and `arrivals` have run, x, y.

    `ends` is where runs diverged, `arrivals` where they first reached the target.
    """

    curves: pd.DataFrame
    ends: pd.DataFrame
    arrivals: pd.DataFrame
    domain: Sequence[float]
    log: bool
    title: str
    target: float | None


def curve_panel(
    tables: CurveTables, dots: pd.DataFrame, style: Style, last: int, dark: bool
) -> list[alt.Chart]:
    """Draw faint curves, bold up to the current epoch, where a dot with a name stands for each run."""
    ink, page = INK[dark], PAGE[dark]
    marked = ticks(tables.domain, tables.log)
    below = alt.Axis(orient="bottom", title="epochs", format=",~r", tickCount=4, **AXIS_LOOK)
    numbers = number_format(marked if tables.log else [])
    aside = alt.Axis(
        orient="left",
        title=None,
        values=marked,
        labelOverlap=True,
        offset=ref("-curves_left"),
        **AXIS_LOOK,
        **numbers,
    )
    x = alt.X("x:Q", axis=below, scale=ranged_scale((0, last), ("curves_left", "curves_right")))
    y = alt.Y("y:Q", axis=aside, scale=ranged_scale(tables.domain, ("height", "curves_top"), tables.log))
    line: dict[str, Any] = {"detail": alt.Detail("part:N")}
    dot = _placed(dots, tables, last)
    return [
        *_levels(marked, tables, y, ink),
        alt.Chart(tables.curves)
        .mark_line(strokeWidth=1.5)
        .encode(x, y, style.color(), opacity=isolated(value=0.25), **line),
        past(tables.curves, "x")
        .mark_line(strokeCap="butt")
        .encode(x, y, style.color(), *style.distinct_lines(2.4), opacity=isolated(), **line),
        _arrivals(tables, x, y, style, page),
        _one("0")
        .mark_rule(strokeDash=[2, 3], opacity=0.6, color=ink)
        .encode(**at(x=NOW.format(last=last), y="curves_top", y2="height")),
        click_lines(alt.Chart(tables.curves)).encode(x, y, detail=BY_PART, tooltip=_tooltip(tables)),
        dot.mark_point(size=110, filled=True, stroke=page, strokeWidth=1.5).encode(
            style.color(), opacity=isolated(), **at(x="datum.px", y="datum.py")
        ),
        _crosses(tables.ends, x, y, style),
        *name_marks(apart(dot, top="curves_top"), style, page),
        *_captions(tables.title, ink),
    ]


NOW = "curves_left + (curves_right - curves_left) * now / {last}"


def _one(expression: str) -> alt.Chart:
    """Return a chart of one row with this text."""
    chart: alt.Chart = alt.Chart(pd.DataFrame({"row": [0]})).transform_calculate(text=expression)
    return chart


def _tooltip(tables: CurveTables) -> list[alt.Tooltip]:
    epochs = alt.Tooltip("x:Q", title="epochs", format=",.0f")
    return [alt.Tooltip("run:N"), epochs, alt.Tooltip("y:Q", title=tables.title, format=".4g")]


def _levels(marked: Sequence[float], tables: CurveTables, y: alt.Y, ink: str) -> list[alt.Chart]:
    """Draw lines at the ticks and at the target."""
    across = at(x="curves_left", x2="curves_right")
    grid = alt.Chart(pd.DataFrame({"y": list(marked)})).mark_rule(opacity=0.12, color=ink)
    layers = [grid.encode(y=y, **across)]
    low, high = tables.domain
    if tables.target is not None and low < tables.target < high:
        target = alt.Chart(pd.DataFrame({"y": [tables.target]}))
        text = target.mark_text(
            text="target", align="left", baseline="bottom", dx=4, dy=-3, fontSize=text_size(11), color=ink
        )
        layers += [
            target.mark_rule(strokeDash=[4, 4], opacity=0.6, color=ink).encode(y=y, **across),
            text.encode(y=y, **at(x="curves_left")),
        ]
    return layers


def _crosses(ends: pd.DataFrame, x: alt.X, y: alt.Y, style: Style) -> alt.Chart:
    """Draw a cross where a run diverged."""
    tooltip = [alt.Tooltip("run:N"), alt.Tooltip("x:Q", title="last finite at", format=",")]
    chart: alt.Chart = (
        alt.Chart(ends)
        .mark_point(shape="cross", angle=45, size=130, filled=True, opacity=1)
        .encode(x, y, style.color(), tooltip=tooltip)
    )
    return chart


def _arrivals(tables: CurveTables, x: alt.X, y: alt.Y, style: Style, page: str) -> alt.Chart:
    """Draw a ring where a run first reached the target."""
    low, high = tables.domain
    shown = tables.arrivals[tables.arrivals["y"].between(low, high)]
    tooltip = [alt.Tooltip("run:N"), alt.Tooltip("x:Q", title="epochs to the target", format=",")]
    chart: alt.Chart = (
        alt.Chart(shown)
        .mark_point(size=70, fill=page, strokeWidth=2)
        .encode(x, y, style.color(), opacity=isolated(), tooltip=tooltip)
    )
    return chart


def _placed(dots: pd.DataFrame, tables: CurveTables, last: int) -> alt.Chart:
    """Return the current place of each run in pixels, `px` and `py`, within the range of the axis."""
    low, high = tables.domain
    value, bottom, top = "datum.value", str(low), str(high)
    if tables.log:
        value, bottom, top = f"log(max(datum.value, {low}))", f"log({low})", f"log({high})"
    share = f"clamp(({value} - {bottom}) / ({top} - {bottom}), 0, 1)"
    chart: alt.Chart = current(dots).transform_calculate(
        px=f"curves_left + (curves_right - curves_left) * datum.epoch / {last}",
        py=f"height - (height - curves_top) * {share}",
    )
    return chart


def _captions(title: str, ink: str) -> list[alt.Chart]:
    """Write what the curves show, and the current epoch."""
    above = at(y=f"curves_top - {TITLE_ROOM}")
    left = _one(f"'{title}'").mark_text(align="left", baseline="top", fontSize=text_size(12), color=ink)
    right = _one("'epoch ' + format(round(now), ',')").mark_text(
        align="right", baseline="top", fontSize=text_size(FONT_SIZE), fontWeight=600, color=ink
    )
    return [
        left.encode(text=alt.Text("text:N"), **above, **at(x="curves_left")),
        right.encode(text=alt.Text("text:N"), **above, **at(x="width")),
    ]
