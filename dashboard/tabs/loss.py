"""The tab Loss: the curves of all runs."""

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

import streamlit as st
from torch import Tensor

from dashboard.context import Context, Tab, View
from dashboard.widgets import Placeholder, control
from dashboard.work import Histories, chart_spec
from trainers import History, Run, charts
from trainers.charts import Style
from trainers.reports import loss as loss_report
from trainers.reports.loss import VALIDATION_METRICS, X_TITLES, Y_TITLES, available_metrics
from trainers.reports.summary import sentence
from trainers.run import Task
from trainers.settings import Choice, settings_of

RATE_HEIGHT = 150


def draw(context: Context) -> None:
    task, view = context.task, context.view
    place, below = Placeholder(context.picture()), st.container()
    _controls(task, view)
    histories = context.train(partial(draw_live, context.names, context.style, view, place))
    digits = context.digits()
    since = loss_report.decided_since(histories, context.names, digits, view.y, view.x)
    spec = chart_spec(loss_chart, histories, context.names, context.style, task, view, context.dark, since)
    what = f"{Y_TITLES[view.y]} against {X_TITLES[view.x]} for {len(histories)} runs"
    place.final().vega_lite_chart(
        spec,
        height=context.chart_height,
        alt=f"Line chart: {what}. {sentence(histories, view.target, digits)}",
    )
    if any(run.schedule is not None for run in context.runs) and not context.alone:
        spec = chart_spec(rate_chart, histories, context.names, context.style, view.x)
        below.vega_lite_chart(spec, alt=f"Line chart: learning rates of {len(histories)} runs.")
    also = (VALIDATION_METRICS.get(view.y, ""),) * (_has_validation(task, view) and view.validation_curve)
    also += ("batch_loss",) * (_has_batches(task, view) and view.batches)
    told = loss_report.caption(histories, view.y, view.scale == "log", also)
    below.caption(" ".join(filter(None, [told, loss_report.decided_caption(since)])))


def _controls(task: Task, view: View) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        y = settings_of(view)["y"]
        metric = Choice(view.y, y.help, available_metrics(task.training), label=y.label)
        control("y", metric, view.y, "view.y")
        aside = ("validation_curve",) * _has_validation(task, view) + ("batches",) * _has_batches(task, view)
        known = ("target",) * (task.training.minimum is not None)
        for name in ("scale", "x", *known, *aside):
            control(name, settings_of(view)[name], getattr(view, name), f"view.{name}", width=150)


def draw_live(
    names: Sequence[str],
    style: Style,
    view: View,
    place: Placeholder,
    ended: Sequence[History],
    run: Run,
    loss: Tensor,
) -> None:
    """Draw the curves of runs in training."""
    y = "gap" if view.y == "gap" else "loss"  # accuracies are computed at the end
    table = loss_report.live_curves(ended, run, loss, names, y)
    losses = (*(history.loss for history in ended), loss)
    far = [name for name, past in zip(names, losses, strict=False) if loss_report.is_far(run, past)]
    chart = charts.live_loss_chart(table, style, run.epochs, Y_TITLES[y], view.scale == "log", far)
    place.temporary().vega_lite_chart(*chart)


def _has_validation(task: Task, view: View) -> bool:
    """Return whether there is a validation curve of this metric."""
    return task.validation is not None and view.y in VALIDATION_METRICS


def _has_batches(task: Task, view: View) -> bool:
    """Return whether there are mini-batch values of this metric."""
    return task.steps_per_epoch > 1 and view.y == "loss"


def loss_chart(
    histories: Histories,
    names: Sequence[str],
    style: Style,
    task: Task,
    view: View,
    dark: bool = False,
    since: Mapping[str, float] = MappingProxyType({}),
) -> Any:
    """Return the loss chart, for the tab and for the SVG file; see `loss_report.decided_since`."""
    validation = batches = None
    if _has_validation(task, view) and view.validation_curve:
        validation = loss_report.curves(histories, names, VALIDATION_METRICS[view.y], view.x)
    if _has_batches(task, view) and view.batches:
        batches = loss_report.batches(histories, names, view.x)
    return charts.loss_chart(
        loss_report.curves(histories, names, view.y, view.x),
        loss_report.hover_table(histories, view.y, view.x),
        style,
        x_title=X_TITLES[view.x],
        y_title=Y_TITLES[view.y],
        log=view.scale == "log",
        diverged=loss_report.diverged_runs(histories, names),
        far=loss_report.far_runs(histories, names),
        optimum=task.training.minimum if view.y == "loss" else None,
        validation=validation,
        batches=batches,
        since=since,
        dark=dark,
    )


def rate_chart(histories: Histories, names: Sequence[str], style: Style, x: str) -> Any:
    """Return the chart of the learning rates."""
    rates = loss_report.learning_rates(histories, names, x)
    log = loss_report.rates_far_apart(rates)
    return charts.parameter_chart(
        rates, style, "learning rate", log=log, aligned=True, x_title=X_TITLES[x], height=RATE_HEIGHT
    )


LOSS = Tab("Loss", "loss", draw)
