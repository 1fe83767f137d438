"""Altair charts of tables."""

from altair.utils import schemapi

from trainers.charts.accumulation import accumulated_gradient_chart, accumulated_loss_chart
from trainers.charts.axes import fitted, ticks
from trainers.charts.break_it import mistake_chart
from trainers.charts.compare import COMPARE_HEIGHT, compare_chart
from trainers.charts.compare_curves import CurveTables
from trainers.charts.compare_map import MapTables
from trainers.charts.export import spec, svg
from trainers.charts.fit import fit_chart, predicted_actual_chart
from trainers.charts.fit_boundary import class_colors, decision_boundary_chart
from trainers.charts.fit_confusion import confusion_chart
from trainers.charts.gradient_line import gradient_line_chart
from trainers.charts.graph import graph_svg
from trainers.charts.grid import heat_chart
from trainers.charts.inside_step import arrow_chart, overview_chart
from trainers.charts.loss import live_loss_chart, loss_chart
from trainers.charts.loss_map import LossMap, map_image
from trainers.charts.parameters import parameter_chart
from trainers.charts.path import path_chart
from trainers.charts.race_budget import budget_chart
from trainers.charts.race_repeats import repeats_chart
from trainers.charts.race_sensitivity import sensitivity_chart
from trainers.charts.race_tuned import band_chart
from trainers.charts.samples import image_chart
from trainers.charts.sharpness import sharpness_chart
from trainers.charts.style import STROKES, Look, Stroke, Style
from trainers.charts.sweep import sweep_chart
from trainers.charts.three_ways import difference_chart

# Altair checks each part of a chart against its schema while it is made, which takes as long as making
# it. The tests have it checked; on the page it only costs time.
schemapi.DEBUG_MODE = False

__all__ = [
    "COMPARE_HEIGHT",
    "STROKES",
    "CurveTables",
    "Look",
    "LossMap",
    "MapTables",
    "Stroke",
    "Style",
    "accumulated_gradient_chart",
    "accumulated_loss_chart",
    "arrow_chart",
    "band_chart",
    "budget_chart",
    "class_colors",
    "compare_chart",
    "confusion_chart",
    "decision_boundary_chart",
    "difference_chart",
    "fit_chart",
    "fitted",
    "gradient_line_chart",
    "graph_svg",
    "heat_chart",
    "image_chart",
    "live_loss_chart",
    "loss_chart",
    "map_image",
    "mistake_chart",
    "overview_chart",
    "parameter_chart",
    "path_chart",
    "predicted_actual_chart",
    "repeats_chart",
    "sensitivity_chart",
    "sharpness_chart",
    "spec",
    "svg",
    "sweep_chart",
    "ticks",
]
