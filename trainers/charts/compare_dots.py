"""Where each run stands at the epoch of the slider, `now`, and its way there."""

import altair as alt
import pandas as pd


def past(table: pd.DataFrame, epoch: str = "epoch") -> alt.Chart:
    """Return a chart of the rows up to the current epoch."""
    chart: alt.Chart = alt.Chart(table).transform_filter(f"datum.{epoch} <= now")
    return chart


def current(dots: pd.DataFrame) -> alt.Chart:
    """Return a chart of the current epoch, x, y and value of each run, interpolated between its dots.

    A run that has ended stays at its last dot, which has no next epoch.
    """
    between = "datum.{0} + (datum.next_{0} - datum.{0}) * datum.share"
    chart: alt.Chart = (
        alt.Chart(dots)
        .transform_filter("datum.epoch <= now && (!isValid(datum.next_epoch) || now < datum.next_epoch)")
        .transform_calculate(
            share="isValid(datum.next_epoch) ? (now - datum.epoch) / (datum.next_epoch - datum.epoch) : 0"
        )
        .transform_calculate(
            x=between.format("x"),
            y=between.format("y"),
            value=between.format("value"),
            epoch="isValid(datum.next_epoch) ? now : datum.epoch",
        )
    )
    return chart
