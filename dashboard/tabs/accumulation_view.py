"""The view Without zero_grad of the tab Inside a step: what `params.grad` holds if it is not cleared."""

from typing import Any

import pandas as pd
import streamlit as st

from dashboard.context import Context
from dashboard.widgets import escape_markdown
from dashboard.work import compute_cached
from trainers import charts
from trainers.accumulation import UPDATES, Accumulation, accumulate
from trainers.charts import Look, Style
from trainers.charts.style import Stroke
from trainers.run import Run
from trainers.steps import Step
from trainers.words import format_number

LOOKS = {
    "cleared": Look.at(0, Stroke(width=2.5)),
    "not cleared": Look.at(1, Stroke(width=6, opacity=0.55)),
    "momentum 1": Look.at(2, Stroke(width=2, dash=(5, 4))),
}


def draw_accumulation(context: Context, run: Run, step: Step, place: int) -> None:
    """Draw the first updates of a run whose gradient is never cleared."""
    if run.optimizer.needs_closure:
        st.write(f"{type(run.optimizer).__name__} clears the gradient itself, in its closure.")
        return
    found, k = compute_cached(accumulated, run)
    name = run.problem.names[k]
    st.markdown(_sentence(found, k, name))
    bars, losses = compute_cached(accumulation_specs, run, context.dark)
    left, right = st.columns(2)
    with left:
        st.vega_lite_chart(bars, alt=f"Bar chart: gradient by {name} added and held, for each update.")
    with right:
        st.vega_lite_chart(losses, alt="Line chart: loss if the gradient is cleared, and if it is not.")
    if found.momentum is not None:
        both = min(len(found.momentum), len(found.loss))
        difference = float((found.momentum[:both] - found.loss[:both]).abs().max())
        apart = f"differ by at most {format_number(difference)}" if difference else "are equal, bit for bit"
        st.caption(
            "Forgetting zero_grad is momentum 1: the sum of all gradients takes the place of each. Here the "
            f"two losses {apart}."
        )
    if len(found.loss) <= UPDATES:
        count = len(found.loss)
        st.caption(f"Without clearing, the loss is not finite after {count} update{'s' * (count > 1)}.")
    st.caption(
        "The first updates of this run, trained without zero_grad. It may stand anywhere but "
        "between backward() and step()."
    )


def _sentence(found: Accumulation, k: int, name: str) -> str:
    """Return the first update whose gradient and whose sum point in opposite ways."""
    own, held = found.own[:, k], found.held[:, k]
    against = (own * held < 0).nonzero()
    text = "**backward() adds to params.grad, it does not replace it.**"
    if not len(against):
        return text
    place = int(against[0])
    now, sum_ = (format_number(values[place], 3) for values in (own, held))
    return (
        f"{text} Without clearing, the gradient by {escape_markdown(name)} at update {place + 1} is {now}, "
        f"but params.grad holds {sum_}: the step goes the wrong way."
    )


def accumulated(run: Run) -> tuple[Accumulation, int]:
    """Return the updates without clearing, and the parameter whose first gradient is the largest."""
    found = accumulate(run)
    return found, int(found.own[0].abs().argmax())


def accumulation_specs(run: Run, dark: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the specs of the gradients and of the losses."""
    found, k = accumulated(run)
    numbers = range(1, len(found.own) + 1)
    parts = [
        pd.DataFrame({"update": numbers, "what": what, "value": values[:, k].double().numpy()})
        for what, values in (("added by backward()", found.own), ("held in .grad", found.held))
    ]
    losses = {"not cleared": found.loss, "cleared": found.cleared}
    losses |= {} if found.momentum is None else {"momentum 1": found.momentum}
    curves = [
        pd.DataFrame({"run": name, "x": range(len(values)), "y": values.double().numpy()})
        for name, values in losses.items()
    ]
    style = Style.of(list(losses), [LOOKS[name] for name in losses], dark)
    bars = charts.accumulated_gradient_chart(pd.concat(parts), run.problem.names[k], dark)
    return charts.spec(bars), charts.spec(charts.accumulated_loss_chart(pd.concat(curves), style, dark))
