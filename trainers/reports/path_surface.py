"""The loss over a plane in parameter space."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import torch
from contourpy import contour_generator
from torch import Tensor

from trainers.history import History
from trainers.modes import sweep_mode
from trainers.problems import Problem
from trainers.reports.path_plane import Limits, Plane, widened, window

MAX_RESOLUTION, MIN_RESOLUTION = 240, 32
"""Maximum and minimum number of columns and of rows."""
MAX_COST = 1e8
"""Approximate maximum number of elements computed for a surface."""
MIN_SAMPLES = 200
"""Minimum number of samples used for a surface."""
MAX_CHUNK = 2**20
"""Maximum number of elements per chunk, which bounds memory."""
LEVELS = 12
"""Number of contour lines."""
WIDE_RANGE = 30.0
"""Ratio of the largest to the smallest value above which a logarithmic scale is used."""
RANK_WEIGHT = 0.6
"""Weight of a value's rank in its share; the rest is that of its place between smallest and largest value."""


@dataclass(frozen=True, eq=False)
class LossSurface:
    """Gap over a window of the plane, or loss where the minimum is unknown."""

    limits: Limits
    values: Any
    """`(rows, columns)` from the bottom up; NaN where the loss is not finite."""
    log: bool
    quantity: str
    """"gap" or "loss"."""

    @cached_property
    def finite(self) -> Any:
        """The finite values, ascending."""
        return np.sort(self.values[np.isfinite(self.values)])

    @cached_property
    def shares(self) -> Any:
        """Shares of the values, NaN where they are not finite: see `share`."""
        return self.share(self.values)

    def share(self, values: Any) -> Any:
        """Return numbers from 0, for the smallest value, to 1, for the largest; a larger value has more.

        A mix of the rank, by which each band of shares covers about as much area, and of the place between
        the smallest and the largest value, logarithmic if `log`.
        """
        if not self.finite.size:
            return np.full_like(values, np.nan)
        rank = np.searchsorted(self.finite, values) / max(self.finite.size - 1, 1)
        usable = self.finite[self.finite > 0] if self.log else self.finite
        low, high = (np.log(end) if self.log else end for end in (usable[0], usable[-1]))
        within = np.clip(values, usable[0], usable[-1])  # rounding may leave values at or below 0
        place = ((np.log(within) if self.log else within) - low) / ((high - low) or 1.0)
        return np.clip(RANK_WEIGHT * np.minimum(rank, 1) + (1 - RANK_WEIGHT) * place, 0, 1)

    @property
    def bands(self) -> Any:
        """The shares rounded down to the contour lines, from 0 to 1; NaN where the loss is not finite."""
        return np.minimum(np.floor(self.shares * (LEVELS + 1)), LEVELS) / LEVELS

    @cached_property
    def finite_shares(self) -> Any:
        """Shares of the finite values, ascending."""
        return self.share(self.finite)

    def coarse(self, count: int) -> Any:
        """Return `(count, count)` values, near the centers of equal cells."""
        places = np.rint((np.arange(count) + 0.5) / count * (len(self.values) - 1)).astype(int)
        return self.values[np.ix_(places, places)]

    def level(self, share: float) -> float:
        """Return the value that has this share."""
        return float(np.interp(share, self.finite_shares, self.finite))


def loss_surface(problem: Problem, plane: Plane, limits: Limits) -> LossSurface:
    """Compute the loss in a window of the plane, at the resolution that `MAX_COST` allows."""
    problem, _ = subsample(problem)
    count = int(min(max(math.sqrt(MAX_COST / problem.cost), MIN_RESOLUTION), MAX_RESOLUTION))
    x, y = (torch.linspace(*side, count, dtype=torch.float64) for side in limits)
    points = torch.cartesian_prod(y, x).flip(1)
    values = values_at(problem, plane, points).reshape(count, count)
    known = problem.minimum is not None
    positive = values[values > 0]
    log = bool(positive.size) and (known or positive.size == np.isfinite(values).sum())
    log = log and float(positive.max()) > WIDE_RANGE * float(np.quantile(positive, 0.02))
    return LossSurface(limits, values, log, "gap" if known else "loss")


def overview(problem: Problem, plane: Plane, histories: Sequence[History]) -> LossSurface:
    """Compute the loss in the whole window of the runs, wide enough for a map with equal scales."""
    limits = window(plane, problem, histories, "all")
    return loss_surface(problem, plane, widened(limits) if plane.equal_scales else limits)


def values_at(problem: Problem, plane: Plane, points: Tensor) -> Any:
    """Return the gap, or the loss, at points `(rows, 2)` of the plane; NaN where the loss is not finite."""
    dtype = torch.float64 if plane.is_full_space else torch.float32
    parts = points.split(max(MAX_CHUNK // problem.cost, 1))
    with sweep_mode():
        loss = torch.cat([problem.loss(plane.to_params(part).to(dtype)) for part in parts])
    values = problem.gap_or_loss(loss).numpy()
    return np.where(np.isfinite(values), values, np.nan)


def subsample(problem: Problem) -> tuple[Problem, int]:
    """Return the problem on every k-th sample, and k: above 1 only where all samples cost too much."""
    every = min(
        math.ceil(problem.cost * MIN_RESOLUTION**2 / MAX_COST), max(problem.num_samples // MIN_SAMPLES, 1)
    )
    return (problem, 1) if every <= 1 else (problem.subset(slice(None, None, every)), every)


def contour_lines(surface: LossSurface) -> pd.DataFrame:
    """Return lines of equal loss at `LEVELS` shares: level, line, order, x, y."""
    if not surface.finite.size:
        return pd.DataFrame(columns=["level", "line", "order", "x", "y"])
    x, y = (np.linspace(*side, len(surface.values)) for side in surface.limits)
    lines = contour_generator(x, y, np.ma.masked_invalid(surface.shares))
    shares = np.linspace(0, 1, LEVELS + 2)[1:-1]
    found = [(surface.level(share), _thinned(line)) for share in shares for line in lines.lines(share)]
    sizes = [len(line) for _, line in found]
    points = np.concatenate([line for _, line in found]) if found else np.empty((0, 2))
    columns: dict[str, Any] = {
        "level": np.repeat([level for level, _ in found], sizes),
        "line": np.repeat(np.arange(len(found)), sizes),
        "order": np.concatenate([np.arange(size) for size in sizes]) if found else [],
        "x": points[:, 0],
        "y": points[:, 1],
    }
    table = pd.DataFrame(columns)
    short: dict[str, Any] = dict.fromkeys(("line", "order"), "int32")
    for name in ("level", "x", "y"):
        if table[name].abs().max() < np.finfo("float32").max:  # far out they do not fit
            short[name] = "float32"
    return table.astype(short)


def _thinned(line: Any) -> Any:
    """Return every other point of a line `(points, 2)`, and the last: finer than a picture shows."""
    return np.concatenate([line[:-1:2], line[-1:]])
