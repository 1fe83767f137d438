"""Fewer rows that give the same picture."""

import numpy as np
import torch
from torch import Tensor

from trainers.history import History

BUCKETS = 300
"""A curve keeps two points of each bucket, its least and its largest."""


def thinned(values: Tensor, buckets: int = BUCKETS) -> Tensor:
    """The rows of a curve that give the same picture: at most `2 buckets + 2` of them, ascending.

    The first and the last, and of each bucket the least and the largest, so that the best value and
    every spike stay. Rows that are not finite are left out.
    """
    rows = values.isfinite().nonzero().flatten()
    if len(rows) <= 2 * buckets + 2:
        return rows
    size = -(-len(rows) // buckets)
    padded = torch.nn.functional.pad(values[rows], (0, -len(rows) % size), value=float(values[rows[-1]]))
    parts = padded.reshape(-1, size)
    begins = torch.arange(0, len(padded), size)
    extremes = torch.cat([begins + parts.argmin(1), begins + parts.argmax(1)]).clamp(max=len(rows) - 1)
    kept = torch.zeros(len(rows), dtype=torch.bool)
    kept[0] = kept[-1] = kept[extremes] = True
    return rows[kept]


def snapshot_epochs(epochs: int, count: int = 60) -> list[int]:
    """Epochs at which to look at a training: close together at the start, where much happens."""
    steps = np.geomspace(1, epochs, min(count, epochs))
    return sorted({0, *steps.round().astype(int).tolist()})


def snapshots(history: History, count: int = 30) -> list[tuple[int, int, Tensor]]:
    """Number, epoch and parameters `(n,)`, float64, at no more than `count` epochs of a run.

    A run that diverged stays at its last finite ones.
    """
    last = max(history.num_recorded - 1, 0)
    rows = [history.row(min(epoch, last)) for epoch in snapshot_epochs(history.run.epochs, count)]
    return [
        (number, int(history.epochs[row]), history.params[row].double()) for number, row in enumerate(rows)
    ]
