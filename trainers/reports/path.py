"""Paths of runs through a plane in parameter space."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch

from trainers.history import History
from trainers.problems import Problem
from trainers.reports.line_clipping import clip_path, meets
from trainers.reports.path_plane import Limits, Plane, minima_in
from trainers.reports.path_surface import subsample, values_at
from trainers.run import snapshot_epochs
from trainers.words import join_words

MAX_POINTS = 300
"""Maximum number of points of a path."""
MAX_SNAPSHOTS = 90
CLIP_WINDOWS = 3.0
"""Paths are clipped to a box that extends this many windows beyond the window."""
DROP_FACTOR = 1e6
"""Points this many times further away are dropped, but for the direction in which the path leaves: rounding
hides where it comes from."""


def paths(
    histories: Sequence[History],
    names: Sequence[str],
    plane: Plane,
    limits: Limits,
    margin: float = CLIP_WINDOWS,
) -> pd.DataFrame:
    """Return the projected path of each run: run, part, epoch, x, y, loss.

    Paths are clipped to a box that extends `margin` windows beyond the window. A path that returns and stays
    gets a new part number.
    """
    columns, parts = ["run", "part", "epoch", "x", "y", "loss"], []
    far = [(low - margin * (high - low), high + margin * (high - low)) for low, high in limits]
    for history, name in zip(histories, names, strict=True):
        epochs_drawn = [
            epoch for epoch in snapshot_epochs(history.run.epochs, MAX_POINTS) if epoch < history.num_recorded
        ]
        kept = (
            sorted({history.row(epoch) for epoch in (*epochs_drawn, history.num_recorded - 1)})
            if history.num_recorded
            else []
        )
        epochs = history.epochs[kept].tolist()
        points = plane.project(history.params[kept]).numpy()
        points = _dropped(points, DROP_FACTOR * float(np.abs(far).max()))
        rows = clip_path(points, np.array(far))
        if len(points) and not meets(points[-1], far):
            rows = [row for row in rows if row[0] == 0]  # else it would oscillate across the window
        part = pd.DataFrame(rows, columns=["part", "row", "x", "y"])
        index = part.pop("row").astype(int)
        loss = history.loss[epochs].double().numpy()
        parts.append(part.assign(run=name, epoch=np.array(epochs, dtype=int)[index], loss=loss[index]))
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _dropped(points: Any, limit: float) -> Any:
    """Return points without those beyond a limit; the first of these stays on its line, at the limit."""
    size = np.abs(points).max(1, initial=0)
    beyond = ~(size <= limit)
    leaving = beyond & ~np.concatenate([[False], beyond[:-1]]) & np.isfinite(size)
    scale = np.where(leaving, limit / np.where(leaving, size, 1.0), 1.0)
    kept = points * scale[:, None]
    kept[beyond & ~leaving] = np.nan
    return kept


def known_minima(problem: Problem, plane: Plane) -> pd.DataFrame:
    """Return the known minima: x, y."""
    return pd.DataFrame(minima_in(plane, problem).numpy(), columns=["x", "y"])


def cells(problem: Problem, plane: Plane, limits: Limits, count: int = 40) -> pd.DataFrame:
    """Return squares around round coordinates: x, x_from, x_to, y, y_from, y_to, loss (or gap)."""
    axes = []
    for low, high in limits:
        step = 10.0 ** math.floor(math.log10((high - low) / count))
        step *= next(k for k in (1, 2, 5, 10) if (high - low) / (step * k) <= count)
        axes.append((step, step * np.arange(math.ceil(low / step), math.floor(high / step) + 1)))
    (dx, xs), (dy, ys) = axes
    x, y = (part.ravel().round(12) for part in np.meshgrid(xs, ys))
    around = {"x_from": x - dx / 2, "x_to": x + dx / 2, "y_from": y - dy / 2, "y_to": y + dy / 2}
    loss = values_at(problem, plane, torch.tensor(np.column_stack([x, y])))
    return pd.DataFrame({"x": x, "y": y} | around | {"loss": loss})


def leaving_runs(table: pd.DataFrame, limits: Limits) -> list[str]:
    """Return the names of the runs whose path leaves the window."""
    (x0, x1), (y0, y1) = limits
    out = ~(table["x"].between(x0, x1) & table["y"].between(y0, y1))
    return list(dict.fromkeys(table.loc[out, "run"]))


def captions(problem: Problem, plane: Plane, table: pd.DataFrame, limits: Limits) -> list[str]:
    """Return the sentences of the caption."""
    every = subsample(problem)[1]
    captions = ["Ring: initial point. Dot: the run at this epoch."] if len(table) else []
    if problem.minimizers:
        captions.append("Star: a local minimum." if problem.minimum is None else "Star: known minimum.")
    if plane.is_full_space:
        captions.append("Click the plot to set the initial point.")
    elif len(table):
        captions.append(
            "Loss in the plane of the paths' first two principal directions "
            f"({100 * plane.explained:.0f}% of their variation). The paths are projected onto it."
        )
    if every > 1:
        captions.append(f"For speed, the surface uses one sample in {every}.")
    leaving = leaving_runs(table, limits)
    if leaving:
        captions.append(f"{join_words(leaving)} {'leaves' if len(leaving) == 1 else 'leave'} the window.")
    return captions
