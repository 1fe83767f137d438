"""The view Stability of the tab Inside a step: sharpness along a run, and its limit."""

import math
from collections.abc import Callable

import pandas as pd
import streamlit as st

from dashboard.context import Context
from dashboard.work import chart_spec, compute_with_progress, steps_cached
from trainers import charts
from trainers.reports import loss as loss_report
from trainers.reports import sharpness as report
from trainers.run import Run
from trainers.steps import Step


def draw_sharpness(context: Context, run: Run, step: Step, place: int) -> None:
    """Draw the sharpness at the updates of a run, its stability limit, and the loss."""
    table, limit = compute_with_progress(
        sharpness_table, run, place=context.headline, what="Computing the sharpness"
    )
    if not len(table):
        st.write(report.why_not(run))
        return
    losses = loss_report.curves(context.histories.single(place), [""], "loss")
    losses = losses.assign(update=losses["x"] * run.steps_per_epoch + 1, loss=losses["y"])
    st.markdown(report.sentence(table, limit, losses, constant=run.training.hessian is not None))
    color = context.style.colors[place]
    for column, rows, at in (("sharpness", table, limit), ("loss", losses[["update", "loss"]], None)):
        given = (rows, column, at, step.update + 1, color, context.dark)
        spec = chart_spec(charts.sharpness_chart, *given)
        st.vega_lite_chart(spec, alt=f"Line chart: {column} over the updates.")
    st.caption(report.caption(run, limit))


def sharpness_table(run: Run, on_progress: Callable[[float], object]) -> tuple[pd.DataFrame, float | None]:
    """Return the sharpness along a run, and the limit where one holds."""
    constant = run.steps_per_epoch == 1 and run.schedule is None and run.clipping is None
    limit = run.optimizer.max_stable_sharpness() if constant else None
    limit = None if limit == math.inf else limit
    table = report.sharpness(run, report.some(run, steps_cached(run)), on_progress)
    return table if limit is None else report.refined(run, table, limit, on_progress), limit
