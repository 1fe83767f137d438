"""Export of charts: Vega-Lite specs with separate tables for the page, SVG for files."""

import json
from typing import Any

import altair as alt
import pandas as pd

WIDTH = 900


def spec(chart: alt.LayerChart) -> dict[str, Any]:
    """Return the Vega-Lite spec, with its tables as data frames under `datasets`."""
    chart = chart.copy(deep=False)
    datasets: dict[str, pd.DataFrame] = {}
    chart.layer = [_named(layer, datasets) for layer in chart.layer]
    drawn: dict[str, Any] = _named(chart, datasets).to_dict(validate=False)
    return drawn | {"datasets": datasets}


def svg(chart: alt.LayerChart) -> str:
    """Return the chart as SVG text. The converter is loaded at the first call; it takes some 270 MB."""
    import vl_convert

    drawn = spec(chart.properties(width=WIDTH))
    drawn["datasets"] = {
        name: json.loads(table.to_json(orient="records", double_precision=15))
        for name, table in drawn["datasets"].items()
    }
    return str(vl_convert.vegalite_to_svg(drawn))


def _named(chart: Any, datasets: dict[str, pd.DataFrame]) -> Any:
    """Return the chart with a name in place of its table, which is added to `datasets`."""
    if not isinstance(chart.data, pd.DataFrame):
        return chart
    name = f"table{len(datasets)}"
    datasets[name] = chart.data
    chart = chart.copy(deep=False)
    chart.data = alt.NamedData(name)
    return chart
