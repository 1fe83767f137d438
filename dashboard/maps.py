"""Maps of the loss for the tabs that draw one."""

from trainers import charts
from trainers.problems import Problem
from trainers.reports import path as path_report
from trainers.reports import path_surface
from trainers.reports.loss import Y_TITLES
from trainers.reports.path_plane import Plane
from trainers.reports.path_surface import LossSurface


def loss_map(problem: Problem, plane: Plane, surface: LossSurface) -> charts.LossMap:
    """Return the content of a map of this surface in the plane."""
    return charts.LossMap(
        bands=surface.bands,
        lines=path_surface.contour_lines(surface),
        minima=path_report.known_minima(problem, plane),
        limits=surface.limits,
        titles=plane.names,
        value=Y_TITLES[surface.quantity],
    )
