"""The tab Three ways: one run by hand, with autograd and with torch.optim, as code and numbers."""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Any, Self

import streamlit as st

from dashboard.components import copier
from dashboard.context import MAX_RUNS, Context, Tab, TabSettings
from dashboard.widgets import Placeholder, download, select
from dashboard.work import Histories, chart_spec, train_all
from trainers import Run, charts
from trainers.exports import DATA_FILE
from trainers.reports import three_ways as report
from trainers.reports import three_ways_code as code
from trainers.run import MAX_COORDINATES, Method, Task
from trainers.scripts import RunCode
from trainers.settings import integer
from trainers.words import format_at_most, join_words

OVERHEAD = (
    "The times per epoch in the table below measure Python and its calls, not the mathematics: with so few "
    "parameters the fewest calls win."
)
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
    named = dict(zip(numbers, context.names, strict=True))
    select("Run", numbers, context.settings.run, "three_ways.run", format_func=named.get)
    run = context.runs[context.settings.run - 1]
    summary = Placeholder(st.container())
    try:
        made = code.programs(run)
    except NotImplementedError as reason:
        st.write(f"{reason}.")
    else:
        st.html(loop_table(list(made), code.rows(list(made.values())), code.missing(run)))
        st.caption("Highlighted: new in this column. Dotted: gone in the next.")
        _around_the_loop(made)
    if len(run.runners) == 1:
        summary.final().markdown(" ".join(dict.fromkeys(code.missing(run).values())))
        return
    _difference(context, run, summary)
    if run.problem.num_params <= MAX_COORDINATES:
        st.caption(OVERHEAD)


def _around_the_loop(made: Mapping[str, RunCode]) -> None:
    """Draw what stands around the loop, and the whole programs to copy."""
    first = next(iter(made.values()))
    with st.expander("Data, model and loss: the same in all"):
        _code(first.head)
    if first.gradient:
        with st.expander("The gradient by hand"):
            _code(first.gradient)
    with st.expander("Whole programs"):
        for column, (runner, program) in zip(st.columns(len(made)), made.items(), strict=True):
            with column:
                st.markdown(f"**{runner}**")
                copier()(data={"text": program.text, "label": "Copy program"}, key=f"three_ways.{runner}")
                download("Program", partial(str, program.text), f"{runner.replace('.', '_')}.py")
        if first.data is not None:
            download(f"The data, {DATA_FILE}, to be put beside it", first.data, DATA_FILE)
        st.caption("Each needs torch alone, and prints the final loss and parameters.")


def _code(lines: Sequence[str]) -> None:
    st.code("\n".join(lines).strip("\n"), language="python")


def _difference(context: Context, run: Run, summary: Placeholder) -> None:
    """Draw the parameter differences between the implementations."""
    supported, plot = run.runners, Placeholder(st.container())
    each = [replace(run, runner=runner) for runner in supported]
    histories = train_all(each, supported, context.room // len(each), summary)
    difference, rounding = report.max_param_difference(histories), report.ulp(histories)
    summary.final().markdown(
        f"The same run trained {join_words([WAYS[runner] for runner in supported])}, from the same initial "
        f"point. {report.describe_end(histories)} in {run.dtype} their parameters were "
        f"**{report.describe_difference(histories)}**."
    )
    what = "largest parameter difference between the implementations, over the epochs, at most "
    what += format_at_most(difference) if difference else "0"
    plot.final().vega_lite_chart(chart_spec(difference_chart, histories), alt=f"Scatter plot: {what}.")
    kept = f"each of the {len(histories[0].epochs):,} epochs kept" if histories[0].thinned else "each epoch"
    diverged = report.until(histories) is not None
    relative, scaled = (
        (" before a run diverged, relative to the largest", ", also relative") if diverged else ("", "")
    )
    plot.container.caption(
        f"Largest parameter difference between two implementations at {kept}{relative}; no point where they "
        f"are equal. Dotted: 1 ulp (unit in the last place) of the largest parameter in {run.dtype}{scaled}, "
        f"{rounding:.2g}."
    )


def difference_chart(histories: Histories) -> Any:
    """Return the chart of the largest parameter difference over the epochs."""
    return charts.difference_chart(report.differences(histories), report.ulp(histories))


def loop_table(
    names: Sequence[str], rows: Sequence[code.Row], missing: Mapping[str, str] = MappingProxyType({})
) -> str:
    """Return the rows of the loop as an HTML table: a column for each implementation.

    Those that are missing have an empty column, behind the others, with the reason.
    """
    head = "".join(f"<th scope='col'>{html.escape(name)}</th>" for name in ("", *names))
    reasons = (
        f"<th scope='col'>{name}<span class='why'>{html.escape(why)}</span></th>"
        for name, why in missing.items()
    )
    head += "".join(reasons)
    body = "".join(_table_row(names, row, list(missing)) for row in rows)
    return f"<table class='three-ways'><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _table_row(names: Sequence[str], row: code.Row, missing: Sequence[str]) -> str:
    cells = "".join(
        f"<td data-name='{html.escape(name)}'>{_cell(lines)}</td>"
        for name, lines in zip(names, row.cells, strict=True)
    )
    cells += "".join(f"<td data-name='{name}'>{_cell(())}</td>" for name in missing)
    why = f"<span class='why'>{html.escape(row.why)}</span>"
    return f"<tr><th scope='row'>{row.name}{why}</th>{cells}</tr>"


def _cell(lines: Sequence[code.Line]) -> str:
    return "".join(map(_line, lines)) or "<span title='nothing to do'>–</span>"


def _line(line: code.Line) -> str:
    """Return a line of code as HTML, with a hanging indent where it is broken."""
    text = line.text.lstrip()
    classes = " ".join(name for name, marked in (("new", line.new), ("gone", line.gone)) if marked)
    indent = 2 + len(line.text) - len(text)
    return f"<code class='{classes}' style='--indent:{indent}ch'>{html.escape(text)}</code>"


THREE_WAYS = Tab("Three ways", "three_ways", draw, ThreeWaysSettings)
