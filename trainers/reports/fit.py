"""Predictions of models during training, as tables."""

from collections.abc import Sequence
from typing import Literal

import pandas as pd
import torch

from trainers.datasets.dataset import Dataset
from trainers.history import History
from trainers.objective import Objective
from trainers.problems.supervised import Supervised
from trainers.reports.thinning import snapshots

MAX_PANELS = 4
"""Maximum number of runs with a panel of their own."""
MAX_POINTS = 800
"""Maximum number of samples drawn."""
MAX_PREDICTED = 150
"""The same of predictions, which are drawn for each run and snapshot."""
Kind = Literal["curve", "predicted_actual", "decision_boundary", "confusion"]


def kind(problem: Supervised) -> Kind | None:
    """Return which chart shows the fit, by the number of features and the type of the target.

    None if a sample has several targets, or predictions.
    """
    inputs, target = len(problem.data.features), problem.data.target
    if problem.class_names:
        return "decision_boundary" if inputs == 2 else "confusion"
    if target.numel() != len(target) or not problem.single_output:
        return None
    return "curve" if inputs == 1 else "predicted_actual"


def num_shown(task: Objective, kind: Kind) -> int:
    """Return how many samples a chart is about: predictions and confusion are of one set."""
    if kind == "predicted_actual":
        return task.training.num_samples
    if kind == "confusion":
        return (task.validation or task.training).num_samples
    return task.training.num_samples + (task.validation.num_samples if task.validation else 0)


def num_drawn(task: Objective, kind: Kind) -> int:
    """Return how many of these samples the chart has."""
    samples = num_shown(task, kind)
    if kind == "predicted_actual":
        return len(range(0, samples, -(-samples // MAX_PREDICTED)))
    return samples if kind == "confusion" else min(samples, MAX_POINTS)


def points(task: Objective) -> pd.DataFrame:
    """Return training and validation samples, at most `MAX_POINTS`: x, y, label (of classes), validation."""
    parts = []
    for problem, validation in ((task.training, False), (task.validation, True)):
        if isinstance(problem, Supervised):
            parts.append(_points(problem.data).assign(validation=validation))
    table = pd.concat(parts, ignore_index=True)
    if len(table) > MAX_POINTS:
        table = table.sample(MAX_POINTS, random_state=0).sort_index()
    return table.reset_index(drop=True)


def _points(rows: Dataset) -> pd.DataFrame:
    x = rows.inputs[:, 0].numpy()
    if rows.class_names:
        labels = [rows.class_names[k] for k in rows.target.tolist()]
        return pd.DataFrame({"x": x, "y": rows.inputs[:, 1].numpy(), "label": labels})
    return pd.DataFrame({"x": x, "y": rows.target.flatten().numpy()})


def curves(histories: Sequence[History], names: Sequence[str], window: tuple[float, float]) -> pd.DataFrame:
    """Return each run's predictions across the window at each snapshot: run, snapshot, epoch, x, y."""
    columns, parts = ["run", "snapshot", "epoch", "x", "y"], []
    for history, name in zip(histories, names, strict=True):
        count = 2 if history.run.problem.num_params == 2 else 80
        x = torch.linspace(*window, count, dtype=torch.float64)
        for snapshot, epoch, params in snapshots(history):
            y = history.run.problem.predict(params, x)
            row = {"run": name, "snapshot": snapshot, "epoch": epoch, "x": x.numpy(), "y": y.numpy()}
            parts.append(pd.DataFrame(row))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def predicted_actual(histories: Sequence[History], names: Sequence[str]) -> pd.DataFrame:
    """Return actual targets x and predictions y of at most `MAX_PREDICTED` training samples: run, snapshot,
    epoch, x, y.
    """
    columns, parts = ["run", "snapshot", "epoch", "x", "y"], []
    for history, name in zip(histories, names, strict=True):
        problem = history.run.training
        assert isinstance(problem, Supervised)
        rows = problem.data[slice(None, None, -(-problem.num_samples // MAX_PREDICTED))]
        for snapshot, epoch, params in snapshots(history):
            y = problem.fitted(params, rows)
            row = {
                "run": name,
                "snapshot": snapshot,
                "epoch": epoch,
                "x": rows.target.flatten().numpy(),
                "y": y.numpy(),
            }
            parts.append(pd.DataFrame(row))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
