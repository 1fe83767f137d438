"""Export of charts: Vega-Lite specs with separate tables for the page, SVG for files."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import altair as alt
import pandas as pd

WIDTH = 900


def spec(chart: alt.LayerChart) -> dict[str, Any]:
    """Return the Vega-Lite spec, with its tables as data frames under `datasets`."""
    with _named_tables(chart) as datasets:
        drawn: dict[str, Any] = chart.to_dict(validate=False)
    return drawn | {"datasets": datasets}


def nested_spec(panels: Sequence[Sequence[alt.Chart]], **properties: Any) -> dict[str, Any]:
    """Return the spec of panels of layers, as `spec` does; Altair would copy each layer three times."""
    given = [layer.data for panel in panels for layer in panel]
    tables = {id(data): data for data in given if isinstance(data, pd.DataFrame)}
    names = {key: f"table{number}" for number, key in enumerate(tables)}

    def drawn(layer: alt.Chart) -> dict[str, Any]:
        key = id(layer.data)
        if key not in names:
            return layer.to_dict(validate=False, context={"top_level": False})
        layer.data = alt.Undefined
        made: dict[str, Any] = layer.to_dict(validate=False, context={"top_level": False})
        return made | {"data": {"name": names[key]}}

    layers = [{"layer": [drawn(layer) for layer in panel]} for panel in panels]
    datasets = {names[key]: table for key, table in tables.items()}
    return {"layer": layers, **properties, "datasets": datasets}


def svg(chart: alt.LayerChart) -> str:
    """Return the chart as SVG text. The converter is loaded at the first call; it takes some 270 MB."""
    import vl_convert

    drawn = spec(chart.properties(width=WIDTH))
    drawn["datasets"] = {
        name: json.loads(table.to_json(orient="records", double_precision=15))
        for name, table in drawn["datasets"].items()
    }
    return str(vl_convert.vegalite_to_svg(drawn))


@contextmanager
def _named_tables(chart: alt.LayerChart) -> Iterator[dict[str, pd.DataFrame]]:
    """Let the chart have names in place of its tables, which are given: a copy takes as long as the spec.

    A table that several layers show is given once.
    """
    parts = [part for part in _parts(chart) if isinstance(part.data, pd.DataFrame)]
    tables = {id(part.data): part.data for part in parts}
    names = {key: f"table{number}" for number, key in enumerate(tables)}
    before = [part.data for part in parts]
    try:
        for part in parts:
            part.data = alt.NamedData(names[id(part.data)])
        yield {names[key]: table for key, table in tables.items()}
    finally:
        for part, table in zip(parts, before, strict=True):
            part.data = table


def _parts(chart: Any) -> Iterator[Any]:
    """Yield the layers of a chart, theirs, and the chart itself."""
    for layer in getattr(chart, "layer", ()):
        yield from _parts(layer)
    yield chart
