"""Decision boundaries of classifiers with two features."""

from typing import Any

import numpy as np
import pandas as pd
import torch
from contourpy import contour_generator

from trainers.history import History
from trainers.reports.thinning import snapshots

RESOLUTION = 48
"""Number of columns and of rows at which the plane is evaluated."""
MARGIN = 0.1


def box(table: pd.DataFrame) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the limits of the points in x and y, with a margin."""
    limits = []
    for name in ("x", "y"):
        low, high = float(table[name].min()), float(table[name].max())
        margin = MARGIN * (high - low) or 1.0
        limits.append((low - margin, high + margin))
    return limits[0], limits[1]


def decision_boundary(
    history: History, limits: tuple[tuple[float, float], tuple[float, float]]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the predicted probabilities in the plane and the decision boundary, at each snapshot.

    The first table has one row per snapshot: snapshot, epoch, probabilities, an array `(rows, columns,
    classes)` from the top down. The second has the boundary lines: snapshot, line, order, x, y.
    """
    x, y = (torch.linspace(*side, RESOLUTION, dtype=torch.float64) for side in limits)
    plane = torch.cartesian_prod(y, x).flip(1)
    regions, lines = [], []
    for snapshot, epoch, params in snapshots(history):
        probabilities = history.run.problem.predict(params, plane).reshape(RESOLUTION, RESOLUTION, -1).numpy()
        regions.append({"snapshot": snapshot, "epoch": epoch, "probabilities": probabilities[::-1]})
        lines += [
            {"snapshot": snapshot, **point} for point in _boundary_lines(x.numpy(), y.numpy(), probabilities)
        ]
    columns = ["snapshot", "line", "order", "x", "y"]
    return pd.DataFrame(regions, columns=["snapshot", "epoch", "probabilities"]), pd.DataFrame(
        lines, columns=columns
    )


def _boundary_lines(x: Any, y: Any, probabilities: Any) -> list[dict[str, Any]]:
    """Return the lines on which a class is as probable as the most probable other class."""
    found, classes = [], probabilities.shape[-1]
    for k in range(1 if classes == 2 else 0, classes):
        lead = probabilities[..., k] - np.delete(probabilities, k, axis=-1).max(axis=-1)
        for number, line in enumerate(contour_generator(x, y, lead).lines(0.0)):
            found += [
                {"line": f"{k}.{number}", "order": order, "x": float(px), "y": float(py)}
                for order, (px, py) in enumerate(np.asarray(line))
            ]
    return found
