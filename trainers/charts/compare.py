"""Comparison at a glance: runs moving over the loss map, beside their loss curves, with one slider.

Both panels are one view, as only a single view follows the width of the page. They differ by the
ranges of their scales, which are Vega expressions in pixels.
"""

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from trainers.charts.compare_curves import TITLE_ROOM, CurveTables, curve_panel
from trainers.charts.compare_map import CELLS, MapTables, cell_values, map_panel
from trainers.charts.export import nested_spec
from trainers.charts.line_names import NARROW, name_room, selections
from trainers.charts.snapshots import slider
from trainers.charts.style import Style

COMPARE_HEIGHT = 470
AXIS_ROOM, CURVE_ROOM = 64, 420
"""Pixels between panels that lie side by side, and the least for the curves with their names."""
MAP_WIDTH, MAP_HEIGHT = 0.55, 0.56
"""Most of the width, or of the height where the panels lie one above the other, that the map takes."""
APART = {"x": "independent", "y": "independent"}
STEP = 0.25
"""Step of the slider in snapshots: between two of them dots are interpolated."""


def compare_chart(
    map_tables: MapTables,
    curve_tables: CurveTables,
    dots: pd.DataFrame,
    style: Style,
    epochs: Sequence[int],
    dark: bool = False,
    height: int = COMPARE_HEIGHT,
) -> dict[str, Any]:
    """Return the spec of the comparison.

    `dots` has the columns run, epoch, x, y, value and those of the run's next dot: next_epoch, next_x,
    next_y, next_value. The slider goes through `epochs`, and begins at the last.
    """
    panels = [map_panel(map_tables, dots, style), curve_panel(curve_tables, dots, style, epochs[-1], dark)]
    expressions = {
        **layout(map_tables, style.names),
        "before": "epochs[floor(snapshot)]",
        "now": "before + (epochs[ceil(snapshot)] - before) * (snapshot - floor(snapshot))",
    }
    # Long lists as they are: Altair would look at each number.
    lists = [{"name": "epochs", "value": list(epochs)}, {"name": CELLS, "value": cell_values(map_tables)}]
    moment = slider(len(epochs) - 1, STEP)
    params = [moment, *(alt.param(name=name, expr=text) for name, text in expressions.items())]
    selected = selections([layer for panel in panels for layer in panel])
    made = lists + [part.to_dict() for part in (*(p.param for p in params), *selected)]
    return nested_spec(panels, params=made, resolve={"scale": APART}, height=height)


def layout(map_tables: MapTables, names: Sequence[str]) -> dict[str, str]:
    """Return places and sizes of the panels by name, as Vega expressions."""
    (x0, x1), (y0, y1) = map_tables.limits
    wide, high = "widest", "highest"
    if map_tables.equal_scales:
        unit = f"min(widest / {x1 - x0}, highest / {y1 - y0})"
        wide, high = f"{x1 - x0} * {unit}", f"{y1 - y0} * {unit}"
    return {
        "curves_right": f"width - {name_room(names)}",
        "narrow": f"width < {NARROW}",
        "widest": f"narrow ? width : min(width * {MAP_WIDTH}, width - {CURVE_ROOM})",
        "highest": f"narrow ? height * {MAP_HEIGHT} : height",
        "map_width": wide,
        "map_height": high,
        "curves_left": f"narrow ? 0 : map_width + {AXIS_ROOM}",
        "curves_top": f"{TITLE_ROOM} + (narrow ? map_height + 34 : 0)",
    }
