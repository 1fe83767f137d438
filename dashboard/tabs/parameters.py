"""The tab Parameters: parameters and gradient norm over the epochs."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard.context import Context, Tab
from dashboard.widgets import legend, swatches
from dashboard.work import Histories, chart_spec
from trainers import charts
from trainers.charts import Style
from trainers.reports import loss as loss_report
from trainers.reports.parameter_titles import title
from trainers.run import Task

MAX_SHOWN = 4
"""Maximum number of parameters shown."""

MAX_NAMED = 3
"""Maximum number of charts whose lines have names at their ends; more are too narrow for them."""


def draw(context: Context) -> None:
    problem = context.task.problem
    histories = context.histories
    columns = (*problem.names[:MAX_SHOWN], "gradient_norm")
    if len(columns) > MAX_NAMED:
        legend(swatches(context.style), context.names)
    for name, place in zip(columns, (*st.columns(len(columns) - 1), st.container()), strict=True):
        named = len(columns) <= MAX_NAMED or name == columns[-1]
        given = (histories, context.names, context.style, context.task, name, named, context.dark)
        spec = chart_spec(parameter_chart, *given)
        place.vega_lite_chart(
            spec, alt=f"Line chart: {name.replace('_', ' ')} over the epochs, for {len(histories)} runs."
        )
    if problem.num_params > MAX_SHOWN:
        st.caption(f"The first {MAX_SHOWN} of {problem.num_params:,} parameters, and the gradient norm.")
    if len(context.task.training.minimizers) == 1:
        st.caption("Dotted: the minimizer.")
    for remark in loss_report.gradient_norm_captions(histories):
        st.caption(remark)


def parameter_chart(
    histories: Histories,
    names: Sequence[str],
    style: Style,
    task: Task,
    name: str,
    named: bool,
    dark: bool,
) -> Any:
    """Return the chart of one parameter, or of the gradient norm."""
    minima = task.training.minimizers
    optimum = dict(zip(task.problem.names, minima[0], strict=True)) if len(minima) == 1 else {}
    return charts.parameter_chart(
        loss_report.curves(histories, names, name),
        style,
        title(task.problem, name),
        log=name == "gradient_norm",
        leaving=loss_report.diverged_runs(histories, names) + loss_report.far_runs(histories, names),
        optimum=optimum.get(name),
        named=named,
        dark=dark,
    )


PARAMETERS = Tab("Parameters", "parameters", draw)
