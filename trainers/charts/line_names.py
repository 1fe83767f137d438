"""Names beside the ends of lines, moved apart where they would overlap, and the click that isolates a run."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from trainers.charts.expressions import GROWTH, at, ref, text_size
from trainers.charts.style import PAGE, Style

NARROW = 560
"""Width in pixels below which a chart is narrow."""
FONT_SIZE = 13
LINE_HEIGHT = 17
"""Pixels from one name to the next."""
LEADER = 20
"""Pixels from the end of a line to its name."""
CHARACTER = 7.4
"""Mean width of a character in pixels."""
SLACK = 8
"""Pixels more, as short names may have broad characters."""
MAX_WIDTH, NARROW_WIDTH = 170, 96
"""Maximum width of a name in pixels, in a wide and in a narrow chart."""
SHORTEST = 12
"""Number of characters of a name that are visible in any case."""
FADED, FADED_NAME = 0.08, 0.3
VIEWS = {"named": "run_names", "picked": "run_lines"}
"""Selections of a run by a click on its name and on its line, and the layers that are clicked."""
BOTH, NAMED = tuple(VIEWS), ("named",)


def name_room(names: Sequence[str]) -> str:
    """Return the width of the names with their leaders in pixels, as a Vega expression."""
    longest = min(CHARACTER * max(map(len, names), default=0) + SLACK, MAX_WIDTH)
    narrow = min(longest, NARROW_WIDTH)
    return f"({LEADER} + (width < {NARROW} ? {narrow:.0f} : {longest:.0f} * {GROWTH}))"


def apart(ends: alt.Chart, top: str = "0", bottom: str = "height") -> alt.Chart:
    """Return the chart with `name_y`, the place of each row's name, near `py`; both in pixels from the top.

    Names are a line apart, or less where there is no room for all, in the order of their ends: each is pushed
    below the one before it, and all together up again where they would leave the chart.
    """
    line = f"({LINE_HEIGHT} * {GROWTH})"
    chart: alt.Chart = (
        ends.transform_joinaggregate(count="count()")
        .transform_calculate(step=f"min({line}, ({bottom} - {top}) / datum.count)")
        .transform_window(number="row_number()", sort=[alt.SortField("py")])
        .transform_calculate(free="datum.py - datum.number * datum.step")
        .transform_window(pushed="max(free)", sort=[alt.SortField("py")], frame=[None, 0])
        .transform_calculate(lowest=f"{bottom} - (datum.count - datum.number) * datum.step")
        .transform_calculate(highest=f"{top} + (datum.number - 0.5) * datum.step")
        .transform_calculate(
            name_y="max(min(datum.pushed + datum.number * datum.step, datum.lowest), datum.highest)"
        )
    )
    return chart


def end_names(
    ends: alt.Chart, domain: Sequence[float], log: bool, style: Style, dark: bool
) -> list[alt.Chart]:
    """Return the names of curves at the right edge of a chart, at the height of their ends, run and y.

    The curves take the width that `plot_range` leaves them; `domain` is that of the y-axis.
    """
    low, high = domain
    value, bottom, top = "datum.y", str(low), str(high)
    if log:
        value, bottom, top = (f"log({part})" for part in (f"max(datum.y, {low})", bottom, top))
    share = f"clamp(({value} - {bottom}) / ({top} - {bottom}), 0, 1)"
    placed = ends.transform_calculate(
        px=f"width - {name_room(style.names)} - 7", py=f"height * (1 - {share})"
    )
    return name_marks(apart(placed), style, PAGE[dark], by=NAMED)


def last_points(curves: pd.DataFrame) -> pd.DataFrame:
    """Return the last point of each curve, run and any other columns."""
    return curves.groupby("run", sort=False).last().reset_index()


def plot_range(names: Sequence[str]) -> list[Any]:
    """Return the range of an x-axis, which leaves room for these names."""
    return [0, ref(f"width - {name_room(names)} - 7")]


def name_marks(
    placed: alt.Chart, style: Style, halo: str, by: Sequence[str] = BOTH, side: str = "1"
) -> list[alt.Chart]:
    """Draw a leader from each end, at `px` and `py`, to its name, and the name with a halo.

    `side` is a Vega expression: 1 where the name stands on the right, -1 on the left. A click on a name
    selects its run: see `isolated`.
    """
    look: dict[str, Any] = {
        "align": ref(f"{side} < 0 ? 'right' : 'left'"),
        "baseline": "middle",
        "fontSize": text_size(FONT_SIZE),
        "fontWeight": 600,
        "limit": ref(f"{name_room(style.names)} - {LEADER}"),
        "dir": "rtl" if _begin_alike(style.names) else "ltr",  # where a long name is cut
    }
    away = "datum.px + {} * " + side
    leader = at(x=away.format(7), x2=away.format(LEADER - 3), y="datum.py", y2="datum.name_y")
    beside = at(x=away.format(LEADER), y="datum.name_y")
    edge = placed.mark_text(stroke=halo, strokeWidth=4, strokeJoin="round", **look)
    names = placed.mark_text(cursor="pointer", **look).encode(style.color(), text=alt.Text("run:N"), **beside)
    return [
        placed.mark_rule(strokeWidth=1).encode(style.color(), opacity=isolated(by=by), **leader),
        edge.encode(text=alt.Text("run:N"), **beside),
        names.encode(opacity=isolated(FADED_NAME, by=by)).properties(name=VIEWS["named"]),
    ]


def _begin_alike(names: Sequence[str]) -> bool:
    """Return whether names cut at their ends could not be told apart."""
    return len({name[:SHORTEST] for name in names}) < len(names)


def clicks_on(view: str) -> str:
    """Return the event of a click on the marks of a view, and on no others."""
    return f"@{view}_marks:click"


def click_lines(lines: alt.Chart) -> alt.Chart:
    """Return broad invisible lines, a click on which selects their run: see `isolated`."""
    broad = lines.mark_line(strokeWidth=14, opacity=0, cursor="pointer")
    chart: alt.Chart = broad.properties(name=VIEWS["picked"])
    return chart


def selections(layers: Sequence[Any]) -> list[Any]:
    """Return the parameters of a whole chart that hold the selected run, for its clickable layers.

    They are given by hand: of two in nested layers Altair would give each to both.
    """
    found = [(name, str(layer.name)) for layer in layers for name, view in VIEWS.items() if _is(layer, view)]
    select: dict[str, Any] = {"type": "point", "fields": ["run"], "clear": "dblclick"}
    return [
        alt.TopLevelSelectionParameter(name=name, select=select | {"on": clicks_on(view)}, views=[view])
        for name, view in found
    ]


def with_selections(chart: alt.LayerChart) -> alt.LayerChart:
    """Return the chart with the parameters that a click on one of its names or lines sets."""
    params: Any = chart.params
    chart.params = [*(params if isinstance(params, list) else []), *selections(chart.layer)]
    return chart


def _is(layer: Any, view: str) -> bool:
    """Return whether a layer has this name, to which Altair adds a number when it nests charts."""
    return isinstance(layer.name, str) and layer.name.startswith(view)


def isolated(faded: float = FADED, value: float = 1.0, by: Sequence[str] = BOTH) -> Any:
    """Return the opacity of marks by the column `run`: `faded` while a click has selected another run.

    A double click ends the selection. `by` are the selections that the chart has; without any nothing fades.
    """
    if not by:
        return alt.OpacityValue(value)
    stores = " || ".join(f"length(data('{name}_store'))" for name in by)
    shown = {"or": [f"!({stores})", *({"param": name, "empty": False} for name in by)]}
    return alt.OpacityValue(faded, condition={"test": shown, "value": value})
