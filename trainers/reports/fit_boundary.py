"""Decision boundaries of classifiers with two features."""

from typing import Any

import numpy as np
import pandas as pd
import torch
from contourpy import contour_generator

from trainers.history import History
from trainers.reports.thinning import snapshots

CELLS = 48
"""A plane is looked at in so many columns and rows."""
MARGIN = 0.1


def box(table: pd.DataFrame) -> tuple[tuple[float, float], tuple[float, float]]:
    """The part of the plane that the points take up, with a margin."""
    sides = []
    for name in ("x", "y"):
        low, high = float(table[name].min()), float(table[name].max())
        margin = MARGIN * (high - low) or 1.0
        sides.append((low - margin, high + margin))
    return sides[0], sides[1]


def border(
    history: History, sides: tuple[tuple[float, float], tuple[float, float]]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The model's view of the plane, at each moment.

    The first table has a row a moment: moment, epoch, and shares, an array `(rows, columns, classes)` of
    probabilities, from the top down. The second has the lines between the classes: moment, line, order, x, y.
    """
    x, y = (torch.linspace(*side, CELLS, dtype=torch.float64) for side in sides)
    plane = torch.cartesian_prod(y, x).flip(1)
    views, lines = [], []
    for moment, epoch, params in snapshots(history):
        shares = history.run.problem.predict(params, plane).reshape(CELLS, CELLS, -1).numpy()
        views.append({"moment": moment, "epoch": epoch, "shares": shares[::-1]})
        lines += [{"moment": moment, **point} for point in _between(x.numpy(), y.numpy(), shares)]
    columns = ["moment", "line", "order", "x", "y"]
    return pd.DataFrame(views, columns=["moment", "epoch", "shares"]), pd.DataFrame(lines, columns=columns)


def _between(x: Any, y: Any, shares: Any) -> list[dict[str, Any]]:
    """Where a class is as probable as the most probable other one."""
    found, classes = [], shares.shape[-1]
    for k in range(1 if classes == 2 else 0, classes):
        lead = shares[..., k] - np.delete(shares, k, axis=-1).max(axis=-1)
        for number, line in enumerate(contour_generator(x, y, lead).lines(0.0)):
            found += [
                {"line": f"{k}.{number}", "order": order, "x": float(px), "y": float(py)}
                for order, (px, py) in enumerate(np.asarray(line))
            ]
    return found
