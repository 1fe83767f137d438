"""Confusion matrices."""

from typing import Any

import pandas as pd
import torch

from trainers.history import History
from trainers.problems.supervised import Supervised
from trainers.reports.thinning import snapshots


def confusion(history: History) -> pd.DataFrame:
    """Return the confusion matrix at each snapshot: snapshot, epoch, true, predicted, count, fraction.

    On the validation set if there is one. The fraction is relative to the samples of the true class.
    """
    problem = history.run.validation or history.run.training
    assert isinstance(problem, Supervised)
    rows, labels = problem.data, list(problem.class_names)
    parts = []
    for snapshot, epoch, params in snapshots(history):
        classes = problem.predict(params, rows.inputs).argmax(1)
        counts = torch.bincount(rows.target * len(labels) + classes, minlength=len(labels) ** 2)
        table = counts.reshape(len(labels), -1)
        shares = table / table.sum(1, keepdim=True).clamp(min=1)
        pairs = pd.MultiIndex.from_product([labels, labels], names=["true", "predicted"]).to_frame(
            index=False
        )
        cells: dict[str, Any] = {
            "snapshot": snapshot,
            "epoch": epoch,
            "count": counts.numpy(),
            "fraction": shares.flatten().numpy(),
        }
        parts.append(pairs.assign(**cells))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["snapshot"])
