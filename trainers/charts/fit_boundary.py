"""Decision boundary of a classifier with two features: regions, lines and samples."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from PIL import ImageColor

from trainers.charts.axes import scale, y_axis
from trainers.charts.images import data_uri
from trainers.charts.snapshots import at_snapshot, epoch_label, last_snapshot, with_slider

HEIGHT = 360
# Twelve colors each, at least 3:1 against the page, and kept apart for normal sight and the three
# kinds of dichromacy (Machado, Oliveira, Fernandes 2009): see tests/trainers/charts/test_charts.py.
# fmt: off
CLASS_COLORS = {
    False: (
        "#c56bfe", "#3a93b4", "#4e3f00", "#d25777", "#24108a", "#7b00bc",
        "#24587c", "#580144", "#0b3fff", "#95620b", "#a1024d", "#879f04",
    ),
    True: (
        "#a484d7", "#59a507", "#75bbff", "#4050ff", "#e8eab3", "#b315a6",
        "#487400", "#857477", "#06f7fe", "#ff1da3", "#8edf11", "#f19db4",
    ),
}
# fmt: on
"""Colors of classes in light and dark mode."""
MAX_OPACITY = 0.45
"""Opacity of a region where the predicted probability is 1."""


def decision_boundary_chart(
    regions: pd.DataFrame,
    lines: pd.DataFrame,
    points: pd.DataFrame,
    limits: Sequence[tuple[float, float]],
    classes: Sequence[str],
    colors: Sequence[str],
    titles: tuple[str, str],
) -> alt.LayerChart:
    """Draw regions, boundary lines and samples. A slider selects the snapshot, without the server.

    `regions` has the columns snapshot, epoch, probabilities, arrays `(rows, columns, classes)` from the top
    down; `lines` has snapshot, line, order, x, y; `points` has x, y, label, validation.
    """
    pictures = regions[["snapshot", "epoch"]].assign(
        url=[picture(probabilities, colors) for probabilities in regions["probabilities"]]
    )
    x, y = (
        channel(f"{name}:Q", axis=y_axis(title, None, False), scale=scale(list(side), False))
        for channel, name, title, side in zip((alt.X, alt.Y), "xy", titles, limits, strict=True)
    )
    wide, high = alt.ExprRef("width"), alt.ExprRef("height")
    background = (
        at_snapshot(pictures)
        .mark_image(x=0, y=0, align="left", baseline="top", aspect=False, width=wide, height=high)
        .encode(url=alt.Url("url:N"))
    )
    boundary = (
        at_snapshot(lines)
        .mark_line(color="gray", strokeWidth=2, clip=True)
        .encode(x, y, detail=alt.Detail("line:N"), order=alt.Order("order:Q"))
    )
    color = alt.Color("label:N", scale=alt.Scale(domain=list(classes), range=list(colors)), legend=None)
    dots = (
        alt.Chart(points)
        .mark_point(filled=True, opacity=0.95, stroke="white", strokeWidth=0.8)
        .encode(x, y, color, shape=_shape(), size=_size(), tooltip=_tooltip(titles))
    )
    layers = [background, boundary, dots, epoch_label(pictures)]
    return with_slider(layers, last_snapshot(regions), height=HEIGHT)


def class_colors(count: int, dark: bool = False) -> tuple[str, ...]:
    """Return the colors of classes; the last ones are gray if there are more than colors."""
    colors = CLASS_COLORS[dark]
    return colors[:count] + ("#808080",) * (count - len(colors))


def picture(probabilities: Any, colors: Sequence[str]) -> str:
    """Return probabilities `(rows, columns, classes)` as an image of mixed class colors."""
    palette = np.array([ImageColor.getrgb(color) for color in colors], dtype="float64")
    mixed = probabilities @ palette[: probabilities.shape[-1]]
    certain = (probabilities.max(-1, keepdims=True) - 1 / probabilities.shape[-1]) / (
        1 - 1 / probabilities.shape[-1]
    )
    pixels = np.concatenate([mixed, 255 * MAX_OPACITY * (0.25 + 0.75 * certain)], axis=-1)
    return data_uri(pixels)


def _shape() -> alt.Shape:
    """Circles for training samples, triangles for validation samples."""
    return alt.Shape(
        "validation:N", scale=alt.Scale(domain=[False, True], range=["circle", "triangle-up"]), legend=None
    )


def _size() -> alt.Size:
    """Larger areas for triangles, which look smaller than circles."""
    return alt.Size(
        "validation:O", scale=alt.Scale(type="ordinal", domain=[False, True], range=[42, 75]), legend=None
    )


def _tooltip(titles: tuple[str, str]) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("label:N", title="class"),
        alt.Tooltip("x:Q", title=titles[0], format=".4g"),
        alt.Tooltip("y:Q", title=titles[1], format=".4g"),
        alt.Tooltip("validation:N", title="validation"),
    ]
