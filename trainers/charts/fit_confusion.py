"""Which class was taken for which."""

import altair as alt
import pandas as pd

from trainers.charts.snapshots import moment_slider, now, when

HEIGHT = 340


def confusion_chart(cells: pd.DataFrame, colour: str) -> alt.LayerChart:
    """`cells` has the columns moment, epoch, true, found, rows, share: one square each, the deeper the larger
    the share. A slider below goes through the moments, without asking the server.
    """
    order = list(dict.fromkeys(cells["true"])) if len(cells) else []
    x = alt.X("found:N", sort=order, title="predicted class", axis=alt.Axis(labelAngle=0, orient="bottom"))
    y = alt.Y("true:N", sort=order, title="true class")
    deep = alt.Scale(domain=[0, 1], range=["transparent", colour])
    tooltip = [
        alt.Tooltip("true:N", title="true class"),
        alt.Tooltip("found:N", title="predicted class"),
        alt.Tooltip("rows:Q", title="count"),
        alt.Tooltip("share:Q", title="fraction", format=".1%"),
    ]
    squares = (
        now(cells)
        .mark_rect()
        .encode(x, y, color=alt.Color("share:Q", scale=deep, legend=None), tooltip=tooltip)
    )
    dark, colour_of_text = "datum.share > 0.5", (alt.value("white"), alt.value("gray"))
    numbers = (
        now(cells)
        .transform_filter("datum.rows > 0")
        .mark_text(fontSize=10)
        .encode(x, y, text=alt.Text("rows:Q", format=","), color=alt.condition(dark, *colour_of_text))
    )
    layers = [squares, numbers, when(cells, above=True)]
    return alt.LayerChart(layer=layers, height=HEIGHT).add_params(moment_slider(cells))
