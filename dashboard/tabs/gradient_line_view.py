"""The view Learning rate of the tab Inside a step: the loss along the direction against the gradient."""

from typing import Any

import streamlit as st

from dashboard.context import Context
from dashboard.widgets import escape_markdown
from dashboard.work import compute_cached, steps_cached
from trainers import charts
from trainers.optimizers import SGD
from trainers.reports.gradient_line import GradientLine, gradient_line
from trainers.run import Run
from trainers.steps import Step
from trainers.words import format_number


def draw_gradient_line(context: Context, run: Run, step: Step, place: int) -> None:
    """Draw the loss after one plain step of each learning rate, with a slider over it."""
    line, spec = compute_cached(line_spec, run, step.update, context.style.colors[place], context.dark)
    st.markdown(_sentence(run, step, line))
    with context.picture():
        st.vega_lite_chart(
            spec, alt="Line chart: loss after one step of plain gradient descent, over the learning rate."
        )
    st.caption(_caption(run, line))


def _sentence(run: Run, step: Step, line: GradientLine) -> str:
    """Return where the loss is lowest along the line, and from where on it is higher than before."""
    parts = [f"**From update {step.update + 1:,}, straight against the gradient"]
    if line.best is None:
        return f"{parts[0]}, the loss falls nowhere near.**" if line.level is None else f"{parts[0]}.**"
    parts.append(f", the loss is lowest at lr {format_number(line.best, 4)}")
    if line.level is not None:
        parts.append(f" and as high as before at lr {format_number(line.level, 4)}")
    lr = getattr(run.optimizer, "lr", None)
    mine = "" if lr is None else f" This run has lr {format_number(lr, 4)}."
    return f"{''.join(parts)}.**{mine}"


def _caption(run: Run, line: GradientLine) -> str:
    parts = []
    if run.optimizer != SGD(lr=getattr(run.optimizer, "lr", 1.0)):
        name = escape_markdown(type(run.optimizer).__name__)
        parts.append(f"These are steps of plain gradient descent: {name} here goes another way.")
    if line.stable is not None:
        parts.append(
            "Each step of plain gradient descent multiplies the error along each eigenvector of the Hessian "
            "by 1 − lr × eigenvalue. Beyond the stability limit, lr "
            f"{format_number(line.stable, 4)}, one of these factors is below −1: the error grows."
        )
    return " ".join(parts)


def line_spec(run: Run, update: int, color: str, dark: bool) -> tuple[GradientLine, dict[str, Any]]:
    """Return the loss along the line of an update, and the spec of its chart."""
    steps = steps_cached(run)
    line = gradient_line(run, steps[steps.updates.index(update)])
    marks = {"now": 0.0, "lowest": line.best, "as high as before": line.level}
    last = line.table["lr"].max()
    shown = {what: rate for what, rate in marks.items() if rate is not None and rate <= last}
    lr = getattr(run.optimizer, "lr", None)
    return line, charts.spec(charts.gradient_line_chart(line.table, shown, line.stable, lr, color, dark))
