"""Downsampling of curves, and snapshots of training."""

import torch
from torch import Tensor

from trainers.history import History
from trainers.run import snapshot_epochs

BUCKETS = 300
"""Number of buckets; a curve keeps the minimum and the maximum of each."""

MAX_SNAPSHOTS = 30
"""Maximum number of snapshots for which parameters are evaluated."""


def downsample(values: Tensor, buckets: int = BUCKETS) -> Tensor:
    """Return the indices of a min-max downsampling, ascending: at most `2 * buckets + 2`.

    The first, the last, and the minimum and maximum of each bucket, so that the best value and every spike
    stay. Values that are not finite are dropped.
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


def snapshots(history: History, count: int = MAX_SNAPSHOTS) -> list[tuple[int, int, Tensor]]:
    """Return (number, epoch, parameters `(n,)` in float64) at no more than `count` epochs of a run.

    A diverged run keeps its last finite parameters.
    """
    last = max(history.num_recorded - 1, 0)
    rows = [history.row(min(epoch, last)) for epoch in snapshot_epochs(history.run.epochs, count)]
    return [
        (number, int(history.epochs[row]), history.params[row].double()) for number, row in enumerate(rows)
    ]
