"""What moves with a slider through the moments of a training, without asking the server."""

import altair as alt
import pandas as pd


def moment_slider(table: pd.DataFrame) -> alt.Parameter:
    """The slider: it stands at the last of the moments in the table."""
    last = int(table["moment"].max()) if len(table) else 0
    slider = alt.binding_range(min=0, max=last, step=1, name="Training progress ")
    return alt.param(name="moment", value=last, bind=slider)


def now(table: pd.DataFrame) -> alt.Chart:
    """The rows of the moment at which the slider stands."""
    chart: alt.Chart = alt.Chart(table).transform_filter("datum.moment == moment")
    return chart


def when(table: pd.DataFrame, above: bool = False) -> alt.Chart:
    """The epoch of that moment, in the upper left corner, or above the picture."""
    chart: alt.Chart = (
        now(table)
        .transform_aggregate(epoch="max(epoch)")
        .transform_calculate(text="'after ' + format(datum.epoch, ',') + ' epochs'")
        .mark_text(align="left", x=0 if above else 12, y=-12 if above else 16, fontSize=14, color="gray")
        .encode(text="text:N")
    )
    return chart
