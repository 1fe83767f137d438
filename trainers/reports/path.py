"""Paths over the loss: the relief of a plane, its iso-lines, and the way of each run."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from trainers.history import History
from trainers.problems import Problem
from trainers.reports.line_clipping import cut, within
from trainers.reports.path_plane import Plane, Sides, minima_in
from trainers.reports.path_surface import thinned_rows
from trainers.reports.thinning import snapshot_epochs
from trainers.words import join_words

POINTS = 300
"""So many points of a path are drawn."""
MOMENTS = 90
FAR = 3.0
"""A path is drawn as far as so many windows away."""
BEYOND = 1e6
"""So many times further away rounding hides where a path came from."""


def paths(histories: Sequence[History], names: Sequence[str], seen: Plane, sides: Sides) -> pd.DataFrame:
    """The way of each run: run, part, epoch, x, y, loss.

    A path that leaves the window is drawn leaving it. What is very far is left out: there the path is cut. It
    goes on as another part if it comes back to stay.
    """
    columns, parts = ["run", "part", "epoch", "x", "y", "loss"], []
    far = [(low - FAR * (high - low), high + FAR * (high - low)) for low, high in sides]
    for history, name in zip(histories, names, strict=True):
        seen_at = [
            epoch for epoch in snapshot_epochs(history.run.epochs, POINTS) if epoch < history.num_recorded
        ]
        kept = (
            sorted({history.row(epoch) for epoch in (*seen_at, history.num_recorded - 1)})
            if history.num_recorded
            else []
        )
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
    remarks = ["Ring: initial point. Dot: the run at this epoch."] if len(table) else []
    if problem.minimizers:
        remarks.append("Star: known minimum.")
    if seen.exact:
        remarks.append("Click the plot to set the initial point.")
    elif len(table):
        remarks.append(
            "Loss in the plane of the paths' first two principal directions "
            f"({100 * seen.held:.0f}% of their variation). The paths are projected onto it."
        )
    if every > 1:
        remarks.append(f"For speed, the surface uses one sample in {every}.")
    gone = left(table, sides)
    if gone:
        remarks.append(f"{join_words(gone)} {'leaves' if len(gone) == 1 else 'leave'} the window.")
    return remarks
