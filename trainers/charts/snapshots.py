"""Slider over the snapshots of a training, evaluated in the browser."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd


def slider(
    last: int, step: float = 1, value: int | None = None, name: str = "Training progress"
) -> alt.Parameter:
    """Return the parameter of a slider from snapshot 0 to the last, where it stands without a `value`."""
    bound = alt.binding_range(min=0, max=last, step=step, name=name)
    made: alt.Parameter = alt.param(name="snapshot", value=last if value is None else value, bind=bound)
    return made


def with_slider(layers: Sequence[alt.Chart], last: int, **properties: Any) -> alt.LayerChart:
    """Return the layers as one chart with a slider from snapshot 0 to the last, where it stands."""
    first = layers[0].add_params(slider(last))
    # In its first layer: to add it to the whole chart copies the chart three times.
    return alt.LayerChart(layer=[first, *layers[1:]], **properties)


def last_snapshot(table: pd.DataFrame) -> int:
    """Return the number of the last snapshot of a table, 0 where it is empty."""
    return int(table["snapshot"].max()) if len(table) else 0


def at_snapshot(table: pd.DataFrame) -> alt.Chart:
    """Return a chart of the rows of the selected snapshot."""
    chart: alt.Chart = alt.Chart(table).transform_filter("datum.snapshot == snapshot")
    return chart


def after_epochs(epoch: str) -> str:
    """Return the Vega expression of "after n epochs"."""
    return f"'after ' + format({epoch}, ',') + ({epoch} === 1 ? ' epoch' : ' epochs')"


def epoch_label(table: pd.DataFrame, above: bool = False) -> alt.Chart:
    """Draw the epoch of the snapshot, in the upper left corner, or above the chart."""
    chart: alt.Chart = (
        at_snapshot(table)
        .transform_aggregate(epoch="max(epoch)")
        .transform_calculate(text=after_epochs("datum.epoch"))
        .mark_text(align="left", x=0 if above else 12, y=-12 if above else 16, fontSize=14, color="gray")
        .encode(text=alt.Text("text:N"))
    )
    return chart
