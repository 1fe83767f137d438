"""Scores of runs of a race, found while they are trained: few of their losses are kept."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from trainers.modes import sweep_mode
from trainers.races.spec import Race
from trainers.sweeps.record import diverged_mask
from trainers.sweeps.spec import Sweep
from trainers.sweeps.training import OnProgress, trained_chunks
from trainers.sweeps.twins import COPIES

EPOCHS_AT_ONCE = 64
"""Epochs whose losses are scored together, a multiple of `CHUNK_EPOCHS`: bounds memory."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Scores of all runs of a sweep, and of their twins."""

    scores: Tensor
    """`(trials, seeds, copies)`, float64: see `Race.score`."""
    losses: Tensor
    """`(epochs kept, trials, seeds)`, in the run's dtype: of the runs themselves, NaN from divergence on."""


def evaluate(
    race: Race,
    sweep: Sweep,
    *,
    epochs: Sequence[int] = (),
    twins: bool = False,
    on_progress: OnProgress | None = None,
) -> Evaluation:
    """Train a sweep of a race, and keep the losses after these epochs, in ascending order.

    `on_progress(fraction)` is called after each epoch of a block; training stops when it returns True, and
    the results of runs that have not ended mean nothing.
    """
    copies = COPIES if twins else 1
    curves = _Curves(race, sweep, epochs, copies)
    with sweep_mode():
        for part, epoch, _, losses in trained_chunks(sweep, torch.arange(sweep.size), on_progress, twins):
            if epoch == 0:
                waiting = []
            waiting.append(losses)
            end = epoch + len(losses)
            if end % EPOCHS_AT_ONCE == 0 or end > sweep.run.epochs:
                curves.add(part, (end - 1) // EPOCHS_AT_ONCE * EPOCHS_AT_ONCE, torch.cat(waiting))
                waiting.clear()
    scores = curves.scores().reshape(-1, sweep.seeds, copies)
    return Evaluation(scores, curves.kept[:, ::copies].reshape(len(epochs), *scores.shape[:2]))


class _Curves:
    """What a score needs of loss curves that come in chunks of epochs. Tensors are `(columns,)`."""

    def __init__(self, race: Race, sweep: Sweep, epochs: Sequence[int], copies: int) -> None:
        self.race, self.sweep, self.epochs = race, sweep, epochs
        self.rows = torch.arange(sweep.size).repeat_interleave(copies)
        dtype = getattr(torch, sweep.run.dtype)
        self.kept = torch.full((len(epochs), len(self.rows)), math.nan, dtype=dtype)
        """Losses after `epochs`."""
        self.final = torch.full((len(self.rows),), math.nan, dtype=dtype)
        self.best = torch.full_like(self.final, math.inf)
        self.diverged = torch.zeros(len(self.rows), dtype=torch.bool)
        self.within = torch.zeros(len(self.rows), dtype=torch.int64)
        """For how many epochs in a row, up to the last one, the gap has been within the target."""

    def add(self, part: slice, first: int, losses: Tensor) -> None:
        """Add the losses `(epochs, columns)` of a part of the columns, from epoch `first` on."""
        if self.diverged[part].any() or not losses.sum().isfinite():
            gone = diverged_mask(losses) | self.diverged[part]
            self.diverged[part] = gone[-1]
            losses = losses.masked_fill(gone, math.nan)
        low, high = (bisect_left(self.epochs, end) for end in (first, first + len(losses)))
        self.kept[low:high, part] = losses[[epoch - first for epoch in self.epochs[low:high]]]
        self.final[part] = losses[-1]
        self.best[part] = self.best[part].minimum(losses.nan_to_num(math.inf).amin(0))
        if self.race.metric == "epochs":
            within = self.sweep.gap_or_loss(losses, self.rows[part]) <= self.race.target
            last = within.flip(0).cummin(0).values.sum(0)
            self.within[part] = last + self.within[part].where(last == len(losses), 0)

    def scores(self) -> Tensor:
        """Scores `(columns,)`."""
        final, best = (self.sweep.gap_or_loss(loss, self.rows) for loss in (self.final, self.best))
        stays_from = (self.race.epochs + 1 - self.within).where(self.within > 0, -1)
        return self.race.score(final, best, stays_from if self.race.metric == "epochs" else None)
