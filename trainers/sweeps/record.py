"""What is kept of the runs of a sweep."""

import math

import torch
from torch import Tensor

from trainers.sweeps.result import SweepResult
from trainers.sweeps.spec import Sweep


class Tally:
    """What is kept of all runs of a sweep."""

    def __init__(self, sweep: Sweep) -> None:
        self.sweep, self.dtype = sweep, getattr(torch, sweep.run.dtype)
        minimum = sweep.run.training.minimum
        targets = sweep.targets if minimum is not None else ()
        self.levels = {gap: level(minimum, gap, self.dtype) for gap in targets}
        self.final = torch.full((sweep.size,), math.nan, dtype=torch.float64)
        self.best = self.final.clone()
        self.diverged_at = torch.full((sweep.size,), -1)
        self.epochs_to = {gap: self.diverged_at.clone() for gap in targets}

    def result(self, seconds: float, stopped: bool) -> SweepResult:
        return SweepResult(
            sweep=self.sweep,
            final_loss=self.final,
            best_loss=self.best,
            diverged_at=self.diverged_at,
            epochs_to=self.epochs_to,
            seconds=seconds,
            stopped=stopped,
        )


class Ledger:
    """What is kept of the runs of one block that are still alive; it enters the tally as they end."""

    def __init__(self, tally: Tally, rows: Tensor) -> None:
        self.tally, self.rows = tally, rows
        self.best = torch.full((len(rows),), math.inf, dtype=tally.dtype)
        self.waiting = {gap: torch.ones(len(rows), dtype=torch.bool) for gap in tally.levels}

    def record(self, first: int, losses: Tensor) -> Tensor | None:
        """Take note of losses `(epochs, runs)`, those of `first` on; tell who is alive if not all are."""
        low, high, alive = losses.amin(0), losses.amax(0), None
        if not (math.isfinite(low.min().item()) and math.isfinite(high.max().item())):
            alive = low.isfinite() & high.isfinite()
            gone = diverged(losses[:, ~alive])
            self.tally.diverged_at[self.rows[~alive]] = first + (~gone).sum(0)
            losses[:, ~alive] = losses[:, ~alive].masked_fill(gone, math.inf)
            low[~alive] = losses[:, ~alive].amin(0)
        torch.minimum(self.best, low, out=self.best)
        for gap, level in self.tally.levels.items():
            waiting = self.best > level
            new = (self.waiting[gap] ^ waiting).nonzero().flatten()
            if len(new):
                before = (losses[:, new] > level).cummin(0).values.sum(0)
                self.tally.epochs_to[gap][self.rows[new]] = first + before
                self.waiting[gap] = waiting
        return alive

    def keep(self, alive: Tensor) -> None:
        """Go on with these runs alone."""
        self.tally.best[self.rows[~alive]] = finite(self.best[~alive])
        self.rows, self.best = self.rows[alive], self.best[alive]
        self.waiting = {gap: waiting[alive] for gap, waiting in self.waiting.items()}

    def finish(self, losses: Tensor) -> None:
        """Take note of how the last runs alive ended."""
        self.tally.final[self.rows] = losses.double()
        self.tally.best[self.rows] = finite(self.best)


def diverged(losses: Tensor) -> Tensor:
    """Where a loss `(epochs, runs)` or one before it is not finite."""
    return (~losses.isfinite()).int().cummax(0).values.bool()


def finite(best: Tensor) -> Tensor:
    """The best losses in float64, NaN where the first was not finite."""
    return best.double().where(best.isfinite(), math.nan)


def level(minimum: float | None, gap: float, dtype: torch.dtype) -> float:
    """The largest loss of this precision that is at most `gap` above the minimum."""
    assert minimum is not None
    highest = torch.tensor(minimum + gap, dtype=dtype)
    while highest.double().item() - minimum > gap:
        highest = torch.nextafter(highest, torch.tensor(-math.inf, dtype=dtype))
    return highest.item()
