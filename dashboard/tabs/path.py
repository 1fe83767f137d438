"""The tab Path: the loss surface with the path of each run."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import streamlit as st

from dashboard.context import Actions, Context, Tab, TabSettings
from dashboard.maps import loss_map
from dashboard.widgets import clicked_points, control
from dashboard.work import Histories, compute_cached
from trainers import charts
from trainers.charts import Style
from trainers.reports import path as path_report
from trainers.reports import path_surface
from trainers.reports.path_plane import fit_plane, window
from trainers.run import Task, snapshot_epochs
from trainers.settings import Choice, choice, settings_of


@dataclass(frozen=True, kw_only=True)
class PathSettings(TabSettings):
    """The zoom level."""

    zoom: str = choice(
        "all",
        ("all", "paths", "minimum"),
        help="The whole surface, all paths, or around the minimum; the final points where it is unknown.",
    )


def draw(context: Context) -> None:
    training, settings = context.task.training, context.settings
    place, below = context.picture(), st.container()
    zoom = settings_of(settings)["zoom"]
    assert isinstance(zoom, Choice)
    known = bool(training.minimizers) or settings.zoom == "minimum"  # by a link: the final points
    control("zoom", zoom if known else replace(zoom, options=zoom.options[:-1]), settings.zoom, "path.zoom")
    arguments = (context.histories, context.names, context.style, context.task, settings.zoom, context.dark)
    spec, caption = compute_cached(path_map, *arguments)
    clickable = training.num_params == 2  # else a point of the plane is not an initial point
    options: Any = {}
    if clickable:
        options = {"on_select": partial(set_start, context.actions), "selection_mode": "start"}
    place.vega_lite_chart(
        spec,
        key=f"path.chart.{clickable}",
        height=context.chart_height,
        alt=f"Loss surface with the paths of {len(context.runs)} runs.",
        **options,
    )
    below.caption(caption)


def set_start(actions: Actions) -> None:
    """Set the initial point to the clicked point, clamped to its bounds."""
    for point in clicked_points("path.chart.True", "start", "x", "y"):
        actions.start_at(point)


def path_map(
    histories: Histories, names: Sequence[str], style: Style, task: Task, zoom: Any, dark: bool
) -> tuple[dict[str, Any], str]:
    """Return the spec of the paths over the loss surface, and its caption."""
    training = task.training
    plane = fit_plane(training, histories)
    limits = window(plane, training, histories, zoom)
    paths = path_report.paths(histories, names, plane, limits)
    surface = path_surface.loss_surface(training, plane, limits)
    chart = charts.path_chart(
        loss_map(training, plane, surface),
        paths,
        style,
        epochs=snapshot_epochs(task.epochs, path_report.MAX_SNAPSHOTS),
        dark=dark,
        cells=path_report.cells(training, plane, limits) if plane.is_full_space else None,
    )
    return charts.spec(chart), " ".join(path_report.captions(training, plane, paths, limits))


PATH = Tab("Path", "path", draw, PathSettings, snapshots=path_report.MAX_SNAPSHOTS)
