"""Confusion matrix."""

import altair as alt
import pandas as pd

from trainers.charts.snapshots import at_snapshot, epoch_label, last_snapshot, with_slider

HEIGHT = 340


def confusion_chart(cells: pd.DataFrame, color: str) -> alt.LayerChart:
    """Draw a confusion matrix; a slider selects the snapshot, without the server.

    `cells` has the columns snapshot, epoch, true, predicted, count, fraction; the fraction is the opacity.
    """
    order = list(dict.fromkeys(cells["true"])) if len(cells) else []
    x = alt.X(
        "predicted:N", sort=order, title="predicted class", axis=alt.Axis(labelAngle=0, orient="bottom")
    )
    y = alt.Y("true:N", sort=order, title="true class")
    deep = alt.Scale(domain=[0, 1], range=["transparent", color])
    tooltip = [
        alt.Tooltip("true:N", title="true class"),
        alt.Tooltip("predicted:N", title="predicted class"),
        alt.Tooltip("count:Q", title="count"),
        alt.Tooltip("fraction:Q", title="fraction", format=".1%"),
    ]
    squares = (
        at_snapshot(cells)
        .mark_rect()
        .encode(x, y, color=alt.Color("fraction:Q", scale=deep, legend=None), tooltip=tooltip)
    )
    dark, color_of_text = "datum.fraction > 0.5", (alt.value("white"), alt.value("gray"))
    numbers = (
        at_snapshot(cells)
        .transform_filter("datum.count > 0")
        .mark_text(fontSize=10)
        .encode(x, y, text=alt.Text("count:Q", format=","), color=alt.condition(dark, *color_of_text))
    )
    layers = [squares, numbers, epoch_label(cells, above=True)]
    return with_slider(layers, last_snapshot(cells), height=HEIGHT)
