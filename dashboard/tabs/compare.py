"""The tab Compare: the runs moving over the loss map, beside their loss curves."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from dashboard.context import Context, Tab
from dashboard.maps import loss_map
from dashboard.tabs.loss import draw_live
from dashboard.widgets import Placeholder
from dashboard.work import Histories, compute_cached
from trainers import charts
from trainers.charts import Style
from trainers.reports import compare as compare_report
from trainers.reports import loss as loss_report
from trainers.reports import path as path_report
from trainers.reports import path_surface
from trainers.reports.loss import Y_TITLES
from trainers.reports.path_plane import Plane, fit_plane
from trainers.reports.rate import variant
from trainers.run import Task, snapshot_epochs

CELLS = 24
"""Number of rows and columns of the values that the map tells under the pointer."""
HAND_PICKED = (
    "Each run has the learning rate set in the sidebar{more}. The tab Race tunes it for every optimizer with "
    "the same budget."
)
HEIGHT_ALONE = 380
"""Height in pixels where the tab is shown alone: it fits an embedding of 700 by 500 pixels."""


def draw(context: Context) -> None:
    task, view = context.task, context.view
    place = Placeholder(st.container(key="picture"))
    histories = context.train(partial(draw_live, context.names, context.style, view, place))
    height = HEIGHT_ALONE if context.alone else charts.COMPARE_HEIGHT
    arguments = (histories, context.names, context.style, task, view.target, context.dark, height)
    what = f"The paths of {len(histories)} runs on a map of the loss, and their loss curves."
    place.final().vega_lite_chart(
        compute_cached(compare_spec, *arguments),
        key="compare.chart",
        height=context.chart_height,
        alt=what,
    )
    if len({variant(run.method) for run in context.runs}) > 1 and not context.alone:
        scheduled = any(run.schedule is not None for run in context.runs)
        st.caption(HAND_PICKED.format(more=", changed by its schedule if it has one" * scheduled))


def compare_spec(
    histories: Histories,
    names: Sequence[str],
    style: Style,
    task: Task,
    target: float,
    dark: bool,
    height: int = charts.COMPARE_HEIGHT,
) -> dict[str, Any]:
    """Return the spec of the chart."""
    problem = task.training
    plane = fit_plane(problem, histories)
    metric = "loss" if problem.minimum is None else "gap"
    return charts.compare_chart(
        _map_tables(histories, names, plane, task),
        _curve_tables(histories, names, metric, target if metric == "gap" else None),
        compare_report.dots(histories, names, plane, metric),
        style,
        snapshot_epochs(task.epochs, compare_report.MAX_SNAPSHOTS),
        dark=dark,
        height=height,
    )


def _map_tables(histories: Histories, names: Sequence[str], plane: Plane, task: Task) -> charts.MapTables:
    surface = path_surface.overview(task.training, plane, histories)
    return charts.MapTables(
        **vars(loss_map(task.training, plane, surface)),
        cells=surface.coarse(CELLS),
        paths=path_report.paths(histories, names, plane, surface.limits, margin=0),
        equal_scales=plane.equal_scales,
    )


def _curve_tables(
    histories: Histories, names: Sequence[str], metric: str, target: float | None
) -> charts.CurveTables:
    curves = loss_report.curves(histories, names, metric)
    diverged = loss_report.diverged_runs(histories, names)
    log = metric == "gap" or not bool((curves["y"] < 0).any())  # a gap below 0 is a rounding error
    leaving = [*diverged, *loss_report.far_runs(histories, names)]
    visible, domain, log = charts.fitted(curves, leaving, log)
    return charts.CurveTables(
        curves=compare_report.cut_curves(visible, domain, log),
        ends=compare_report.ends(curves, diverged, domain),
        arrivals=loss_report.arrivals(histories, names, target or 0.0),
        domain=domain,
        log=log,
        title=Y_TITLES[metric],
        target=target,
    )


COMPARE = Tab("Compare", "compare", draw, snapshots=compare_report.MAX_SNAPSHOTS)
