"""A classifier's view of the plane: regions, the lines between them, and the points."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from PIL import ImageColor

from trainers.charts.axes import scale, y_axis
from trainers.charts.images import data_uri
from trainers.charts.snapshots import moment_slider, now, when
from trainers.charts.style import DARK, LIGHT

HEIGHT = 360
FIRST = 4
"""So many runs at most are drawn beside one another."""
STRENGTH = 0.45
"""The opacity of a region where its class is certain."""


def border_chart(
    views: pd.DataFrame,
    lines: pd.DataFrame,
    points: pd.DataFrame,
    sides: Sequence[tuple[float, float]],
    classes: Sequence[str],
    colours: Sequence[str],
    titles: tuple[str, str],
) -> alt.LayerChart:
    """`views` has the columns moment, epoch, shares, arrays `(rows, columns, classes)` from the top down.

    `lines` has moment, line, order, x, y; `points` has x, y, label, held_out. A slider goes through the
    moments, without asking the server.
    """
    pictures = views[["moment", "epoch"]].assign(url=[picture(shares, colours) for shares in views["shares"]])
    x, y = (
        channel(f"{name}:Q", axis=y_axis(title, None, False), scale=scale(list(side), False))
        for channel, name, title, side in zip((alt.X, alt.Y), "xy", titles, sides, strict=True)
    )
    wide, high = alt.ExprRef("width"), alt.ExprRef("height")
    regions = (
        now(pictures)
        .mark_image(x=0, y=0, align="left", baseline="top", aspect=False, width=wide, height=high)
        .encode(url="url:N")
    )
    between = (
        now(lines)
        .mark_line(color="gray", strokeWidth=2, clip=True)
        .encode(x, y, detail="line:N", order="order:Q")
    )
    colour = alt.Color("label:N", scale=alt.Scale(domain=list(classes), range=list(colours)), legend=None)
    dots = (
        alt.Chart(points)
        .mark_point(filled=True, opacity=0.95, stroke="white", strokeWidth=0.8)
        .encode(x, y, colour, shape=_shape(), size=_size(), tooltip=_tooltip(titles))
    )
    layers = [regions, between, dots, when(pictures)]
    return alt.LayerChart(layer=layers, height=HEIGHT).add_params(moment_slider(views))


def class_colours(count: int, dark: bool = False) -> tuple[str, ...]:
    """The colours of classes: those that the first runs of a comparison don't have."""
    colours = DARK if dark else LIGHT
    return (*colours[FIRST:], *colours[:FIRST])[:count] + ("#808080",) * (count - len(colours))


def picture(shares: Any, colours: Sequence[str]) -> str:
    """Probabilities `(rows, columns, classes)` as an image whose colours are mixed by them."""
    palette = np.array([ImageColor.getrgb(colour) for colour in colours], dtype="float64")
    mixed = shares @ palette[: shares.shape[-1]]
    certain = (shares.max(-1, keepdims=True) - 1 / shares.shape[-1]) / (1 - 1 / shares.shape[-1])
    pixels = np.concatenate([mixed, 255 * STRENGTH * (0.25 + 0.75 * certain)], axis=-1)
    return data_uri(pixels)


def _shape() -> alt.Shape:
    """A circle for a row to train on, a triangle for one held out."""
    return alt.Shape(
        "held_out:N", scale=alt.Scale(domain=[False, True], range=["circle", "triangle-up"]), legend=None
    )


def _size() -> alt.Size:
    """A triangle looks smaller than a circle of the same area."""
    return alt.Size(
        "held_out:O", scale=alt.Scale(type="ordinal", domain=[False, True], range=[42, 75]), legend=None
    )


def _tooltip(titles: tuple[str, str]) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("label:N", title="class"),
        alt.Tooltip("x:Q", title=titles[0], format=".4g"),
        alt.Tooltip("y:Q", title=titles[1], format=".4g"),
        alt.Tooltip("held_out:N", title="validation"),
    ]
