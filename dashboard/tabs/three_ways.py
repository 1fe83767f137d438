"""The tab Three ways: one run by hand, with autograd and with torch.optim, as code and numbers."""

import html
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import streamlit as st

from dashboard.context import MAX_RUNS, Context, Tab, TabSettings
from dashboard.widgets import Placeholder, select
from dashboard.work import Histories, chart_spec, train_all
from trainers import Run, charts
from trainers.reports import source_code
from trainers.reports import three_ways as report
from trainers.run import Method, Task, runners
from trainers.settings import integer
from trainers.words import format_epochs, join_words

WAYS = {"manual": "by hand", "autograd": "with autograd", "torch.optim": "with torch.optim"}


@dataclass(frozen=True, kw_only=True)
class ThreeWaysSettings(TabSettings):
    """The run that is shown."""

    run: int = integer(1, 1, MAX_RUNS, help="The run that is trained three ways.")

    def adapted(self, task: Task, methods: Sequence[Method]) -> Self:
        return replace(self, run=min(self.run, max(len(methods), 1)))


def draw(context: Context) -> None:
    if not context.runs:
        st.write("Add a run to see it trained three ways.")
        return
    numbers = range(1, len(context.runs) + 1)
    named = {number: run.label for number, run in zip(numbers, context.runs, strict=True)}
    select("Run", numbers, context.settings.run, "three_ways.run", format_func=named.get)
    run = context.runs[context.settings.run - 1]
    summary = Placeholder(st.container())
    three = source_code.three_ways()
    for column, (name, lines) in zip(st.columns(len(three), border=True), three.items(), strict=True):
        column.markdown(f"**{name}**")
        column.html(highlight_code(lines))
    st.caption("Highlighted: lines that differ from the previous version.")
    _difference(context, run, summary)
    by_hand, in_torch = source_code.update_code(run.optimizer)
    name = type(run.optimizer).__name__
    left, right = st.columns(2)
    left.markdown(f"**{name} by hand**: `optimizer.step`")
    left.code(by_hand or "# no update written by hand", wrap_lines=True)
    right.markdown(f"**{name} in torch**: `optimizer.torch`")
    right.code(in_torch or "# not available in torch", wrap_lines=True)
    right.markdown(f"**{type(context.task.problem).__name__}**: the loss and its gradient by hand")
    right.code(source_code.problem_code(context.task.problem), wrap_lines=True)


def _difference(context: Context, run: Run, summary: Placeholder) -> None:
    """Draw the parameter differences between the implementations."""
    supported, plot = runners(type(run.optimizer)), Placeholder(st.container())
    each = [replace(run, runner=runner) for runner in supported]
    histories = train_all(each, supported, context.room // len(each), summary)
    difference, rounding = report.max_param_difference(histories), report.ulp(histories)
    summary.final().markdown(
        f"The same run trained {join_words([WAYS[runner] for runner in supported])}, from the same initial "
        f"point. {_until(histories)} in {run.dtype} their parameters were "
        f"**{report.describe_difference(histories)}**."
    )
    what = (
        f"largest parameter difference between the implementations, over the epochs, at most {difference:.2g}"
    )
    plot.final().vega_lite_chart(chart_spec(difference_chart, histories), alt=f"Scatter plot: {what}.")
    kept = f"each of the {len(histories[0].epochs):,} epochs kept" if histories[0].thinned else "each epoch"
    plot.container.caption(
        f"Largest parameter difference between two implementations at {kept}; no point where they are "
        f"equal. Dotted: 1 ulp (unit in the last place) of the largest parameter in {run.dtype}, "
        f"{rounding:.2g}."
    )


def _until(histories: Histories) -> str:
    """Return how far the runs were trained, in words."""
    ends = [history.diverged_at for history in histories if history.diverged_at is not None]
    if ends:
        return f"Until the first diverged, after {format_epochs(min(ends))},"
    return f"Over {format_epochs(histories[0].run.epochs)}"


def difference_chart(histories: Histories) -> Any:
    """Return the chart of the largest parameter difference over the epochs."""
    return charts.difference_chart(report.differences(histories), report.ulp(histories))


def highlight_code(lines: Sequence[tuple[str, bool]]) -> str:
    """Return lines of code as HTML, new ones highlighted, long ones with a hanging indent."""
    html_lines = []
    for line, new in lines:
        text = line.lstrip()
        indent = 4 + (len(line) - len(text)) // 2
        mark = "background:rgba(255,176,0,.3);border-radius:3px" if new else ""
        body = f"<span style='{mark}'>{html.escape(text)}</span>"
        html_lines.append(f"<div style='padding-left:{indent}ch;text-indent:-4ch'>{body}&nbsp;</div>")
    return f"<div style='font:.75rem/1.6 monospace;overflow-wrap:anywhere'>{''.join(html_lines)}</div>"


THREE_WAYS = Tab("Three ways", "three_ways", draw, ThreeWaysSettings)
