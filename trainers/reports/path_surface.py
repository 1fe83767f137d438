"""The loss over a plane in parameter space."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from contourpy import contour_generator

from trainers.modes import sweep_mode
from trainers.problems import Problem
from trainers.reports.path_plane import Limits, Plane

MAX_RESOLUTION, MIN_RESOLUTION = 120, 32
"""Maximum and minimum number of columns and of rows."""
MAX_COST = 1e8
"""Approximate maximum number of elements computed for a surface."""
MIN_SAMPLES = 200
"""Minimum number of samples used for a surface."""
MAX_CHUNK = 2**20
"""Maximum number of elements per chunk, which bounds memory."""
LEVELS = 11
WIDE_RANGE = 30.0
"""Ratio of the largest to the smallest value above which levels are logarithmic."""


@dataclass(frozen=True, eq=False)
class LossSurface:
    """Gap over a window of the plane, or loss where the minimum is unknown."""

    limits: Limits
    values: Any
    """`(rows, columns)` from the bottom up; NaN where the loss is not finite."""
    log: bool
    quantity: str
    """"gap" or "loss"."""

    @property
    def span(self) -> tuple[float, float]:
        """Smallest and largest value, above 0 on a log scale."""
        usable = self.values[np.isfinite(self.values) & ((self.values > 0) | (not self.log))]
        return (float(usable.min()), float(usable.max())) if usable.size else (0.0, 1.0)

    def normalized(self) -> Any:
        """Return the values scaled to 0 (smallest) to 1 (largest), logarithmically if `log`."""
        low, high = self.span
        within = np.clip(self.values, low, high)  # rounding may leave values at or below 0
        values, ends = (np.log(part) if self.log else part for part in (within, np.array([low, high])))
        return np.clip((values - ends[0]) / ((ends[1] - ends[0]) or 1.0), 0, 1)


def loss_surface(problem: Problem, plane: Plane, limits: Limits) -> LossSurface:
    """Compute the loss in a window of the plane, at the resolution that `MAX_COST` allows."""
    problem, _ = subsample(problem)
    count = int(min(max(math.sqrt(MAX_COST / problem.cost), MIN_RESOLUTION), MAX_RESOLUTION))
    x, y = (torch.linspace(*side, count, dtype=torch.float64) for side in limits)
    points = torch.cartesian_prod(y, x).flip(1)
    dtype = torch.float64 if plane.is_full_space else torch.float32
    parts = points.split(max(MAX_CHUNK // problem.cost, 1))
    with sweep_mode():
        loss = torch.cat([problem.loss(plane.to_params(part).to(dtype)) for part in parts])
    values = problem.gap_or_loss(loss).reshape(count, count).numpy()
    values = np.where(np.isfinite(values), values, np.nan)
    known = problem.minimum is not None
    positive = values[values > 0]
    log = bool(positive.size) and (known or positive.size == np.isfinite(values).sum())
    log = log and float(positive.max()) > WIDE_RANGE * float(np.quantile(positive, 0.02))
    return LossSurface(limits, values, log, "gap" if known else "loss")


def subsample(problem: Problem) -> tuple[Problem, int]:
    """Return the problem on every k-th sample, and k: above 1 only where all samples cost too much."""
    every = min(
        math.ceil(problem.cost * MIN_RESOLUTION**2 / MAX_COST), max(problem.num_samples // MIN_SAMPLES, 1)
    )
    return (problem, 1) if every <= 1 else (problem.subset(slice(None, None, every)), every)


def contour_lines(surface: LossSurface) -> pd.DataFrame:
    """Return lines of equal loss: level, line, order, x, y."""
    shares = surface.normalized()
    if not np.isfinite(shares).any():
        return pd.DataFrame(columns=["level", "line", "order", "x", "y"])
    count, (low, high) = len(shares), surface.span
    x, y = (np.linspace(*side, count) for side in surface.limits)
    lines = contour_generator(x, y, np.ma.masked_invalid(shares))
    parts = []
    for share in np.linspace(0, 1, LEVELS + 2)[1:-1]:
        level = low ** (1 - share) * high**share if surface.log else low + share * (high - low)
        for number, line in enumerate(lines.lines(share)):
            points = np.asarray(line)
            part = {"level": level, "line": f"{share:.3f} {number}", "order": range(len(points))}
            parts.append(pd.DataFrame(part | {"x": points[:, 0], "y": points[:, 1]}))
    columns = ["level", "line", "order", "x", "y"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
