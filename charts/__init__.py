"""Tables in, Altair charts out."""

from charts.difference import difference_chart
from charts.fit import fit_chart
from charts.loss import loss_chart
from charts.parameters import parameter_chart
from charts.style import DARK, LIGHT, Style
from charts.thin import sample, thin

__all__ = [
    "DARK",
    "LIGHT",
    "Style",
    "difference_chart",
    "fit_chart",
    "loss_chart",
    "parameter_chart",
    "sample",
    "thin",
]
