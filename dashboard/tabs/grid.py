"""The tab Grid search: a grid over two hyperparameters of one optimizer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

import pandas as pd
import streamlit as st

from dashboard.context import MAX_RUNS, Actions, Context, Tab, TabSettings
from dashboard.take_along import take_along
from dashboard.widgets import adder, clicked_points, control, download, select
from dashboard.work import chart_spec, compute_cached, is_confirmed, run_with_progress, sweep_cached
from trainers import Run, Sweep, charts
from trainers.optimizers import OPTIMIZERS, Optimizer
from trainers.reports import grid as report
from trainers.reports.plain_text import result_text
from trainers.run import Method, Task
from trainers.settings import SettingError, choice, integer, real_settings, settings_of
from trainers.sweeps.axis import Axis, default_axis
from trainers.sweeps.cost import memory
from trainers.sweeps.result import SweepResult
from trainers.words import format_epochs

MAX_HANDED_IN = 5
"""Max. cells in the text of a result."""
REALS = tuple(dict.fromkeys(name for kind in OPTIMIZERS.values() for name in real_settings(kind)))


@dataclass(frozen=True, kw_only=True)
class GridSettings(TabSettings):
    """The run, the two hyperparameters, and the number of values."""

    run: int = integer(1, 1, MAX_RUNS, help="Run whose hyperparameters are searched.", label="Run")
    x: str = choice("lr", REALS, help="Hyperparameter on the x-axis.", label="x-axis")
    y: str = choice("momentum", REALS, help="Hyperparameter on the y-axis.", label="y-axis")
    count: int = integer(32, 2, 100, help="Number of values per axis.", label="Values per axis")

    def axes(self, optimizer: Optimizer) -> dict[str, Axis]:
        """Return two axes, as selected if the optimizer has them. Raises `SettingError` without two."""
        available = real_settings(optimizer)
        if not optimizer.by_hand() or len(available) < 2:
            needs = "needs a hand-written update rule with two numeric hyperparameters"
            raise SettingError(type(optimizer).__name__, needs)
        x = self.x if self.x in available else next(iter(available))
        others = [name for name in available if name != x]
        y = self.y if self.y in others else others[0]
        return {name: default_axis(available[name], self.count) for name in (x, y)}

    def adapted(self, task: Task, methods: Sequence[Method]) -> Self:
        """Return the grid with an existing run, and hyperparameters that its optimizer has."""
        grid = replace(self, run=min(self.run, max(len(methods), 1)))
        try:
            x, y = grid.axes(methods[grid.run - 1].optimizer)
        except (SettingError, IndexError):
            return grid
        return replace(grid, x=x, y=y)

    def sweep(self, run: Run) -> Sweep:
        """Return the sweep over all pairs of values."""
        return Sweep(run, self.axes(run.optimizer), targets=())


def draw(context: Context) -> None:
    settings, headline = context.settings, context.headline
    if not context.runs:
        headline.say("Add a run to search over two of its hyperparameters.")
        return
    run, place = context.runs[settings.run - 1], st.container()
    _controls(context, settings, run)
    try:
        spec = settings.sweep(run)
    except SettingError as error:
        headline.say(f"No grid: {error}.")
        return
    what = f"{spec.size:,} runs of {format_epochs(run.epochs)}"
    if is_confirmed(headline, spec, [spec], what, memory=memory(spec)):
        result = run_with_progress(sweep_cached, spec, headline, f"Training {spec.size:,} runs")
        with place:
            _show(context, result)


def _controls(context: Context, settings: GridSettings, run: Run) -> None:
    available = list(real_settings(run.optimizer))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        numbers = range(1, len(context.runs) + 1)
        named = dict(zip(numbers, context.names, strict=True))
        select("Run", numbers, settings.run, "grid_search.run", format_func=named.get, width=260)
        if run.optimizer.by_hand() and len(available) > 1:
            select("x-axis", available, settings.x, "grid_search.x", width=180)
            select("y-axis", available, settings.y, "grid_search.y", width=180)
        control("count", settings_of(settings)["count"], settings.count, "grid_search.count", width=150)


def _show(context: Context, result: SweepResult) -> None:
    spec = result.sweep
    context.headline.say(report.sentence(result))
    st.vega_lite_chart(
        chart_spec(grid_chart, result),
        key="grid_search.chart",
        on_select=partial(add_cell, context.actions, spec),
        selection_mode="cell",
        alt=f"Heat map of {' and '.join(spec.axes)}. {report.sentence(result)}",
    )
    st.caption(
        f"Each cell is one run of {format_epochs(spec.run.epochs)}. Cross: failed "
        f"({report.failure_condition(spec.run)}).{report.floor_caption(result)} Click a cell to add it "
        "to your runs."
    )
    with st.expander("Add a cell to your runs"):
        listed = compute_cached(report.best_cells, result)
        cells = {text: spec.method(row) for text, row in listed}
        adder(f"The best {len(cells)} cells", cells, "grid_search.cell", context.actions.add)
    with st.container(horizontal=True):

        def text() -> str:
            best = pd.DataFrame({"best cells": [cell for cell, _ in listed[:MAX_HANDED_IN]]})
            return result_text(context.link, report.sentence(result), best)

        name = context.names[context.settings.run - 1]
        take_along("Take the grid along", text, "grid", spec, [name], context.link)
        download("Grid (CSV)", partial(grid_csv, spec), "grid.csv")


def add_cell(actions: Actions, spec: Sweep) -> None:
    """Add the clicked cell to the comparison."""
    for (row,) in clicked_points("grid_search.chart", "cell", "row"):
        if row in range(spec.size):
            actions.add(spec.method(int(row)))


def grid_chart(result: SweepResult) -> Any:
    """Return the heat map of the final values."""
    axes = result.sweep.axes
    what = "final loss" if result.sweep.run.training.minimum is None else "final gap"
    x, y = axes
    return charts.heat_chart(report.cells(result), (x, y, what), (axes[x].log, axes[y].log))


def grid_csv(spec: Sweep) -> str:
    """Return one row per cell as CSV."""
    return sweep_cached(spec).frame().to_csv(index=False)


GRID = Tab("Grid search", "grid_search", draw, GridSettings, about_runs=False)
