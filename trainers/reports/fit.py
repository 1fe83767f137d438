"""How a model fits its data, at moments of its training: curves, borders between classes, and mix-ups."""

from collections.abc import Sequence
from typing import Literal

import pandas as pd
import torch

from trainers.datasets.dataset import Dataset
from trainers.history import History
from trainers.objective import Objective
from trainers.problems.supervised import Supervised
from trainers.reports.thinning import snapshots

PANELS = 4
"""So many runs have a panel of their own."""
MOST_POINTS = 800
"""So many rows are drawn."""
Kind = Literal["curve", "measured", "border", "confusion"]


def kind(problem: Supervised) -> Kind:
    """What can be seen of a fit: it depends on the inputs and on the target."""
    inputs = len(problem.data.features)
    if problem.class_names:
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


def _points(rows: Dataset) -> pd.DataFrame:
    x = rows.inputs[:, 0].numpy()
    if rows.class_names:
        labels = [rows.class_names[k] for k in rows.target.tolist()]
        return pd.DataFrame({"x": x, "y": rows.inputs[:, 1].numpy(), "label": labels})
    return pd.DataFrame({"x": x, "y": rows.target.numpy()})


def curves(histories: Sequence[History], names: Sequence[str], window: tuple[float, float]) -> pd.DataFrame:
    """Each run's prediction across the window, at each of the moments: run, moment, epoch, x, y."""
    columns, parts = ["run", "moment", "epoch", "x", "y"], []
    for history, name in zip(histories, names, strict=True):
        count = 2 if history.run.problem.num_params == 2 else 80
        x = torch.linspace(*window, count, dtype=torch.float64)
        for moment, epoch, params in snapshots(history):
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
        rows = problem.data[slice(None, None, -(-problem.num_samples // most))]
        for moment, epoch, params in snapshots(history):
            y = rows.inputs @ params
            row = {"run": name, "moment": moment, "epoch": epoch, "x": rows.target.numpy(), "y": y.numpy()}
            parts.append(pd.DataFrame(row))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
