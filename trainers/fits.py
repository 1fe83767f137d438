"""How a model fits its data, at moments of its training: curves, borders between classes, and mix-ups."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from contourpy import contour_generator
from torch import Tensor

from trainers.datasets.dataset import Rows
from trainers.history import History
from trainers.objective import Objective
from trainers.problems.supervised import Supervised
from trainers.tables import moments

PANELS = 4
"""So many runs have a panel of their own."""
MOMENTS = 30
MOST_POINTS = 800
"""So many rows are drawn."""
CELLS = 48
"""A plane is looked at in so many columns and rows."""
MARGIN = 0.1

Kind = Literal["curve", "measured", "border", "confusion"]


def kind(problem: Supervised) -> Kind:
    """What can be seen of a fit: it depends on the inputs and on the target."""
    inputs = len(problem.data.features)
    if problem.labels:
        return "border" if inputs == 2 else "confusion"
    return "curve" if inputs == 1 else "measured"


def points(task: Objective) -> pd.DataFrame:
    """The rows, training and held out, thinned: x, y, of classes of the plane label, and held_out."""
    parts = []
    for problem, held_out in ((task.training, False), (task.held_out, True)):
        if isinstance(problem, Supervised):
            parts.append(_points(problem.data).assign(held_out=held_out))
    table = pd.concat(parts, ignore_index=True)
    if len(table) > MOST_POINTS:
        table = table.sample(MOST_POINTS, random_state=0).sort_index()
    return table.reset_index(drop=True)


def _points(rows: Rows) -> pd.DataFrame:
    x = rows.inputs[:, 0].numpy()
    if rows.labels:
        labels = [rows.labels[k] for k in rows.target.tolist()]
        return pd.DataFrame({"x": x, "y": rows.inputs[:, 1].numpy(), "label": labels})
    return pd.DataFrame({"x": x, "y": rows.target.numpy()})


def looks(history: History) -> list[tuple[int, int, Tensor]]:
    """Moment, epoch and parameters `(n,)`, float64. A run that diverged stays at its last finite ones."""
    last = max(history.rows - 1, 0)
    rows = [history.row(min(epoch, last)) for epoch in moments(history.run.epochs, MOMENTS)]
    return [
        (moment, int(history.epochs[row]), history.params[row].double()) for moment, row in enumerate(rows)
    ]


def curves(histories: Sequence[History], names: Sequence[str], window: tuple[float, float]) -> pd.DataFrame:
    """Each run's prediction across the window, at each of the moments: run, moment, epoch, x, y."""
    columns, parts = ["run", "moment", "epoch", "x", "y"], []
    for history, name in zip(histories, names, strict=True):
        count = 2 if history.run.problem.size == 2 else 80
        x = torch.linspace(*window, count, dtype=torch.float64)
        for moment, epoch, params in looks(history):
            y = history.run.problem.predict(params, x)
            row = {"run": name, "moment": moment, "epoch": epoch, "x": x.numpy(), "y": y.numpy()}
            parts.append(pd.DataFrame(row))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def measured(histories: Sequence[History], names: Sequence[str], most: int = 150) -> pd.DataFrame:
    """What was measured, x, beside each run's prediction, y, at each moment: run, moment, epoch, x, y."""
    columns, parts = ["run", "moment", "epoch", "x", "y"], []
    for history, name in zip(histories, names, strict=True):
        problem = history.run.training
        assert isinstance(problem, Supervised)
        rows = problem.data[slice(None, None, -(-problem.count // most))]
        for moment, epoch, params in looks(history):
            y = rows.inputs @ params
            row = {"run": name, "moment": moment, "epoch": epoch, "x": rows.target.numpy(), "y": y.numpy()}
            parts.append(pd.DataFrame(row))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


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
    for moment, epoch, params in looks(history):
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


def confusion(history: History) -> pd.DataFrame:
    """How often each class was taken for each, at each moment: moment, epoch, true, found, rows, share.

    Of the rows held out, if there are any; share is that of the rows of the true class.
    """
    problem = history.run.held_out or history.run.training
    assert isinstance(problem, Supervised)
    rows, labels = problem.data, list(problem.labels)
    parts = []
    for moment, epoch, params in looks(history):
        classes = problem.predict(params, rows.inputs).argmax(1)
        counts = torch.bincount(rows.target * len(labels) + classes, minlength=len(labels) ** 2)
        table = counts.reshape(len(labels), -1)
        shares = table / table.sum(1, keepdim=True).clamp(min=1)
        pairs = pd.MultiIndex.from_product([labels, labels], names=["true", "found"]).to_frame(index=False)
        cells: dict[str, Any] = {
            "moment": moment,
            "epoch": epoch,
            "rows": counts.numpy(),
            "share": shares.flatten().numpy(),
        }
        parts.append(pairs.assign(**cells))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["moment"])
