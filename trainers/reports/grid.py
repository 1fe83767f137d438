"""A grid search over two hyperparameters as a table and as a sentence."""

import math
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from trainers.objective import FAILURE_FACTOR
from trainers.reports.race_scores import NOT_DIVERGED, loss_or_gap, rounding_caption
from trainers.run import Run
from trainers.sweeps.axis import Axis
from trainers.sweeps.result import SweepResult
from trainers.ties import tied
from trainers.words import format_number

MAX_LISTED = 100
"""Maximum number of runs in a list."""


def final_values(result: SweepResult) -> Tensor:
    """Return the final gaps, at least the rounding error, or losses `(runs,)`; NaN where a run failed."""
    run = result.sweep.run
    above = result.sweep.gap_or_loss(result.final_loss)
    near = above.where(above <= result.sweep.limit, math.nan)
    return near.clamp(min=result.sweep.rounding) if run.training.minimum is not None else near


def floor_caption(result: SweepResult) -> str:
    """Return a sentence on the value that stands for gaps within rounding error; "" if there are none."""
    values = pd.Series(final_values(result).numpy())
    return rounding_caption(values, result.sweep.rounding, "are shown as")


def cells(result: SweepResult) -> pd.DataFrame:
    """Return a rectangle per run: row, x, x_to, x_at, y, y_to, y_at, value (gap or loss), label (text)."""
    frame = result.frame()
    values = final_values(result)
    table: dict[str, Any] = {"row": range(len(frame)), "value": values}
    table["label"] = list(map(_label, values.tolist(), frame["status"]))
    for name, (setting, axis) in zip("xy", result.sweep.axes.items(), strict=True):
        lower, upper = cell_edges(axis)
        place = torch.searchsorted(axis.values(), result.settings[setting])
        table |= {
            name: lower[place].numpy(),
            f"{name}_to": upper[place].numpy(),
            f"{name}_at": frame[setting],
        }
    return pd.DataFrame(table)


def best_cells(result: SweepResult) -> list[tuple[str, int]]:
    """Return text and row of at most `MAX_LISTED` runs, those that ended lowest first."""
    values = final_values(result).nan_to_num(math.inf)
    listed = []
    for row in values.argsort(stable=True)[:MAX_LISTED].tolist():
        settings = " · ".join(
            f"{name} {format_number(column[row], 4)}" for name, column in result.settings.items()
        )
        listed.append((f"{settings}: {_label(float(values[row]), 'failed')}", row))
    return listed


def _label(value: float, status: str) -> str:
    """Return the final value of a run as text, or how it failed."""
    if not math.isfinite(value):
        return NOT_DIVERGED if status == "finished" else status
    return format_number(value, 4)


def cell_edges(axis: Axis) -> tuple[Tensor, Tensor]:
    """Return the lower and the upper edges of an axis's cells, `(count,)` each, midway between values."""
    half = 0.5 / (axis.count - 1)
    edges = axis.interpolate(torch.linspace(-half, 1 + half, axis.count + 1, dtype=torch.float64))
    return edges[:-1], edges[1:]


def failure_condition(run: Run) -> str:
    """Return when a run counts as failed; see `Sweep.limit`."""
    value = loss_or_gap(run.training)
    return f"diverged, or final {value} more than {FAILURE_FACTOR}× the initial {value}"


def sentence(result: SweepResult) -> str:
    """Summarize the grid: the best runs, and how many failed."""
    values, run = final_values(result), result.sweep.run
    failed, diverged = int(values.isnan().sum()), int((result.diverged_at >= 0).sum())
    if failed == len(values):
        return f"All {_failures(failed, diverged, ' runs')}."
    best = values.where(~values.isnan(), math.inf).min()
    exact = run.training.minimum is not None and bool(best <= result.sweep.rounding)
    tie = tied(values, best, result.sweep.rounding, getattr(torch, run.dtype))
    first = values <= result.sweep.rounding if exact else tie
    failures = _failures(failed, diverged)
    what = f"final {loss_or_gap(run.training)}"
    if int(first.sum()) > 1:
        best_of_all = f"tie for best, with a {what} of {format_number(best)}"
        end = "reach the minimum to within rounding error" if exact else best_of_all
        return f"{int(first.sum()):,} of {len(values):,} runs {end}; {failures}."
    settings = " and ".join(
        f"{name} {format_number(column[first], 4)}" for name, column in result.settings.items()
    )
    return f"Best of {len(values):,} runs: {settings} ({what} {format_number(best)}); {failures}."


def _failures(failed: int, diverged: int, runs: str = "") -> str:
    """Return how many runs failed, and how many of those diverged, as text."""
    if not failed:
        return "none failed"
    if diverged == failed:
        return f"{failed:,}{runs} diverged"
    return f"{failed:,}{runs} failed, {f'{diverged:,}' if diverged else 'none'} of them diverged"
