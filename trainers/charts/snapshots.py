"""Slider over the snapshots of a training, evaluated in the browser."""

import altair as alt
import pandas as pd


def snapshot_slider(table: pd.DataFrame) -> alt.Parameter:
    """Return the slider, at the last snapshot of the table."""
    last = int(table["snapshot"].max()) if len(table) else 0
    slider = alt.binding_range(min=0, max=last, step=1, name="Training progress ")
    return alt.param(name="snapshot", value=last, bind=slider)


def at_snapshot(table: pd.DataFrame) -> alt.Chart:
    """Return a chart of the rows of the selected snapshot."""
    chart: alt.Chart = alt.Chart(table).transform_filter("datum.snapshot == snapshot")
    return chart


def epoch_label(table: pd.DataFrame, above: bool = False) -> alt.Chart:
    """Draw the epoch of the snapshot, in the upper left corner, or above the chart."""
    chart: alt.Chart = (
        at_snapshot(table)
        .transform_aggregate(epoch="max(epoch)")
        .transform_calculate(text="'after ' + format(datum.epoch, ',') + ' epochs'")
        .mark_text(align="left", x=0 if above else 12, y=-12 if above else 16, fontSize=14, color="gray")
        .encode(text="text:N")
    )
    return chart
