"""The view Stability of the tab Inside a step: sharpness along a run, and its limit."""

import pandas as pd
import streamlit as st

from dashboard.context import Context
from dashboard.widgets import escape_markdown
from dashboard.work import compute_cached, steps_cached
from trainers import charts
from trainers.reports import loss as loss_report
from trainers.reports.sharpness import MAX_PARAMS, sharpness
from trainers.run import Run
from trainers.steps import Step
from trainers.words import format_number

CAPTION = (
    "Sharpness: the largest eigenvalue of the Hessian of the loss{divided}. Beyond the limit each step makes "
    "the error along its eigenvector larger."
)
DIVIDED = ", divided by what {name} divides the gradient by (preconditioned sharpness)"


def draw_sharpness(context: Context, run: Run, step: Step, place: int) -> None:
    """Draw the sharpness at the updates of a run, its stability limit, and the loss."""
    table, limit = compute_cached(sharpness_table, run)
    if not len(table):
        st.write(_why_not(run))
        return
    st.markdown(_sentence(table, limit))
    color = context.style.colors[place]
    losses = loss_report.curves(context.histories.single(place), [""], "loss")
    losses = losses.assign(update=losses["x"] * run.steps_per_epoch + 1, loss=losses["y"])
    for column, rows, at in (("sharpness", table, limit), ("loss", losses[["update", "loss"]], None)):
        chart = charts.sharpness_chart(rows, column, at, step.update + 1, color, context.dark)
        st.vega_lite_chart(charts.spec(chart), alt=f"Line chart: {column} over the updates.")
    plain = (
        run.optimizer.preconditioner(1, {}) is not None if type(run.optimizer).__name__ == "SGD" else False
    )
    name = escape_markdown(type(run.optimizer).__name__)
    st.caption(CAPTION.format(divided="" if plain else DIVIDED.format(name=name)))
    if run.steps_per_epoch > 1:
        st.caption("No limit is drawn: each mini-batch has its own Hessian.")


def _sentence(table: pd.DataFrame, limit: float | None) -> str:
    """Return whether the sharpness passed the limit, and when."""
    first, last = (format_number(table["sharpness"].iloc[k], 3) for k in (0, -1))
    text = f"**The sharpness goes from {first} to {last}**"
    if limit is None:
        return f"{text}."
    beyond = table[table["sharpness"] > limit]
    shown = format_number(limit, 4)
    if not len(beyond):
        return f"{text} and stays below the stability limit, {shown}."
    if len(beyond) == len(table):
        return f"{text}, always above the stability limit, {shown}."
    return f"{text}; it passes the stability limit, {shown}, by update {int(beyond['update'].iloc[0]):,}."


def _why_not(run: Run) -> str:
    if run.problem.num_params > MAX_PARAMS:
        return (
            f"The Hessian is computed for up to {MAX_PARAMS} parameters; here are {run.problem.num_params:,}."
        )
    return "No update after the first was recorded, or its sharpness is not known."


def sharpness_table(run: Run) -> tuple[pd.DataFrame, float | None]:
    """Return the sharpness along a run, and the limit where one holds."""
    limit = run.optimizer.max_stable_sharpness() if run.steps_per_epoch == 1 else None
    return sharpness(run, steps_cached(run)), limit
