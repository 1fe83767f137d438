"""The tab Grid: two settings of one optimizer at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

import streamlit as st

from dashboard.context import MOST_RUNS, Actions, Context, Tab, TabSettings
from dashboard.widgets import control, download, picked, select
from dashboard.work import confirmed, drawn, run_with_progress, swept
from trainers import Run, Sweep, charts
from trainers.optimizers import OPTIMIZERS, Optimizer
from trainers.reports import grid as report
from trainers.reports.race_scores import FAILED
from trainers.run import Method, Task
from trainers.settings import SettingError, choice, integer, real_settings, settings_of
from trainers.sweeps.axis import Axis, default_axis
from trainers.sweeps.result import SweepResult

REALS = tuple(dict.fromkeys(name for kind in OPTIMIZERS.values() for name in real_settings(kind)))


@dataclass(frozen=True, kw_only=True)
class GridSettings(TabSettings):
    """Which two settings of which run, and how finely."""

    run: int = integer(1, 1, MOST_RUNS, help="The run whose optimizer is looked at.", label="Run")
    x: str = choice("lr", REALS, help="The setting from left to right.", label="x-axis")
    y: str = choice("momentum", REALS, help="The setting from bottom to top.", label="y-axis")
    count: int = integer(32, 2, 100, help="How many values of each.", label="Values per axis")

    def axes(self, optimizer: Optimizer) -> dict[str, Axis]:
        """The two axes for this optimizer, those asked for if it has them; `SettingError` without two."""
        able = real_settings(optimizer)
        if not optimizer.by_hand() or len(able) < 2:
            name = type(optimizer).__name__
            raise SettingError("grid", f"needs a rule by hand with two settings; {name} has not")
        x = self.x if self.x in able else next(iter(able))
        others = [name for name in able if name != x]
        y = self.y if self.y in others else others[0]
        return {name: default_axis(able[name], self.count) for name in (x, y)}

    def fitted(self, task: Task, methods: Sequence[Method]) -> Self:
        """The grid of a run that there is, with settings that its optimizer has in place of others."""
        grid = replace(self, run=min(self.run, max(len(methods), 1)))
        try:
            x, y = grid.axes(methods[grid.run - 1].optimizer)
        except (SettingError, IndexError):
            return grid
        return replace(grid, x=x, y=y)

    def sweep(self, run: Run) -> Sweep:
        """A run for each pair of values."""
        return Sweep(run, self.axes(run.optimizer), targets=())


def draw(context: Context) -> None:
    settings, headline = context.settings, context.headline
    if not context.runs:
        headline.say("Add a run to see two of its settings at once.")
        return
    run = context.runs[settings.run - 1]
    _controls(context, settings, run)
    try:
        spec = settings.sweep(run)
    except SettingError as error:
        headline.say(f"No grid: {error}.")
        return
    if confirmed(headline, spec, [spec], f"{spec.size:,} runs of {run.epochs:,} epochs"):
        _show(context, run_with_progress(swept, spec, headline, f"Training {spec.size:,} runs"))


def _controls(context: Context, settings: GridSettings, run: Run) -> None:
    able = list(real_settings(run.optimizer))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        numbers = range(1, len(context.runs) + 1)
        named = dict(zip(numbers, context.names, strict=True))
        select("Run", numbers, settings.run, "grid.run", format_func=named.get, width=260)
        if len(able) > 1:
            select("x-axis", able, settings.x, "grid.x", width=180)
            select("y-axis", able, settings.y, "grid.y", width=180)
        control("count", settings_of(settings)["count"], settings.count, "grid.count", width=150)


def _show(context: Context, result: SweepResult) -> None:
    spec = result.sweep
    context.headline.say(report.verdict(result))
    st.vega_lite_chart(
        drawn(grid_chart, result),
        key="grid.chart",
        on_select=partial(add_cell, context.actions, spec),
        selection_mode="cell",
        alt=f"Heat map of {' and '.join(spec.axes)}. {report.verdict(result)}",
    )
    st.caption(
        f"Each cell is one run of {spec.run.epochs:,} epochs. Cross: failed, that is, {FAILED}. "
        "Click a cell to add it to the comparison."
    )
    download("Grid (CSV)", partial(grid_csv, spec), "grid.csv")


def add_cell(actions: Actions, spec: Sweep) -> None:
    """Add the cell that was clicked in the chart."""
    for (row,) in picked("grid.chart", "cell", "row"):
        if row in range(spec.size):
            actions.add(spec.optimizer(int(row)))


def grid_chart(result: SweepResult) -> Any:
    """How each pair of values ended."""
    axes = result.sweep.axes
    what = "final loss" if result.sweep.run.training.minimum is None else "final gap"
    x, y = axes
    return charts.heat_chart(report.cells(result), (x, y, what), (axes[x].log, axes[y].log))


def grid_csv(spec: Sweep) -> str:
    """All cells, a row each."""
    return swept(spec).frame().to_csv(index=False)


GRID = Tab("Grid", draw, GridSettings, about_runs=False)
