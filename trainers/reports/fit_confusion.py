"""Confusion matrices."""

from typing import Any

import pandas as pd
import torch

from trainers.history import History
from trainers.problems.supervised import Supervised
from trainers.reports.thinning import snapshots


def confusion(history: History) -> pd.DataFrame:
    """How often each class was taken for each, at each moment: moment, epoch, true, found, rows, share.

    Of the rows held out, if there are any; share is that of the rows of the true class.
    """
    problem = history.run.held_out or history.run.training
    assert isinstance(problem, Supervised)
    rows, labels = problem.data, list(problem.class_names)
    parts = []
    for moment, epoch, params in snapshots(history):
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
