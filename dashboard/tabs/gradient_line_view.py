"""The view Learning rate of the tab Inside a step: the loss along the direction against the gradient."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboard.context import Context
from dashboard.widgets import escape_markdown
from dashboard.work import compute_with_progress, steps_cached
from trainers import charts
from trainers.optimizers import SGD
from trainers.reports.gradient_line import GradientLine, gradient_line
from trainers.run import Run
from trainers.steps import Step
from trainers.words import format_number


def draw_gradient_line(context: Context, run: Run, step: Step, place: int) -> None:
    """Draw the loss after one plain step of each learning rate, with a slider over it."""
    given = (run, step.update, context.style.colors[place], context.dark)
    line, spec = compute_with_progress(
        line_spec, *given, place=context.headline, what="Trying learning rates"
    )
    st.markdown(_sentence(run, step, line))
    with context.picture():
        st.vega_lite_chart(
            spec, alt="Line chart: loss after one step of plain gradient descent, over the learning rate."
        )
    st.caption(_caption(run, context.names[place], line))


def _sentence(run: Run, step: Step, line: GradientLine) -> str:
    """Return where the loss is lowest along the line, and from where on it is higher than before."""
    where = f"From update {step.update + 1:,}, straight against the gradient,"
    if line.flat:
        return f"**{where} the loss falls by no more than rounding: here is a minimum.**"
    if line.best is None:
        return f"**{where} no lowest loss was found within reach.**"
    text = f"**{where} the loss is lowest at lr {format_number(line.best, 4)}"
    text += "" if line.level is None else f" and as high as before at lr {format_number(line.level, 4)}"
    lr = plain_lr(run)
    mine = "" if lr is None else f" This run has lr {format_number(lr, 4)}."
    return f"{text}.**{mine}"


def plain_lr(run: Run) -> float | None:
    """Return the learning rate of a run by plain gradient descent, None for others."""
    optimizer = run.optimizer
    plain = isinstance(optimizer, SGD) and optimizer.is_plain
    return float(optimizer.lr) if plain and run.schedule is None and run.clipping is None else None  # type: ignore[attr-defined]


def _caption(run: Run, name: str, line: GradientLine) -> str:
    parts = []
    if plain_lr(run) is None:
        parts.append(f"These are steps of plain gradient descent; {escape_markdown(name)} goes another way.")
    if line.stable is not None:
        limit = format_number(line.stable, 4)
        parts.append(
            "Each plain step multiplies the error by 1 − lr × curvature, in the direction of the largest "
            f"curvature and in that of the smallest. Beyond the stability limit, lr {limit}, the first "
            "factor is below −1: the error grows."
        )
        if line.best is not None and line.best > line.stable:
            parts.append("A single step may be longer, as here; repeated, it diverges.")
    return " ".join(parts)


def line_spec(
    run: Run, update: int, color: str, dark: bool, on_progress: Callable[[float], object]
) -> tuple[GradientLine, dict[str, Any]]:
    """Return the loss along the line of an update, and the spec of its chart."""
    steps = steps_cached(run)
    line = gradient_line(run, steps[steps.updates.index(update)], on_progress)
    marks = {"now": 0.0, "lowest": line.best, "as high as before": line.level}
    last = line.table["lr"].max()
    shown = {what: rate for what, rate in marks.items() if rate is not None and rate <= last}
    lr = plain_lr(run)
    lr = lr if lr is not None and lr <= last else line.best
    return line, charts.spec(charts.gradient_line_chart(line.table, shown, line.stable, lr, color, dark))
