"""The tab Inside a step: one update of a run, and where its gradient comes from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import streamlit as st

from dashboard.context import MAX_RUNS, Context, Tab, TabSettings
from dashboard.tabs.accumulation_view import draw_accumulation
from dashboard.tabs.gradient_line_view import draw_gradient_line
from dashboard.tabs.gradient_view import draw_gradient
from dashboard.tabs.sharpness_view import draw_sharpness
from dashboard.tabs.step_view import draw_step
from dashboard.widgets import control_key, select
from dashboard.work import run_with_progress, steps_cached
from trainers.run import Method, Task
from trainers.settings import choice, flag, integer
from trainers.steps import Step, Steps

MAX_NUMBER = 100_000_000
VIEWS = {
    "step": draw_step,
    "gradient": draw_gradient,
    "line": draw_gradient_line,
    "accumulation": draw_accumulation,
    "sharpness": draw_sharpness,
}
CAPTIONS = {
    "step": "The step",
    "gradient": "Its gradient",
    "line": "Learning rate",
    "accumulation": "Without zero_grad",
    "sharpness": "Stability",
}


@dataclass(frozen=True, kw_only=True)
class InsideStepSettings(TabSettings):
    """The run and its update, and what is shown of it."""

    run: int = integer(1, 1, MAX_RUNS, help="The run that is looked into.")
    update: int = integer(1, 1, MAX_NUMBER, help="Number of the update, from 1.")
    show: str = choice(
        "step",
        VIEWS,
        help="The step in numbers; where its gradient comes from; how long it should be; "
        "what happens if the gradient is not cleared; how close to its stability limit the run is.",
        captions=CAPTIONS,
    )
    backward: bool = flag(
        True, help="Derivatives appear when backward() is called.", label="backward() called"
    )

    def adapted(self, task: Task, methods: Sequence[Method]) -> Self:
        last = task.epochs * task.steps_per_epoch
        return replace(self, run=min(self.run, max(len(methods), 1)), update=min(self.update, last))


def draw(context: Context) -> None:
    if not context.runs:
        st.write("Add a run to look into its steps.")
        return
    place = context.settings.run - 1
    run, shown = context.runs[place], context.settings.show
    st.segmented_control(
        "Show",
        list(VIEWS),
        default=shown,
        key=control_key("inside_step.show", shown),
        format_func=CAPTIONS.__getitem__,
        label_visibility="collapsed",
        required=True,
        width="stretch",
    )
    steps = run_with_progress(steps_cached, run, context.headline, "Recording the updates")
    step = _choose(context, steps)
    if step is None:
        st.write("This run ends at its first update.")
        return
    VIEWS[shown](context, run, step, place)


def _choose(context: Context, steps: Steps) -> Step | None:
    """Draw the choice of run and update; return the update."""
    numbers = range(1, len(context.runs) + 1)
    named = dict(zip(numbers, context.names, strict=True))
    left, right = st.columns([2, 3])
    select("Run", numbers, context.settings.run, "inside_step.run", left, format_func=named.get)
    if not steps or context.settings.show == "accumulation":
        return steps[0] if steps else None
    possible = [update + 1 for update in steps.updates]
    chosen = max((number for number in possible if number <= context.settings.update), default=possible[0])
    key = control_key("inside_step.update", chosen)
    right.select_slider("Update", possible, chosen, key=key, format_func="{:,}".format)
    return steps[possible.index(chosen)]


INSIDE_STEP = Tab("Inside a step", "inside_step", draw, InsideStepSettings)
