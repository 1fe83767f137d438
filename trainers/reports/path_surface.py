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
from trainers.reports.path_plane import Plane, Sides

FINEST, COARSEST = 120, 32
"""The most and the fewest columns and rows of a relief."""
WORK = 1e8
"""About how many numbers a relief may go through."""
FEWEST = 200
"""A relief looks at no fewer rows than these."""
ROOM = 2**20
"""How many numbers are gone through at once."""
LEVELS = 11
WIDE_RANGE = 30.0
"""From this ratio on between the largest and the smallest value the levels are logarithmic."""


@dataclass(frozen=True, eq=False)
class Relief:
    """The loss over a window: the gap to the smallest loss where that is known."""

    sides: Sides
    values: Any
    """An array `(rows, columns)` from the bottom up; NaN where the loss is not finite."""
    log: bool
    what: str
    """What the values are: gap or loss."""
    every: int = 1
    """They are those of every so-manieth row of the data."""

    @property
    def span(self) -> tuple[float, float]:
        """The least and the largest value, on a log scale above 0."""
        usable = self.values[np.isfinite(self.values) & ((self.values > 0) | (not self.log))]
        return (float(usable.min()), float(usable.max())) if usable.size else (0.0, 1.0)

    def shares(self) -> Any:
        """The values on the way from the least, 0, to the largest, 1; as the colours are."""
        low, high = self.span
        within = np.clip(self.values, low, high)  # what rounding leaves at or below 0 has no logarithm
        values, ends = (np.log(part) if self.log else part for part in (within, np.array([low, high])))
        return np.clip((values - ends[0]) / ((ends[1] - ends[0]) or 1.0), 0, 1)


def relief(problem: Problem, seen: Plane, sides: Sides) -> Relief:
    """The loss in a window of the plane, as finely as there is time for."""
    problem, every = thinned_rows(problem)
    count = int(min(max(math.sqrt(WORK / problem.cost), COARSEST), FINEST))
    x, y = (torch.linspace(*side, count, dtype=torch.float64) for side in sides)
    points = torch.cartesian_prod(y, x).flip(1)
    dtype = torch.float64 if seen.exact else torch.float32
    parts = points.split(max(ROOM // problem.cost, 1))
    with sweep_mode():
        loss = torch.cat([problem.loss(seen.lift(part).to(dtype)) for part in parts])
    values = problem.above(loss).reshape(count, count).numpy()
    values = np.where(np.isfinite(values), values, np.nan)
    known = problem.minimum is not None
    positive = values[values > 0]
    log = bool(positive.size) and (known or positive.size == np.isfinite(values).sum())
    log = log and float(positive.max()) > WIDE_RANGE * float(np.quantile(positive, 0.02))
    return Relief(sides, values, log, "gap" if known else "loss", every)


def thinned_rows(problem: Problem) -> tuple[Problem, int]:
    """The problem on every k-th row of its data, and k: 1 unless a coarse relief of all would take long."""
    every = min(math.ceil(problem.cost * COARSEST**2 / WORK), max(problem.num_samples // FEWEST, 1))
    return (problem, 1) if every <= 1 else (problem.subset(slice(None, None, every)), every)


def isolines(seen: Relief) -> pd.DataFrame:
    """Lines of equal loss: level, line, order, x, y."""
    shares = seen.shares()
    if not np.isfinite(shares).any():
        return pd.DataFrame(columns=["level", "line", "order", "x", "y"])
    count, (low, high) = len(shares), seen.span
    x, y = (np.linspace(*side, count) for side in seen.sides)
    lines = contour_generator(x, y, np.ma.masked_invalid(shares))
    parts = []
    for share in np.linspace(0, 1, LEVELS + 2)[1:-1]:
        level = low ** (1 - share) * high**share if seen.log else low + share * (high - low)
        for number, line in enumerate(lines.lines(share)):
            points = np.asarray(line)
            part = {"level": level, "line": f"{share:.3f} {number}", "order": range(len(points))}
            parts.append(pd.DataFrame(part | {"x": points[:, 0], "y": points[:, 1]}))
    columns = ["level", "line", "order", "x", "y"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
