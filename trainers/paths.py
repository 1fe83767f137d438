"""Paths over the loss: the relief of a plane, its iso-lines, and the way of each run."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from contourpy import contour_generator

from trainers.history import History
from trainers.modes import sweep_mode
from trainers.planes import Plane, Sides, minima_in
from trainers.problems import Problem
from trainers.tables import moments
from trainers.words import listed

FINEST, COARSEST = 120, 32
"""The most and the fewest columns and rows of a relief."""
WORK = 1e8
"""About how many numbers a relief may go through."""
FEWEST = 200
"""A relief looks at no fewer rows than these."""
ROOM = 2**20
"""How many numbers are gone through at once."""
LEVELS = 11
POINTS = 300
"""So many points of a path are drawn."""
MOMENTS = 90
FAR = 3.0
"""A path is drawn as far as so many windows away."""
BEYOND = 1e6
"""So many times further away rounding hides where a path came from."""
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
    count = int(min(max(math.sqrt(WORK / problem.load), COARSEST), FINEST))
    x, y = (torch.linspace(*side, count, dtype=torch.float64) for side in sides)
    points = torch.cartesian_prod(y, x).flip(1)
    dtype = torch.float64 if seen.exact else torch.float32
    parts = points.split(max(ROOM // problem.load, 1))
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
    every = min(math.ceil(problem.load * COARSEST**2 / WORK), max(problem.count // FEWEST, 1))
    return (problem, 1) if every <= 1 else (problem.rows(slice(None, None, every)), every)


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


def paths(histories: Sequence[History], names: Sequence[str], seen: Plane, sides: Sides) -> pd.DataFrame:
    """The way of each run: run, part, epoch, x, y, loss.

    A path that leaves the window is drawn leaving it. What is very far is left out: there the path is cut. It
    goes on as another part if it comes back to stay.
    """
    columns, parts = ["run", "part", "epoch", "x", "y", "loss"], []
    far = [(low - FAR * (high - low), high + FAR * (high - low)) for low, high in sides]
    for history, name in zip(histories, names, strict=True):
        seen_at = [epoch for epoch in moments(history.run.epochs, POINTS) if epoch < history.rows]
        kept = sorted({history.row(epoch) for epoch in (*seen_at, history.rows - 1)}) if history.rows else []
        epochs = history.epochs[kept].tolist()
        points = seen.project(history.params[kept]).numpy()
        points[(np.abs(points) > BEYOND * np.abs(far).max()).any(1)] = np.nan
        rows = cut(points, np.array(far))
        if len(points) and within(points[-1], points[-1], far) is None:
            rows = [row for row in rows if row[0] == 0]  # else it would swing across the window for ever
        part = pd.DataFrame(rows, columns=["part", "row", "x", "y"])
        index = part.pop("row").astype(int)
        loss = history.loss[epochs].double().numpy()
        parts.append(part.assign(run=name, epoch=np.array(epochs, dtype=int)[index], loss=loss[index]))
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def cut(points: Any, far: Any) -> list[tuple[int, int, float, float]]:
    """The way along points `(rows, 2)` within a box `(2, 2)`, as part, row, x, y.

    What leads out of the box is cut at its border along its own direction; what returns is another part.
    """
    found: list[tuple[int, int, float, float]] = []
    part, joined = 0, False
    for row in range(len(points)):
        before = points[max(row - 1, 0)]
        shares = within(before, points[row], far)
        if shares is None:
            joined = False
            continue
        enter, leave = shares
        if not joined or enter > 0:
            part += bool(found)
            found.append((part, max(row - 1, 0), *along(before, points[row], enter)))
        if row:
            found.append((part, row, *along(before, points[row], leave)))
        joined = leave == 1
    return found


def within(here: Any, there: Any, box: Any) -> tuple[float, float] | None:
    """From which to which share of the way from here to there lies in the box; None where nothing does.

    Source: Y.-D. Liang and B. Barsky 1984, "A new concept and method for line clipping".
    """
    if not (np.isfinite(here).all() and np.isfinite(there).all()):
        return None
    enter, leave = 0.0, 1.0
    for start, step, (low, high) in zip(here, there - here, box, strict=True):
        if step == 0:
            if not low <= start <= high:
                return None
            continue
        ends = sorted(((low - start) / step, (high - start) / step))
        enter, leave = max(enter, ends[0]), min(leave, ends[1])
    return (float(enter), float(leave)) if enter <= leave else None


def along(here: Any, there: Any, share: float) -> tuple[float, float]:
    """The point at this share of the way; the ends exactly."""
    x, y = there if share == 1 else here + (there - here) * share
    return float(x), float(y)


def places(problem: Problem, seen: Plane) -> pd.DataFrame:
    """The known minima: x, y."""
    return pd.DataFrame(minima_in(seen, problem).numpy(), columns=["x", "y"])


def cells(sides: Sides, count: int = 40) -> pd.DataFrame:
    """Squares around round coordinates, to be clicked: x, x_from, x_to, y, y_from, y_to."""
    axes = []
    for low, high in sides:
        step = 10.0 ** math.floor(math.log10((high - low) / count))
        step *= next(k for k in (1, 2, 5, 10) if (high - low) / (step * k) <= count)
        axes.append((step, step * np.arange(math.ceil(low / step), math.floor(high / step) + 1)))
    (dx, xs), (dy, ys) = axes
    x, y = (part.ravel().round(12) for part in np.meshgrid(xs, ys))
    around = {"x_from": x - dx / 2, "x_to": x + dx / 2, "y_from": y - dy / 2, "y_to": y + dy / 2}
    return pd.DataFrame({"x": x, "y": y} | around)


def left(table: pd.DataFrame, sides: Sides) -> list[str]:
    """The runs whose path leaves the window."""
    (x0, x1), (y0, y1) = sides
    out = ~(table["x"].between(x0, x1) & table["y"].between(y0, y1))
    return list(dict.fromkeys(table.loc[out, "run"]))


def remarks(problem: Problem, seen: Plane, table: pd.DataFrame, sides: Sides) -> list[str]:
    """What the reader of the map must know."""
    every = thinned_rows(problem)[1]
    remarks = ["Ring: the start. Dot: the run at this epoch."] if len(table) else []
    if problem.minima:
        remarks.append("Star: a known minimum.")
    if seen.exact:
        remarks.append("Click anywhere to begin there.")
    elif len(table):
        share = f"{100 * seen.held:.0f} %"
        remarks.append(
            f"The plane of the two directions in which paths extend most holds {share} of their movement. "
            "The map is the loss in this plane; the paths, seen from above, may lie off it."
        )
    if every > 1:
        remarks.append(f"To be quick, the map looks at one row in {every}.")
    gone = left(table, sides)
    if gone:
        remarks.append(f"{listed(gone)} {'leaves' if len(gone) == 1 else 'leave'} the window.")
    return remarks
