"""Tables in, Altair charts out."""

from charts.difference import difference_chart
from charts.export import spec, svg
from charts.fit import fit_chart
from charts.loss import live_spec, loss_chart
from charts.parameters import parameter_chart
from charts.style import DARK, LIGHT, Style

__all__ = [
    "DARK",
    "LIGHT",
    "Style",
    "difference_chart",
    "fit_chart",
    "live_spec",
    "loss_chart",
    "parameter_chart",
    "spec",
    "svg",
]
