"""Runs over one hyperparameter: a curve, a path and a final value for each of its values."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor

from trainers.objective import FAILURE_FACTOR
from trainers.optimizers import Optimizer
from trainers.reports.path_plane import Plane
from trainers.run import Method, Task, make_run, runners, snapshot_epochs
from trainers.settings import real_settings, settings_of
from trainers.sweeps.axis import SIGNIFICANT_DIGITS, Axis, default_axis
from trainers.sweeps.cost import work
from trainers.sweeps.spec import Sweep
from trainers.sweeps.training import trajectories
from trainers.ties import tied
from trainers.words import format_epochs, format_number, join_words

COUNTS = (121, 91, 61, 37, 25)
"""Numbers of values, from most to fewest: the more the runs cost, the fewer.

Over `LR_RANGE` each of them includes all powers of ten.
"""
MAX_WORK = 6e7
"""Parameter updates of all runs together, above which there are fewer values."""
MAX_VALUES = 4 * COUNTS[0]
"""Maximum number of values of all optimizers together."""
LR_RANGE = (1e-5, 10.0)
"""Range of learning rates; wider where the optimizers have others."""
MAX_NUMBERS = 10_000_000
"""Maximum number of parameters kept for the paths of one optimizer."""
CURVE_POINTS, PATH_POINTS = 120, 80
"""Maximum number of points of a curve and of a path."""


def variant(method: Method) -> Method:
    """Return the method with the default learning rate and implementation: what counts as the same one."""
    optimizer = method.optimizer
    defaults = {name: setting.default for name, setting in settings_of(optimizer).items() if name == "lr"}
    return replace(method, optimizer=replace(optimizer, **defaults), runner=runners(type(optimizer))[0])


def distinct(methods: Sequence[Method]) -> dict[Method, int]:
    """Return those that differ in more than the learning rate, at the default one, and their first places."""
    places: dict[Method, int] = {}
    for place, method in enumerate(methods):
        if "lr" in sweepable(method.optimizer):
            places.setdefault(variant(method), place)
    return places


def sweepable(optimizer: Optimizer) -> list[str]:
    """Return the hyperparameters that a sweep can replace, and that have an effect."""
    able = real_settings(optimizer) if optimizer.by_hand() else ()
    return [name for name in able if optimizer.is_active(name)]


def value_range(methods: Sequence[Method], name: str) -> Axis:
    """Return the range of a hyperparameter, which holds those of the methods."""
    optimizers = [method.optimizer for method in methods]
    usual = default_axis(real_settings(optimizers[0])[name], 2)
    low, high = LR_RANGE if name == "lr" else (usual.low, usual.high)
    given = [float(getattr(optimizer, name)) for optimizer in optimizers]
    given = [value for value in given if value > 0 or not usual.log]
    return replace(usual, low=min([low, *given]), high=max([high, *given]), digits=SIGNIFICANT_DIGITS)


def sweeps(task: Task, methods: Sequence[Method], name: str, over: Axis) -> list[Sweep]:
    """Return the sweep of each method over the same values, fewer the more the runs cost."""
    runs = [make_run(task, method) for method in methods]
    counts = [count for count in COUNTS if count * len(runs) <= MAX_VALUES]
    made = [[Sweep(run, {name: replace(over, count=count)}, targets=()) for run in runs] for count in counts]
    costs = [sum(map(work, each)) for each in made]
    most = max(MAX_WORK, costs[-1])
    return next(each for each, cost in zip(made, costs, strict=True) if cost <= most)


@dataclass(frozen=True, eq=False)
class ValueRuns:
    """The runs of one optimizer, one for each of the values. Arrays in float64."""

    epochs: Any
    """`(points,)`: epochs of the curves."""
    curves: Any
    """`(values, points)`: gap, or loss where the minimum is unknown; NaN from divergence on."""
    paths: Any
    """`(values, snapshots, 2)`: places in the plane; NaN from divergence on.

    Large problems have no snapshots.
    """
    final: Any
    """`(values,)`: final gap, at least `rounding`, or loss; NaN for a run that diverged."""
    rounding: float = -math.inf
    """Gap up to which a gap is rounding error; minus infinity where the minimum is unknown."""
    dtype: torch.dtype = torch.float64
    """In which the losses were computed."""


def value_runs(sweep: Sweep, plane: Plane, on_progress: Callable[[float], Any] | None = None) -> ValueRuns:
    """Train all runs of a sweep, and reduce them to what a picture shows."""
    problem = sweep.run.training
    kept = snapshot_epochs(sweep.run.epochs, PATH_POINTS)
    if len(kept) * problem.num_params * sweep.size > MAX_NUMBERS:
        kept = []
    found = trajectories(sweep, kept, on_progress=on_progress)
    values = problem.gap_or_loss(found.losses)
    epochs, curves = envelope(values, CURVE_POINTS)
    paths = np.full((sweep.size, len(kept), 2), np.nan)
    for place, params in enumerate(found.params):
        paths[:, place] = plane.project(params.T).numpy()
    paths[found.losses[list(kept)].isnan().T.numpy()] = np.nan
    known = problem.minimum is not None
    dtype: torch.dtype = getattr(torch, sweep.run.dtype)
    rounding = problem.rounding(dtype) if known else -math.inf
    final = values[-1].double().clamp(min=rounding)
    return ValueRuns(epochs, curves.T.numpy(), paths, final.numpy(), rounding, dtype)


def memory(sweep: Sweep) -> float:
    """Estimated bytes while the runs of a sweep are reduced: their losses, and these as gaps in float64."""
    return 20.0 * (sweep.run.epochs + 1) * sweep.size


def nearest(values: Sequence[float], value: float) -> int:
    """Return the place of the nearest among ascending values, by ratio if all are positive."""
    ratio = values[0] > 0
    at = [math.log(max(each, values[0])) if ratio else each for each in (value, *values)]
    return min(range(len(values)), key=lambda place: abs(at[place + 1] - at[0]))


def caption(sweep: Sweep, name: str) -> str:
    """Return what the picture shows."""
    count, minimum = sweep.size, sweep.run.training.minimum
    fewer = f" Comparisons that cost less get up to {COUNTS[0]} values." if count < COUNTS[0] else ""
    return (
        f"{count} values of {name}, at each a run of {format_epochs(sweep.run.epochs)}. The strip above the "
        f"slider shows how each one ends; a line leaves it at the top where runs fail (✕): they diverge, or "
        f"end with more than {FAILURE_FACTOR}× the first {'loss' if minimum is None else 'gap'}.{fewer}"
    )


def envelope(values: Tensor, most: int) -> tuple[Any, Tensor]:
    """Return epochs and values `(points, runs)` of curves `(epochs + 1, runs)`: first, last, and extremes.

    Where there are more than `most` epochs, minimum and maximum of each of many intervals stand for it, in
    the order in which they occurred.
    """
    last = len(values) - 1
    if last < most:
        return np.arange(last + 1), values
    edges = np.linspace(1, last, most // 2).round().astype(int)
    epochs, points = [0], [values[0]]
    for start, end in pairwise(edges):
        part = values[start:end]
        low, high = part.nan_to_num(torch.inf).min(0), part.nan_to_num(-torch.inf).max(0)
        rising = low.indices <= high.indices
        pair = [side.values.where(side.values.isfinite(), torch.nan) for side in (low, high)]
        epochs += [start + (end - start) // 4, start + 3 * (end - start) // 4]
        points += [pair[0].where(rising, pair[1]), pair[1].where(rising, pair[0])]
    return np.array([*epochs, last]), torch.stack([*points, values[-1]])


def sentence(labels: Sequence[str], runs: Sequence[ValueRuns], values: Tensor, name: str, known: bool) -> str:
    """Summarize which optimizer ends lowest at how many values, or which values are best for a single one."""
    final, what = np.stack([each.final for each in runs]), "gap" if known else "loss"
    ended = np.isfinite(final)
    if not ended.any():
        return f"Every run diverged, at each of {len(values)} values of {name}."
    lowest = np.where(ended, final, np.inf)
    best = int(lowest.min(1).argmin())
    least = f"{_end(lowest[best].min(), runs[best])} at {name} {_range(lowest[best], values, runs[best])}"
    if len(labels) == 1:
        return f"Lowest final {what}: {least}.{_diverged(ended[0], values, name)}"
    wins = (_tied(lowest, lowest.min(0), runs[0]) & ended).sum(1)
    order = sorted(range(len(labels)), key=lambda place: -wins[place])
    counts = [f"{labels[k]} at {wins[k]}" for k in order if wins[k]]
    first, *others = counts
    told = join_words([f"{first} of {len(values)} learning rates", *others])
    ties = " (ties count for each)" if wins.sum() > ended.any(0).sum() else ""
    equal = [k for k in range(len(labels)) if _tied(lowest[k].min(), lowest[best].min(), runs[k])]
    if len(equal) == 1:
        return f"Lowest final {what}: {told}{ties}. The lowest of all: {least}, by {labels[best]}."
    where = join_words([f"{labels[k]} at {name} {_range(lowest[k], values, runs[k])}" for k in equal])
    end = _end(lowest[best].min(), runs[best])
    return f"Lowest final {what}: {told}{ties}. The lowest of all, {end}: {where}."


def _tied(ours: Any, theirs: Any, runs: ValueRuns) -> Any:
    """Return whether final gaps or losses differ by rounding alone."""
    floor = max(runs.rounding, 0.0)
    return tied(torch.as_tensor(ours), torch.as_tensor(theirs), floor, runs.dtype).numpy()


def _end(value: float, runs: ValueRuns) -> str:
    return "0 (rounding)" if value <= runs.rounding else format_number(value)


def _range(lowest: Any, values: Tensor, runs: ValueRuns) -> str:
    """Return at which values it is lowest: one, from one to another, or the first of several."""
    places = np.flatnonzero(_tied(lowest, lowest.min(), runs))
    first, last = (format_number(float(values[int(k)]), SIGNIFICANT_DIGITS) for k in (places[0], places[-1]))
    if len(places) == 1:
        return first
    joined = places[-1] - places[0] + 1 == len(places)
    return f"{first} to {last}" if joined else f"{first} and {len(places) - 1} more"


def _diverged(ended: Any, values: Tensor, name: str) -> str:
    """Return the sentence about the values at which a run diverged, "" if none did."""
    gone = np.flatnonzero(~ended)
    if not len(gone):
        return ""
    if gone[-1] - gone[0] + 1 == len(gone) and gone[-1] == len(ended) - 1:
        return (
            f" It diverged from {name} {format_number(float(values[int(gone[0])]), SIGNIFICANT_DIGITS)} on."
        )
    return f" It diverged at {len(gone)} of {len(ended)} values."
