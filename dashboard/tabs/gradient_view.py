"""The view Its gradient of the tab Inside a step: graph, chain rule, and three gradients that agree."""

from typing import Any

import streamlit as st

from dashboard.context import Context
from dashboard.widgets import control_key, escape_markdown, image, markdown_table
from dashboard.work import compute_cached, steps_cached
from trainers import charts
from trainers.reports import gradient as report
from trainers.reports.inside_step import DIGITS, shown_params
from trainers.run import Run
from trainers.scripts.head import task_code
from trainers.steps import Step
from trainers.words import format_number

HOW = (
    "Drawn from the graph that autograd built of the lines in the tab Three ways. In a node: the operation; "
    "its value, computed from left to right"
)
CHAIN = (
    "**The chain rule**: the derivative of the loss by each prediction, times the derivative of the "
    "prediction by each parameter, summed over the samples."
)


def draw_gradient(context: Context, run: Run, step: Step, place: int) -> None:
    """Draw the graph of an update's loss, before or after `backward()`, and where its gradient comes from."""
    after = context.settings.backward
    try:
        nodes, found, chain = compute_cached(gradient_parts, run, step.update)
    except NotImplementedError as error:
        st.write(f"{escape_markdown(str(error))}: no graph to show.")
        return
    st.toggle("backward() called", after, key=control_key("inside_step.backward", after))
    st.markdown(_sentence(run, step, after))
    with st.container(key="graph"):
        title = f"Graph of the loss, {len(nodes)} nodes from parameters to loss."
        st.markdown(image(charts.graph_svg(nodes, after, context.dark), title))
    st.caption(f"{HOW}{'; colored, the derivative of the loss by it, from right to left' * after}.")
    left, right = st.columns([2, 3] if chain else 2)
    with left, st.container(key="sources"):
        st.markdown(f"**{'Two' if found.by_hand is None else 'Three'} ways to the same gradient**")
        st.markdown(markdown_table(report.source_table(found, step, run.problem.names, after)))
        difference = report.agreement(found, step)
        apart = f"differ by at most {format_number(difference)}, rounding" if difference else "are equal"
        st.caption(f"They {apart}. Finite difference: (L(p + h) − L(p − h)) / 2h, in float64.")
    with right:
        if chain:
            st.markdown(CHAIN)
            with st.container(key="chain"):
                st.markdown(markdown_table(chain))
        elif found.by_hand is None:
            st.caption(f"{type(run.problem).__name__} has no gradient by hand.")
        else:
            st.markdown("**By hand**: the chain rule, written out.")
            st.code("\n".join(task_code(run).gradient), language="python")


def _sentence(run: Run, step: Step, after: bool) -> str:
    """Return what `backward()` does, with the gradient before and after it."""
    shown = shown_params(step)
    numbers = ", ".join(format_number(step.gradient[k], DIGITS) for k in shown)
    more = ", …" if len(shown) < len(step.params) else ""
    if not after:
        return "**params.grad is None**: the loss is computed, no derivative yet."
    which = (
        "" if not more else f" (those of {escape_markdown(', '.join(run.problem.names[k] for k in shown))})"
    )
    return (
        "**backward() walks the graph from right to left and applies the chain rule. It fills params.grad "
        f"and moves nothing**: None → \\[{numbers}{more}\\]{which}."
    )


def gradient_parts(run: Run, update: int) -> Any:
    """Return nodes of the graph, gradients and chain rule of an update."""
    steps = steps_cached(run)
    step = steps[steps.updates.index(update)]
    graph = report.gradient_graph(run, step)
    return report.node_table(graph), report.sources(run, step, graph), report.chain_table(run, step)
