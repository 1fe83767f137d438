"""The tab Parameters: parameters, their gradient, steps and errors over the epochs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import streamlit as st

from dashboard.context import Context, Tab, TabSettings
from dashboard.widgets import control_key, legend, swatches
from dashboard.work import Histories, chart_spec
from trainers import charts
from trainers.charts import Style
from trainers.reports import loss as loss_report
from trainers.reports import parameters as report
from trainers.reports.parameter_titles import title as full_title
from trainers.run import Method, Task
from trainers.settings import choice

MAX_NAMED = 3
"""Maximum number of charts whose lines have names at their ends; more are too narrow for them."""
CAPTIONS = {
    "parameters": "",
    "gradient": "Gradient of the training loss.",
    "step": "Step length: how far an epoch moves a parameter.",
    "error": "Distance from the minimizer in the directions of the largest and of the smallest curvature, "
    "the eigenvectors of the Hessian. Each shrinks on its own: the steepest limits the learning rate, "
    "the flattest is slow.",
}


@dataclass(frozen=True, kw_only=True)
class ParametersSettings(TabSettings):
    """What is shown of the parameters."""

    show: str = choice("parameters", report.QUANTITIES, help="What is shown.", captions=report.QUANTITIES)

    def adapted(self, task: Task, methods: Sequence[Method]) -> Self:
        known = report.quantities(task.training)
        return self if self.show in known else replace(self, show=known[0])


def draw(context: Context) -> None:
    problem, shown = context.task.training, context.settings.show
    histories = context.histories
    st.segmented_control(
        "Show",
        report.quantities(problem),
        default=shown,
        key=control_key("parameters.show", shown),
        format_func=report.QUANTITIES.__getitem__,
        label_visibility="collapsed",
        required=True,
    )
    panels = report.charted(problem, shown)
    also = [("gradient_norm", "gradient norm")] if shown in ("parameters", "gradient") else []
    named = len(panels) + len(also) <= MAX_NAMED
    if not named:
        legend(swatches(context.style), context.names)
    places = (*st.columns(len(panels)), *(st.container() for _ in also))
    for (key, title), place in zip([*panels, *also], places, strict=True):
        last = key == "gradient_norm"
        given = (histories, context.names, context.style, context.task, shown, key, named or last)
        spec = chart_spec(parameter_chart, *given, context.dark)
        place.vega_lite_chart(spec, alt=f"Line chart: {title} over the epochs, for {len(histories)} runs.")
    _captions(context, histories, shown)


def _captions(context: Context, histories: Histories, shown: str) -> None:
    """Write what is not all shown, and what the charts mean."""
    problem = context.task.problem
    if CAPTIONS[shown]:
        st.caption(CAPTIONS[shown])
    if problem.num_params > report.MAX_SHOWN and shown != "error":
        more = ", and the gradient norm" if shown in ("parameters", "gradient") else ""
        st.caption(f"The first {report.MAX_SHOWN} of {problem.num_params:,} parameters{more}.")
    if shown == "parameters" and len(context.task.training.minimizers) == 1:
        st.caption("Dotted: the minimizer.")
    for remark in loss_report.gradient_norm_captions(histories):
        st.caption(remark)


def parameter_chart(
    histories: Histories,
    names: Sequence[str],
    style: Style,
    task: Task,
    quantity: str,
    key: str,
    named: bool,
    dark: bool,
) -> Any:
    """Return one chart of a quantity, or of the gradient norm."""
    minima = task.training.minimizers if quantity == "parameters" else ()
    optimum = dict(zip(task.problem.names, minima[0], strict=True)) if len(minima) == 1 else {}
    titles = dict(report.charted(task.problem, quantity))
    return charts.parameter_chart(
        report.quantity_curves(histories, names, quantity, key),
        style,
        full_title(task.problem, key) if quantity == "parameters" or key not in titles else titles[key],
        log=quantity in report.LOGARITHMIC or key in report.LOGARITHMIC,
        leaving=loss_report.diverged_runs(histories, names) + loss_report.far_runs(histories, names),
        optimum=optimum.get(key),
        named=named,
        dark=dark,
    )


PARAMETERS = Tab("Parameters", "parameters", draw, ParametersSettings)
