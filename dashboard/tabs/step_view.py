"""The view Step of the tab Inside a step: one update in numbers, formulas and arrows."""

from typing import Any

import streamlit as st

from dashboard.context import Context
from dashboard.maps import loss_map
from dashboard.widgets import escape_markdown, markdown_table
from dashboard.work import Histories, compute_cached, steps_cached
from trainers import charts
from trainers.reports import inside_step as report
from trainers.reports import path as path_report
from trainers.reports import path_surface
from trainers.reports.path_plane import fit_plane, window
from trainers.run import Run
from trainers.steps import Step, as_used
from trainers.words import format_number

COUNTED = (
    "Update 1 starts at the initial parameters. The book counts epochs from 1 and prints the loss before "
    "each update, so its epoch 2 has the loss that is here the new one of update 1."
)


def draw_step(context: Context, run: Run, step: Step, place: int) -> None:
    """Draw the numbers of an update on the left, its arrows on a map on the right, and its formulas below."""
    left, right = st.columns([3, 2])
    with left:
        st.markdown(_sentence(run, step))
        with st.container(key="update"):
            optimizer, used = as_used(run, step)
            unclipped = step.gradient if run.clipping is not None else None
            st.markdown(markdown_table(report.table(optimizer, used, run.problem.names, unclipped)))
        _formulas(run, step)
        st.caption(COUNTED)
    with right:
        _arrows(context, run, step, place)
        if run.problem.num_params == 2:
            _overview(context, run, step, place)


def _sentence(run: Run, step: Step) -> str:
    """Return what the update does to the loss, and what the gradient says."""
    if not step.gradient.any():
        return f"**Update {step.update + 1:,}: the gradient is 0, so there is nothing to follow.**"
    before, after = (format_number(float(loss), 6) for loss in (step.loss, step.new_loss))
    to = f"goes from {before} to {after}"
    if not step.new_loss.isfinite():
        to = f"of {before} {'becomes not a number' if step.new_loss.isnan() else 'overflows'}"
    on_batch = " on its mini-batch" if run.steps_per_epoch > 1 else ""
    k = max(report.shown_params(step), key=lambda each: abs(float(step.gradient[each])))
    slope, name = float(step.gradient[k]), escape_markdown(run.problem.names[k])
    more = "lowers" if slope < 0 else "raises"
    moved = format_number(float(step.new_params[k] - step.params[k]), 3)
    per_unit = format_number(abs(slope), 3)
    return (
        f"**Update {step.update + 1:,}: the loss{on_batch} {to}.** The slope says: "
        f"more {name} {more} the loss by {per_unit} per unit. The step changes {name} by {moved}."
    )


def _torch_sentence(run: Run, step: Step) -> str:
    if not type(run.optimizer).by_hand():
        return f"{type(run.optimizer).__name__} is torch's alone: its lines are not shown."
    if not type(run.optimizer).in_torch():
        return f"{type(run.optimizer).__name__} is not in torch."
    difference = report.difference(*as_used(run, step))
    how = f"differs by {format_number(difference)}, rounding" if difference else "gives the same, bit for bit"
    return f"torch.optim, from the same state: {how}."


def _arrows(context: Context, run: Run, step: Step, place: int) -> None:
    color = context.style.colors[place]
    what = f"update {step.update + 1:,} of {context.names[place]}"
    st.vega_lite_chart(
        compute_cached(arrows_spec, run, step.update, color), alt=f"Arrows of {what} on a map of the loss."
    )
    same = " Here they coincide." if report.is_along(step) else ""
    st.caption(f"Gray: against the gradient, drawn as long as the step. Colored: the step.{same}")
    if remark := report.remembers(run.optimizer):
        st.caption(remark)


def _formulas(run: Run, step: Step) -> None:
    """Draw the lines of the update as formulas with numbers put in."""
    formulas = report.formulas(*as_used(run, step))
    for formula in formulas:
        st.markdown(rf"$\displaystyle {formula}$")  # unlike a display formula it breaks where it is too wide
    first = escape_markdown(run.problem.names[report.shown_params(step)[0]])
    put_in = f"With the numbers of {first} put in. " if formulas else ""
    st.caption(f"{put_in}{_torch_sentence(run, step)}")


def _overview(context: Context, run: Run, step: Step, place: int) -> None:
    what = f"update {step.update + 1:,} of {context.names[place]}"
    color = context.style.colors[place]
    given = (context.histories.single(place), context.names[place], run, step.update, color)
    st.vega_lite_chart(compute_cached(overview_spec, *given), alt=f"Where {what} lies on the whole map.")
    st.caption("Ring: where this is.")


def arrows_spec(run: Run, update: int, color: str) -> dict[str, Any]:
    """Return the spec of the arrows of an update."""
    steps = steps_cached(run)
    step = steps[steps.updates.index(update)]
    problem = run.training
    plane = report.step_plane(problem, step)
    table = report.arrows(plane, step)
    surface = path_surface.loss_surface(problem, plane, report.arrow_window(table))
    return charts.spec(charts.arrow_chart(loss_map(problem, plane, surface), table, color))


def overview_spec(histories: Histories, name: str, run: Run, update: int, color: str) -> dict[str, Any]:
    """Return the spec of the path up to an update over the whole map."""
    problem = run.training
    plane = fit_plane(problem, histories)
    limits = window(plane, problem, histories, "all")
    surface = path_surface.loss_surface(problem, plane, limits)
    path = path_report.paths(histories, [name], plane, limits)
    here = path[path["epoch"] <= update // run.steps_per_epoch]
    return charts.spec(charts.overview_chart(loss_map(problem, plane, surface), here, color))
