"""What the slider over a hyperparameter shows: a map with paths, curves, and a strip of final values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dashboard.components.rate.payload import digest, quantized
from dashboard.work import Histories, value_runs_cached
from trainers import charts
from trainers.charts import Style
from trainers.history import History
from trainers.reports import path as path_report
from trainers.reports import path_surface
from trainers.reports.loss import Y_TITLES
from trainers.reports.path_plane import Plane, fit_plane
from trainers.reports.rate import PATH_POINTS, ValueRuns
from trainers.run import Run, snapshot_epochs
from trainers.sweeps.axis import Axis
from trainers.sweeps.spec import Sweep

ABOVE, BELOW = 10.0, 1e-12
"""Range of a log y-axis, relative to the first value."""
MARGIN = 0.03
"""Margin of the y-axis as a fraction of it."""
OUTSIDE = 3.0
"""How far outside the map paths are stored, in multiples of its size."""


@dataclass(frozen=True, eq=False)
class Content:
    """Header and arrays of the component's data, and a digest of both."""

    header: dict[str, Any]
    arrays: dict[str, Any]
    digest: str


def cached_content(
    histories: Histories, sweeps: Sequence[Sweep], style: Style, target: float, height: int
) -> Content:
    """Return the content for sweeps that were trained before."""
    runs = [value_runs_cached(histories, sweep) for sweep in sweeps]
    return content(histories, runs, sweeps[0], style, target, height)


def content(
    histories: Sequence[History],
    runs: Sequence[ValueRuns],
    sweep: Sweep,
    style: Style,
    target: float,
    height: int,
) -> Content:
    """Return the picture of runs over the values of a sweep, on the plane of the histories."""
    ((name, axis),), task = sweep.axes.items(), sweep.run
    known = task.training.minimum is not None
    y, stored = _y_axis(runs, known)
    log = y["log"]
    curves = np.stack([each.curves for each in runs])
    values = axis.values()
    header = {
        "names": style.names,
        "colors": style.colors,
        "parameter": name,
        "values": values.tolist(),
        "marks": _marks(axis),
        "epochs": task.epochs,
        "what": "gap" if known else "loss",
        "y": y | {"title": Y_TITLES["gap" if known else "loss"], "stored": stored},
        "strip": y["domain"],
        "target": target if known else None,
        "rounding": runs[0].rounding if known else None,
        "limit": sweep.limit if np.isfinite(sweep.limit) else None,
        "height": height,
        "map": None,
    }
    with np.errstate(divide="ignore"):
        shown = np.log10(np.maximum(curves, 0)) if log else curves
    arrays = {
        "epochs": runs[0].epochs.astype("int32"),
        "curves": quantized(shown, *stored),
        "final": np.stack([each.final for each in runs]),
    }
    if runs[0].paths.shape[1]:
        plane = fit_plane(task.training, histories)
        header["map"], more = _map(histories, runs, plane, task)
        arrays |= more
    return Content(header, arrays, digest(header, arrays))


def _y_axis(runs: Sequence[ValueRuns], known: bool) -> tuple[dict[str, Any], list[float]]:
    """Return range, kind and ticks of the y-axis, and the range within which curves are stored.

    Ranges are in powers of ten if it is logarithmic.
    """
    curves = np.concatenate([each.curves.ravel() for each in runs])
    finite = curves[np.isfinite(curves)]
    if not finite.size:
        return {"domain": [0.0, 1.0], "log": False, "ticks": [0.0, 1.0]}, [0.0, 1.0]
    first = float(runs[0].curves[0, 0])
    positive = finite[finite > 0]
    log = bool(positive.size) and first > 0 and (known or positive.size == finite.size)
    if log:
        low = max(float(positive.min()), first * BELOW)
        ends = np.log10([low, first * ABOVE])
    else:
        low = float(finite.min())
        ends = np.array([low, first + ((first - low) or 1.0) / 2])
    margin = MARGIN * (ends[1] - ends[0])
    low, high = float(ends[0] - margin), float(ends[1])
    marked = charts.ticks([10.0**low, 10.0**high] if log else [low, high], log)
    return {"domain": [low, high], "log": log, "ticks": marked}, [low - 1, high + 2 * (high - low)]


def _marks(axis: Axis) -> list[tuple[float, float]]:
    """Return places, counted in values, and values of the ticks of the slider."""
    place = (lambda value: np.log(value)) if axis.log else float
    low, high = place(axis.low), place(axis.high)
    marked = charts.ticks([axis.low, axis.high], axis.log)
    return [((axis.count - 1) * (place(value) - low) / (high - low), value) for value in marked]


def _map(
    histories: Sequence[History], runs: Sequence[ValueRuns], plane: Plane, task: Run
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and arrays of the map."""
    surface = path_surface.overview(task.training, plane, histories)
    lines = path_surface.contour_lines(surface)
    stored = [_around(side) for side in surface.limits]
    paths = cut_off(np.stack([each.paths for each in runs]), np.array(stored))
    header = {
        "image": charts.map_image(surface.bands),
        "x": surface.limits[0],
        "y": surface.limits[1],
        "storedX": stored[0],
        "storedY": stored[1],
        "names": plane.names,
        "equal": plane.equal_scales,
        "minima": path_report.known_minima(task.training, plane).to_numpy().tolist(),
    }
    arrays = {
        "snapshots": np.array(snapshot_epochs(task.epochs, PATH_POINTS), dtype="int32"),
        "paths": np.stack([quantized(paths[..., k], *stored[k]) for k in range(2)], axis=-1),
        "lines": lines[["x", "y"]].to_numpy().astype("float32"),
        "breaks": _breaks(lines),
    }
    return header, arrays


def cut_off(paths: Any, box: Any) -> Any:
    """Return paths `(..., points, 2)` that end where they first leave a box `(2, 2)`, on its edge."""
    low, high = box[:, 0], box[:, 1]
    inside = ((paths >= low) & (paths <= high)).all(-1)
    stays = np.logical_and.accumulate(inside, axis=-1)
    leaves = ~stays
    leaves[..., 1:] &= stays[..., :-1]
    before = np.concatenate([paths[..., :1, :], paths[..., :-1, :]], axis=-2)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        step = paths - before
        shares = np.where(step > 0, (high - before) / step, np.where(step < 0, (low - before) / step, np.inf))
        edge = before + step * np.clip(shares.min(-1, keepdims=True), 0, 1)
    shown = np.where(stays[..., None], paths, np.nan)
    return np.where(leaves[..., None] & np.isfinite(edge), edge, shown)


def _around(side: tuple[float, float]) -> tuple[float, float]:
    low, high = side
    return low - OUTSIDE * (high - low), high + OUTSIDE * (high - low)


def _breaks(lines: pd.DataFrame) -> Any:
    """Return the rows at which the contour lines begin, and the number of rows."""
    number = lines["line"].to_numpy()
    return np.append(np.flatnonzero(np.diff(number, prepend=-1)), len(number)).astype("int32")
