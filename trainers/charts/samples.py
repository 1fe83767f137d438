"""Images of samples, in rows, with a text below each."""

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from trainers.charts.images import data_uri
from trainers.charts.style import INK

SIZE, STEP, LINE = 44, 56, 70
"""Pixels of an image, from one to the next, and from one row to the next."""
ENLARGED = 6
"""Pixels of the picture for each pixel of the data, so that browsers do not blur them."""


def image_chart(samples: pd.DataFrame, dark: bool, columns: int = 12) -> alt.LayerChart:
    """Draw `samples`, with pixels `(rows, columns)` from 0 (white) to 1 (black), text, and what (tooltip)."""
    number = np.arange(len(samples))
    places = {"x": number % columns * STEP + STEP / 2, "y": number // columns * LINE + SIZE / 2}
    table = samples[["text", "what"]].assign(**places, url=[_picture(pixels) for pixels in samples["pixels"]])
    wide, high = columns * STEP, (-(-len(samples) // columns) or 1) * LINE
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, wide], nice=False))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[high, 0], nice=False))
    chart = alt.Chart(table)
    tooltip = alt.Tooltip("what:N", title="sample")
    images = chart.mark_image(width=SIZE, height=SIZE).encode(x, y, url=alt.Url("url:N"), tooltip=tooltip)
    texts = chart.mark_text(dy=SIZE / 2 + 10, fontSize=12, color=INK[dark]).encode(x, y, alt.Text("text:N"))
    view = alt.ViewConfig(stroke=None)
    return alt.LayerChart(layer=[images, texts], width=wide, height=high, config=alt.Config(view=view))


def _picture(pixels: Any) -> str:
    gray = 255 - 255 * np.kron(np.asarray(pixels), np.ones((ENLARGED, ENLARGED)))
    return data_uri(np.stack([gray, gray, gray, np.full_like(gray, 255)], axis=-1))
