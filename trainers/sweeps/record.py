"""Recording of a sweep: final and best losses, divergence, epochs to target."""

import math

import torch
from torch import Tensor

from trainers.sweeps.result import SweepResult
from trainers.sweeps.spec import Sweep


class SweepRecorder:
    """Result tensors `(size,)` of a sweep, filled as runs end."""

    def __init__(self, sweep: Sweep) -> None:
        self.sweep, self.dtype = sweep, getattr(torch, sweep.run.dtype)
        minima = sweep.minima.tolist() if sweep.minima is not None else []
        targets = sweep.targets if minima else ()
        self.loss_thresholds = {
            gap: torch.tensor([loss_threshold(m, gap, self.dtype) for m in minima], dtype=self.dtype)
            for gap in targets
        }
        """`(seeds,)`, by target gap."""
        self.final = torch.full((sweep.size,), math.nan, dtype=torch.float64)
        self.best = self.final.clone()
        self.diverged_at = torch.full((sweep.size,), -1)
        self.epochs_to = {gap: self.diverged_at.clone() for gap in targets}
        self.stays_from = {gap: self.diverged_at.clone() for gap in targets}

    def result(self, seconds: float, stopped: bool) -> SweepResult:
        return SweepResult(
            sweep=self.sweep,
            final_loss=self.final,
            best_loss=self.best,
            diverged_at=self.diverged_at,
            epochs_to=self.epochs_to,
            stays_from=self.stays_from,
            seconds=seconds,
            stopped=stopped,
        )


class BlockRecorder:
    """Running best loss, epochs to target and epochs within it of the active runs of a block."""

    def __init__(self, recorder: SweepRecorder, rows: Tensor) -> None:
        self.recorder, self.rows = recorder, rows
        self.best = torch.full((len(rows),), math.inf, dtype=recorder.dtype)
        seeds = rows % recorder.sweep.seeds
        self.thresholds = {gap: each[seeds] for gap, each in recorder.loss_thresholds.items()}
        self.waiting = {gap: torch.ones(len(rows), dtype=torch.bool) for gap in recorder.loss_thresholds}
        self.outside = {gap: torch.full((len(rows),), -1) for gap in recorder.loss_thresholds}
        """Last epoch whose loss was above the threshold, or -1, of the runs that are below it and not in
        `entering`."""
        self.above = {gap: torch.zeros(len(rows), dtype=torch.bool) for gap in recorder.loss_thresholds}
        """Whether the last loss was above the threshold."""
        self.entering = {gap: each.clone() for gap, each in self.above.items()}
        """Whether the last loss was below the threshold, and one of the last chunk, or before it, above."""
        self.chunk = 0, torch.empty(0, len(rows), dtype=recorder.dtype)
        """The last losses `(epochs, runs)`, and the first of their epochs."""

    def record(self, first: int, losses: Tensor) -> Tensor | None:
        """Record losses `(epochs, runs)` from epoch `first`; return which runs are finite, None if all."""
        low, high, alive = losses.amin(0), losses.amax(0), None
        if not (math.isfinite(low.min().item()) and math.isfinite(high.max().item())):
            alive = low.isfinite() & high.isfinite()
            gone = diverged_mask(losses[:, ~alive])
            self.recorder.diverged_at[self.rows[~alive]] = first + (~gone).sum(0)
            losses[:, ~alive] = losses[:, ~alive].masked_fill(gone, math.inf)
            low[~alive] = losses[:, ~alive].amin(0)
        torch.minimum(self.best, low, out=self.best)
        for gap, threshold in self.thresholds.items():
            waiting = self.best > threshold
            new = (self.waiting[gap] ^ waiting).nonzero().flatten()
            if len(new):
                before = (losses[:, new] > threshold[new]).cummin(0).values.sum(0)
                self.recorder.epochs_to[gap][self.rows[new]] = first + before
                self.waiting[gap] = waiting
            last, left = losses[-1] > threshold, high > threshold
            self._note_outside(gap, self.entering[gap] & ~left)
            self.entering[gap] = (left | self.above[gap]) & ~last
            self.above[gap] = last
        self.chunk = first, losses
        return alive

    def _note_outside(self, gap: float, entered: Tensor) -> None:
        """Note the last epoch above a threshold of the runs `(runs,)`, bool, that have stayed below it since.

        Runs that oscillate about it, and may do so at every epoch, cost little.
        """
        runs = entered.nonzero().flatten()
        if len(runs):
            first, losses = self.chunk
            within = (losses[:, runs] <= self.thresholds[gap][runs]).flip(0).cummin(0).values.sum(0)
            self.outside[gap][runs] = first + len(losses) - 1 - within

    def keep(self, alive: Tensor) -> None:
        """Keep the runs where `alive` `(runs,)` is true; the others enter the result."""
        self.recorder.best[self.rows[~alive]] = nan_if_infinite(self.best[~alive])
        self.rows, self.best = self.rows[alive], self.best[alive]
        self.thresholds = {gap: each[alive] for gap, each in self.thresholds.items()}
        self.waiting = {gap: waiting[alive] for gap, waiting in self.waiting.items()}
        self.outside = {gap: outside[alive] for gap, outside in self.outside.items()}
        self.above = {gap: above[alive] for gap, above in self.above.items()}
        self.entering = {gap: entering[alive] for gap, entering in self.entering.items()}
        first, losses = self.chunk
        self.chunk = first, losses[:, alive]

    def finish(self) -> None:
        """Record the final losses of the runs that are still active."""
        losses = self.chunk[1][-1]
        self.recorder.final[self.rows] = losses.double()
        self.recorder.best[self.rows] = nan_if_infinite(self.best)
        for gap, threshold in self.thresholds.items():
            self._note_outside(gap, self.entering[gap])
            stays = (self.outside[gap] + 1).where(losses <= threshold, -1)
            self.recorder.stays_from[gap][self.rows] = stays


def diverged_mask(losses: Tensor) -> Tensor:
    """Mask `(epochs, runs)`, bool: whether the loss or an earlier one is not finite."""
    return (~losses.isfinite()).int().cummax(0).values.bool()


def nan_if_infinite(best: Tensor) -> Tensor:
    """Best losses in float64, NaN where the first loss was not finite."""
    return best.double().where(best.isfinite(), math.nan)


def loss_threshold(minimum: float, gap: float, dtype: torch.dtype) -> float:
    """Largest loss in this dtype that is at most `gap` above the minimum."""
    highest = torch.tensor(minimum + gap, dtype=dtype)
    while highest.double().item() - minimum > gap:
        highest = torch.nextafter(highest, torch.tensor(-math.inf, dtype=dtype))
    return highest.item()
