"""A grid of two settings as a table and in words."""

import math
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from trainers.reports.race_scores import FAR
from trainers.run import Run
from trainers.sweeps.axis import Axis
from trainers.sweeps.result import SweepResult
from trainers.words import figure


def ends(result: SweepResult) -> Tensor:
    """`(runs,)`: the final gaps, not below what rounding leaves, or losses; NaN where a run failed."""
    run = result.sweep.run
    above = run.training.above(result.final_loss)
    near = above.where(above <= result.sweep.limit, math.nan)
    return near.clamp(min=rounding(run)) if run.training.minimum is not None else near


def rounding(run: Run) -> float:
    """Gaps up to this are the rounding of the loss."""
    return run.training.rounding(getattr(torch, run.dtype))


def cells(result: SweepResult) -> pd.DataFrame:
    """A rectangle for each run: row, x, x_to, x_at, y, y_to, y_at, value (gap or loss), told."""
    frame = result.frame()
    values = ends(result)
    table: dict[str, Any] = {"row": range(len(frame)), "value": values}
    table["told"] = list(map(_told, values.tolist(), frame["status"]))
    for name, (setting, axis) in zip("xy", result.sweep.axes.items(), strict=True):
        begins, finish = borders(axis)
        place = torch.searchsorted(axis.values(), result.settings[setting])
        table |= {
            name: begins[place].numpy(),
            f"{name}_to": finish[place].numpy(),
            f"{name}_at": frame[setting],
        }
    return pd.DataFrame(table)


def _told(value: float, status: str) -> str:
    """How a run ended, in words."""
    if math.isnan(value):
        return FAR if status == "finished" else status
    return figure(value, 4)


def borders(axis: Axis) -> tuple[Tensor, Tensor]:
    """Where the cells around an axis's values begin and end, half way to their neighbours."""
    half = 0.5 / (axis.count - 1)
    shares = torch.linspace(-half, 1 + half, axis.count + 1, dtype=torch.float64)
    if axis.log:
        low, high = math.log(axis.low), math.log(axis.high)
        edges = torch.exp(low + (high - low) * shares)
    else:
        edges = axis.low + (axis.high - axis.low) * shares
    return edges[:-1], edges[1:]


def verdict(result: SweepResult) -> str:
    """What the grid shows, in words."""
    values = ends(result)
    failed, gone = int(values.isnan().sum()), int((result.diverged_at >= 0).sum())
    if failed == len(values):
        return f"All {_failures(failed, gone, ' runs')}."
    best = values.where(~values.isnan(), math.inf).min()
    first = values == best
    lost = _failures(failed, gone)
    if int(first.sum()) > 1:
        run = result.sweep.run
        near = run.training.minimum is not None and best <= rounding(run)
        what = "found the smallest loss, as near as rounding allows" if near else "ended best, alike"
        return f"{int(first.sum()):,} of {len(values):,} runs {what}; {lost}."
    where = " and ".join(f"{name} {figure(column[first], 4)}" for name, column in result.settings.items())
    what = "loss" if result.sweep.run.training.minimum is None else "gap"
    return f"Of {len(values):,} runs that with {where} ended best, with a {what} of {figure(best)}; {lost}."


def _failures(failed: int, diverged: int, runs: str = "") -> str:
    """How many runs failed, and how many of those diverged."""
    if not failed:
        return "none failed"
    if diverged == failed:
        return f"{failed:,}{runs} diverged"
    return f"{failed:,}{runs} failed, {f'{diverged:,}' if diverged else 'none'} of them diverged"
