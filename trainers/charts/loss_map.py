"""Map of the loss over a plane: filled bands, contour lines and minima."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from trainers.charts.images import data_uri

STOPS = ("#fffaf0", "#f3f1e4", "#dce7e2", "#bcd3db", "#9bbbd0", "#7f9fc2", "#6a86b0")
"""Color scale from the lowest loss (light) to the largest (dark)."""
STAR = "M0,-1L.29,-.4L.95,-.31L.48,.15L.59,.81L0,.5L-.59,.81L-.48,.15L-.95,-.31L-.29,-.4Z"


@dataclass(frozen=True, kw_only=True, eq=False)
class LossMap:
    """Content of a map of the loss over a window."""

    bands: Any
    """Array `(rows, columns)` from the bottom up, 0 for the smallest and 1 for the largest value."""
    lines: pd.DataFrame
    """Contour lines, with the columns level, line, order, x, y."""
    minima: pd.DataFrame
    """Known minima, with the columns x, y."""
    limits: Sequence[tuple[float, float]]
    """`((x0, x1), (y0, y1))` of the window."""
    titles: tuple[str, str]
    """What x and y are."""
    value: str
    """What the value is."""


WHOLE = ("width", "height")


def loss_map(content: LossMap, x: Any, y: Any, size: tuple[str, str] = WHOLE) -> list[alt.Chart]:
    """Return the layers of the map; `size` are Vega expressions of width and height."""
    stars = [_minima(content.minima, x, y)] if len(content.minima) else []
    return [_picture(content.bands, size), _contour_lines(content.lines, x, y, content.value), *stars]


def _picture(bands: Any, size: tuple[str, str]) -> alt.Chart:
    wide, high = map(alt.ExprRef, size)
    chart: alt.Chart = (
        alt.Chart(pd.DataFrame({"url": [map_image(bands)]}))
        .mark_image(x=0, y=0, align="left", baseline="top", aspect=False, width=wide, height=high)
        .encode(url=alt.Url("url:N"))
    )
    return chart


def map_image(bands: Any) -> str:
    """Return the picture of bands `(rows, columns)`, from the bottom up, as a data URI."""
    return data_uri(colors(bands[::-1]))


def colors(shares: Any) -> Any:
    """Return RGBA pixels `(rows, columns, 4)` of values from 0 to 1; transparent where not finite."""
    stops = np.array([[int(stop[k : k + 2], 16) for k in (1, 3, 5)] for stop in STOPS], dtype="float64")
    places = np.linspace(0, 1, len(stops))
    known = np.isfinite(shares)
    at = np.where(known, shares, 0.0)
    mixed = [np.interp(at, places, stops[:, k]) for k in range(3)]
    return np.stack([*mixed, 255.0 * known], axis=-1)


def _contour_lines(lines: pd.DataFrame, x: Any, y: Any, value: str) -> alt.Chart:
    level = alt.Tooltip("level:Q", title=value, format=".3g")
    chart: alt.Chart = (
        alt.Chart(lines)
        .mark_line(color="white", opacity=0.75, strokeWidth=0.8, clip=True)
        .encode(x, y, detail=alt.Detail("line:N"), order=alt.Order("order:Q"), tooltip=[level])
    )
    return chart


def _minima(minima: pd.DataFrame, x: Any, y: Any) -> alt.Chart:
    """Draw a white star with a dark edge at each minimum."""
    where = [
        alt.Tooltip("x:Q", title="minimum at", format=".6g"),
        alt.Tooltip("y:Q", title="and", format=".6g"),
    ]
    chart: alt.Chart = (
        alt.Chart(minima)
        .mark_point(shape=STAR, size=200, filled=True, fill="white", stroke="black", strokeWidth=1, clip=True)
        .encode(x, y, tooltip=where)
    )
    return chart
