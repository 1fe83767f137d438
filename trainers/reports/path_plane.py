"""The plane in which paths are seen: two parameters, or the two directions in which most of the way lies."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from trainers.history import History
from trainers.problems import Problem

SAMPLES = 60
"""From so many points of each path the directions are found."""
WIDE, CLOSE = 0.15, 0.05
"""The margins of a window, as shares of what is in it: of the whole, and of the paths."""
SMALLEST = 1e-3
"""A close look is not closer than this share of the whole."""
Zoom = Literal["all", "paths", "minimum"]
Sides = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, eq=False)
class Plane:
    """A plane in the space of parameters, all float64."""

    origin: Tensor
    """`(n,)`"""
    directions: Tensor
    """`(2, n)`: of length one, at right angles."""
    names: tuple[str, str]
    held: float = 1.0
    """What share of the paths' movement lies in the plane."""

    def project(self, params: Tensor) -> Tensor:
        """`(rows, 2)`: where parameters `(rows, n)` are seen."""
        seen: Tensor = (params.double() - self.origin) @ self.directions.T
        return seen

    def lift(self, points: Tensor) -> Tensor:
        """`(n, rows)`: the parameters at points `(rows, 2)` of the plane, one a column."""
        return self.origin[:, None] + self.directions.T @ points.T

    @property
    def exact(self) -> bool:
        """Whether it is all of the space."""
        return self.directions.shape[1] == 2


def plane(problem: Problem, histories: Sequence[History]) -> Plane:
    """The parameters themselves if there are two, else the first two principal directions of the paths.

    The directions go through the mean of the paths' ends, and are those in which the points of all paths are
    furthest from it.

    Source: H. Li et al. 2018, "Visualizing the loss landscape of neural nets", section 7, for one path.
    """
    if problem.num_params == 2:
        names = problem.names[0], problem.names[1]
        return Plane(torch.zeros(2, dtype=torch.float64), torch.eye(2, dtype=torch.float64), names)
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
    """The two directions `(2, n)` in which points `(rows, n)` extend most, and their shares of the whole.

    By the Gram matrix, which is small where there are many more parameters than points.
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


def window(seen: Plane, problem: Problem, histories: Sequence[History], zoom: Zoom) -> Sides:
    """From where to where to look. Runs that diverged, or ran far away, may leave the picture."""
    usual = problem.window if seen.exact else None
    shown = [history for history in histories if _near(history)] if usual else _shown(histories)
    ways = [seen.project(history.params[: history.kept_rows]) for history in shown]
    minima = minima_in(seen, problem)
    whole = usual or _around([*ways, minima], WIDE)
    if zoom == "paths" and ways:
        return _around(ways, CLOSE)
    if zoom == "minimum" and (len(minima) or ways):
        return _close(ways, minima, whole)
    return whole


def _near(history: History) -> bool:
    """Whether a run finished without a loss far beyond its first one."""
    if not history.finished:
        return False
    first = float(history.loss[0])
    return float(history.loss[: history.num_recorded].max()) <= first + 10 * max(abs(first), 1.0)


def _shown(histories: Sequence[History]) -> list[History]:
    """The runs that stayed near; where there are none, the first steps of all."""
    near = [history for history in histories if _near(history)]
    return near or [replace(history, loss=history.loss[:3]) for history in histories if history.num_recorded]


def minima_in(seen: Plane, problem: Problem) -> Tensor:
    """Where the known minima are seen, `(minima, 2)`."""
    places = torch.tensor(problem.minimizers, dtype=torch.float64).reshape(-1, problem.num_params)
    return seen.project(places)


def _around(points: Sequence[Tensor], margin: float) -> Sides:
    every = torch.cat([part for part in points if len(part)] or [torch.zeros(1, 2, dtype=torch.float64)])
    every = every[every.isfinite().all(1)]
    low, high = every.amin(0), every.amax(0)
    widest = float((high - low).max()) or 1.0
    room = ((high - low) * margin).clamp(min=0.1 * widest)
    (x0, y0), (x1, y1) = (low - room).tolist(), (high + room).tolist()
    return (x0, x1), (y0, y1)


def _close(ways: Sequence[Tensor], minima: Tensor, whole: Sides) -> Sides:
    """Around the minimum that is nearest to the runs' ends, so that the nearer half of the ends is seen."""
    ends = torch.stack([way[-1] for way in ways]) if ways else minima[:1]
    places = minima if len(minima) else ends[:1]
    apart = torch.cdist(ends, places)
    centre = places[int(apart.median(0).values.argmin())]
    spans = torch.tensor([high - low for low, high in whole], dtype=torch.float64)
    reach = (ends - centre).abs().median(0).values * 3
    half = reach.clamp(min=spans * SMALLEST, max=spans / 4)
    (x0, y0), (x1, y1) = (centre - half).tolist(), (centre + half).tolist()
    return (x0, x1), (y0, y1)
