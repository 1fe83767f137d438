"""The plane in parameter space in which paths are drawn, and its visible window."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from trainers.history import History
from trainers.problems import Problem

SAMPLES = 60
"""Number of points of each path used for the principal directions."""
ALL_MARGIN, PATHS_MARGIN = 0.15, 0.05
"""Margins of a window as fractions of its content: of the whole, and of the paths."""
MAX_ASPECT = 1.6
"""Maximum ratio of the sides of a map with equal scales."""
MIN_ZOOM = 1e-3
"""Minimum size of a close-up as a fraction of the whole."""
Zoom = Literal["all", "paths", "minimum"]
Limits = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, eq=False)
class Plane:
    """A plane in parameter space: two parameters, or two principal directions. All float64."""

    origin: Tensor
    """`(n,)`"""
    directions: Tensor
    """`(2, n)`, orthonormal."""
    names: tuple[str, str]
    explained: float = 1.0
    """Fraction of the paths' variation in the plane."""

    def project(self, params: Tensor) -> Tensor:
        """Return the coordinates `(rows, 2)` of parameters `(rows, n)`."""
        plane: Tensor = (params.double() - self.origin) @ self.directions.T
        return plane

    def to_params(self, points: Tensor) -> Tensor:
        """Return the parameters `(n, rows)` at points `(rows, 2)` of the plane."""
        return self.origin[:, None] + self.directions.T @ points.T

    equal_scales: bool = True
    """Whether its two coordinates have the same unit."""

    @property
    def is_full_space(self) -> bool:
        """Whether the plane is the whole parameter space."""
        return self.directions.shape[1] == 2


def fit_plane(problem: Problem, histories: Sequence[History]) -> Plane:
    """Return the plane of the two parameters, or of the first two principal directions of the paths.

    The principal directions are those of all points relative to the mean of the final points.

    Source: H. Li et al. 2018, "Visualizing the loss landscape of neural nets", section 7, for one path.
    """
    if problem.num_params == 2:
        names = problem.names[0], problem.names[1]
        origin, directions = torch.zeros(2, dtype=torch.float64), torch.eye(2, dtype=torch.float64)
        return Plane(origin, directions, names, equal_scales=problem.equal_scales)
    paths = [_sampled(history) for history in _shown(histories)]
    begin = problem.start()[None]
    ends = torch.cat([path[-1:] for path in paths] or [begin])
    origin = ends.mean(0)
    directions, shares = principal(torch.cat(paths or [begin]) - origin)
    first, second = (f"PCA {k + 1} ({100 * shares[k]:.0f}%)" for k in range(2))
    return Plane(origin, directions, (first, second), min(float(shares.sum()), 1.0))


def _sampled(history: History) -> Tensor:
    kept = history.kept_rows
    rows = torch.linspace(0, kept - 1, min(kept, SAMPLES)).round().long()
    params = history.params[rows].double()
    return params[params.isfinite().all(1)]


def principal(points: Tensor) -> tuple[Tensor, Tensor]:
    """Return the first two principal directions `(2, n)` of points `(rows, n)`, and their fractions.

    The points are not centered. Computed from the Gram matrix, which is small where there are many more
    parameters than points.
    """
    size = points.abs().max().clamp(min=1e-300)
    scaled = points / size
    values, vectors = torch.linalg.eigh(scaled @ scaled.T)
    values = values.clamp(min=0).flip(0)
    rows = (vectors.flip(1)[:, :2].T @ scaled)[:2]
    directions = torch.zeros(2, points.shape[1], dtype=torch.float64)
    for k in range(2):
        known = k < len(rows) and values[k] > 1e-12 * values.sum().clamp(min=1e-300)
        least = int(directions[0].abs().argmin())
        directions[k] = rows[k] if known else torch.eye(points.shape[1], dtype=torch.float64)[least]
        if k:
            directions[1] -= directions[1] @ directions[0] * directions[0]
        directions[k] /= directions[k].norm().clamp(min=1e-300)
    shares = torch.zeros(2, dtype=torch.float64)
    shares[: min(len(values), 2)] = values[:2] / values.sum().clamp(min=1e-300)
    return directions, shares


def window(plane: Plane, problem: Problem, histories: Sequence[History], zoom: Zoom) -> Limits:
    """Return the limits ((x0, x1), (y0, y1)) for a zoom level. Diverged and distant runs may lie outside."""
    usual = problem.window if plane.is_full_space else None
    shown = [history for history in histories if _near(history)] if usual else _shown(histories)
    paths = [plane.project(history.params[: history.kept_rows]) for history in shown]
    minima = minima_in(plane, problem)
    whole = usual or _around([*paths, minima], ALL_MARGIN)
    if zoom == "paths" and paths:
        return _around(paths, PATHS_MARGIN)
    if zoom == "minimum" and (len(minima) or paths):
        return _close(paths, minima, whole)
    return whole


def widened(limits: Limits) -> Limits:
    """Return limits of which the shorter side is extended to the longer one divided by `MAX_ASPECT`."""
    longest = max(high - low for low, high in limits)
    (x0, x1), (y0, y1) = (_extended(low, high, longest / MAX_ASPECT) for low, high in limits)
    return (x0, x1), (y0, y1)


def _extended(low: float, high: float, least: float) -> tuple[float, float]:
    more = max(least - (high - low), 0.0) / 2
    return low - more, high + more


def _near(history: History) -> bool:
    """Return whether a run finished with no loss far above its first one."""
    if not history.finished:
        return False
    first = float(history.loss[0])
    return float(history.loss[: history.num_recorded].max()) <= first + 10 * max(abs(first), 1.0)


def _shown(histories: Sequence[History]) -> list[History]:
    """Return the runs that stayed near, or the first steps of all if none did."""
    near = [history for history in histories if _near(history)]
    return near or [replace(history, loss=history.loss[:3]) for history in histories if history.num_recorded]


def minima_in(plane: Plane, problem: Problem) -> Tensor:
    """Return the projected known minima `(minima, 2)`."""
    places = torch.tensor(problem.minimizers, dtype=torch.float64).reshape(-1, problem.num_params)
    return plane.project(places)


def _around(points: Sequence[Tensor], margin: float) -> Limits:
    every = torch.cat([part for part in points if len(part)] or [torch.zeros(1, 2, dtype=torch.float64)])
    every = every[every.isfinite().all(1)]
    low, high = every.amin(0), every.amax(0)
    widest = float((high - low).max()) or 1.0
    room = ((high - low) * margin).clamp(min=0.1 * widest)
    (x0, y0), (x1, y1) = (low - room).tolist(), (high + room).tolist()
    return (x0, x1), (y0, y1)


def _close(paths: Sequence[Tensor], minima: Tensor, whole: Limits) -> Limits:
    """Return the limits around the minimum nearest to the final points; half of these are inside."""
    ends = torch.stack([path[-1] for path in paths]) if paths else minima[:1]
    places = minima if len(minima) else ends[:1]
    apart = torch.cdist(ends, places)
    center = places[int(apart.median(0).values.argmin())]
    spans = torch.tensor([high - low for low, high in whole], dtype=torch.float64)
    reach = (ends - center).abs().median(0).values * 3
    half = reach.clamp(min=spans * MIN_ZOOM, max=spans / 4)
    (x0, y0), (x1, y1) = (center - half).tolist(), (center + half).tolist()
    return (x0, x1), (y0, y1)
