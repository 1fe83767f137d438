"""Tables in, Altair charts out."""

from altair.utils import schemapi

from charts.band import band_chart
from charts.border import border_chart, class_colours
from charts.budget import budget_chart
from charts.confusion import confusion_chart
from charts.copier import copier
from charts.difference import difference_chart
from charts.export import spec, svg
from charts.fit import fit_chart, measured_chart
from charts.heat import heat_chart
from charts.loss import live, loss_chart
from charts.parameters import parameter_chart
from charts.paths import path_chart
from charts.player import player
from charts.sensitivity import sensitivity_chart
from charts.style import DARK, LIGHT, Style

# Altair checks each part of a chart against its schema while it is made, which takes as long as making
# it. The tests have it checked; on the page it only costs time.
schemapi.DEBUG_MODE = False

__all__ = [
    "DARK",
    "LIGHT",
    "Style",
    "band_chart",
    "border_chart",
    "budget_chart",
    "class_colours",
    "confusion_chart",
    "copier",
    "difference_chart",
    "fit_chart",
    "heat_chart",
    "live",
    "loss_chart",
    "measured_chart",
    "parameter_chart",
    "path_chart",
    "player",
    "sensitivity_chart",
    "spec",
    "svg",
]
