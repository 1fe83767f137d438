"""Curves of parameters, gradients, steps, and errors along the eigenvectors of the Hessian."""

import math
from collections.abc import Sequence

import pandas as pd
import torch
from torch import Tensor

from trainers.history import History
from trainers.problems import Problem
from trainers.reports.thinning import downsample

MAX_SHOWN = 4
"""Maximum number of parameters shown."""
QUANTITIES = {
    "parameters": "Parameters",
    "gradient": "Gradient",
    "step": "Step length",
    "error": "Error along eigenvectors",
}
LOGARITHMIC = ("step", "error", "gradient_norm")
"""Quantities without a sign, which are drawn on a log axis."""


def quantities(problem: Problem) -> list[str]:
    """Return the quantities that a problem has: errors need a constant Hessian and one minimizer."""
    known = problem.hessian is not None and len(problem.minimizers) == 1
    return [name for name in QUANTITIES if name != "error" or known]


def charted(problem: Problem, quantity: str) -> list[tuple[str, str]]:
    """Return a key and a title for each chart of a quantity."""
    names = problem.names[:MAX_SHOWN]
    if quantity == "gradient":
        return [(f"gradient_{name}", f"gradient by {name}") for name in names]
    if quantity == "step":
        return [(name, f"change of {name} per epoch") for name in names]
    if quantity == "error":
        return [
            ("steepest", "error in the steepest direction"),
            ("flattest", "error in the flattest direction"),
        ]
    return [(name, name) for name in names]


def quantity_curves(
    histories: Sequence[History], names: Sequence[str], quantity: str, key: str
) -> pd.DataFrame:
    """Return one chart of a quantity for all runs, downsampled: run, x (epochs), y."""
    make = {"step": step_lengths, "error": errors}.get(quantity, History.column)
    parts = [pd.DataFrame(columns=["run", "x", "y"])]
    for history, name in zip(histories, names, strict=True):
        values = make(history, key)
        rows = downsample(values)
        parts.append(pd.DataFrame({"run": name, "x": rows.numpy(), "y": values[rows].numpy()}))
    return pd.concat(parts[1:] or parts, ignore_index=True)


def step_lengths(history: History, name: str) -> Tensor:
    """Return the absolute change of a parameter in each epoch, `(epochs + 1,)`, NaN for epoch 0 and where an
    epoch or the one before it is not kept.
    """
    return torch.cat([torch.full((1,), math.nan, dtype=torch.float64), history.column(name).diff().abs()])


def errors(history: History, direction: str) -> Tensor:
    """Return the absolute distance from the minimizer along an eigenvector of the Hessian, `(epochs + 1,)`.

    `direction` is "steepest" or "flattest": that of the largest or of the smallest eigenvalue.
    """
    problem = history.run.training
    assert problem.hessian is not None
    vectors = torch.linalg.eigh(problem.hessian).eigenvectors
    vector = vectors[:, -1 if direction == "steepest" else 0]
    params = torch.stack([history.column(name) for name in problem.names], dim=1)
    minimizer = torch.tensor(problem.minimizers[0], dtype=torch.float64)
    distance: Tensor = ((params - minimizer) @ vector).abs()
    return distance
