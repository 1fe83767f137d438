"""The tab Path: the loss as a map, with the path of each run."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from dashboard.components import player
from dashboard.context import Actions, Context, Tab, TabSettings
from dashboard.widgets import control, legend, picked
from dashboard.work import Histories, drawn
from trainers import charts
from trainers.charts import Style
from trainers.reports import path as path_report
from trainers.reports import path_surface
from trainers.reports.path_plane import plane, window
from trainers.reports.thinning import snapshot_epochs
from trainers.run import Task
from trainers.settings import choice, settings_of


@dataclass(frozen=True, kw_only=True)
class PathSettings(TabSettings):
    """How much of the plane is shown."""

    zoom: str = choice("all", ("all", "paths", "minimum"), help="How much of the surface is shown.")


def draw(context: Context) -> None:
    training, settings = context.task.training, context.settings
    legend(context.style.colours, context.names)
    control("zoom", settings_of(settings)["zoom"], settings.zoom, "path.zoom")
    histories = context.histories
    seen = plane(training, histories)
    sides = window(seen, training, histories, settings.zoom)
    paths = path_report.paths(histories, context.names, seen, sides)
    asked: Any = {}
    if seen.exact:
        asked = {"on_select": partial(begin_there, context.actions), "selection_mode": "start"}
    names, zoom = context.names, settings.zoom
    st.vega_lite_chart(
        drawn(path_chart, histories, names, context.style, context.task, zoom, context.dark),
        key=f"path.chart.{seen.exact}",
        alt=f"Map of the loss with the paths of {len(histories)} runs.",
        **asked,
    )
    player()()
    st.caption(" ".join(path_report.remarks(training, seen, paths, sides)))


def begin_there(actions: Actions) -> None:
    """Start where the map was clicked, or as near to it as can be."""
    for point in picked("path.chart.True", "start", "x", "y"):
        actions.start_at(point)


def path_chart(
    histories: Histories, names: Sequence[str], style: Style, task: Task, zoom: Any, dark: bool
) -> Any:
    """The paths over the loss in their plane."""
    training = task.training
    seen = plane(training, histories)
    sides = window(seen, training, histories, zoom)
    ground = path_surface.relief(training, seen, sides)
    return charts.path_chart(
        ground.shares(),
        path_surface.isolines(ground),
        path_report.paths(histories, names, seen, sides),
        path_report.places(training, seen),
        sides,
        style,
        seen.names,
        value="gap to the smallest loss" if ground.what == "gap" else "loss",
        span=ground.span,
        log=ground.log,
        epochs=snapshot_epochs(task.epochs, path_report.MOMENTS),
        cells=path_report.cells(sides) if seen.exact else None,
        dark=dark,
    )


PATH = Tab("Path", draw, PathSettings)
