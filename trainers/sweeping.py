"""Many runs trained as one tensor program."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from time import perf_counter

import torch
from torch import Tensor

from trainers.optimizers import Rule
from trainers.run import Run
from trainers.sweeps import Sweep, SweepResult

BLOCK = 8192
"""Runs trained together: many enough to share the cost of a call, few enough for the processor's cache."""

OnProgress = Callable[[float], bool | None]


def sweep(sweep: Sweep, on_progress: OnProgress | None = None) -> SweepResult:
    """Train all runs of a sweep. The same sweep gives the same bytes each time.

    `on_progress(share)` is called after each epoch of a block with the share done so far; training ends
    when it returns True, and what has not been trained then is NaN.
    """
    torch.set_num_threads(1)
    began, settings, seeds = perf_counter(), sweep.settings(), sweep.seeds()
    starts = torch.stack([sweep.run.problem.start(seed) for seed in seeds[: sweep.starts].tolist()], dim=1)
    if sweep.run.start is not None:
        starts = torch.tensor(sweep.run.start, dtype=torch.float64)[:, None]
    dtype = getattr(torch, sweep.run.dtype)
    tally = Tally(sweep, dtype)
    total, stopped = sweep.size * (sweep.run.epochs + 1), False
    for first in range(0, sweep.size, BLOCK):
        rows = torch.arange(first, min(first + BLOCK, sweep.size))
        knobs_of_rows = {name: column[rows] for name, column in settings.items()}
        params = starts[:, seeds[rows] - sweep.run.seed].to(dtype)
        for epoch in train_block(sweep.run, knobs_of_rows, params, tally.over(rows)):
            done = first * (sweep.run.epochs + 1) + len(rows) * (epoch + 1)
            if on_progress is not None and on_progress(done / total):
                stopped = True
                break
        if stopped:
            break
    return tally.result(settings, seeds, perf_counter() - began, stopped)


def train_block(run: Run, settings: dict[str, Tensor], params: Tensor, tally: "BlockTally") -> Iterator[int]:
    """Train these runs together, yielding after each epoch. Runs that diverge leave the block."""
    optimizer: Rule = replace(run.optimizer, **settings)  # type: ignore[assignment]
    state = optimizer.init(params)
    for epoch in range(run.epochs + 1):
        loss, gradient = run.problem.point(params)
        if not math.isfinite(loss.max().item()):
            alive = loss.isfinite()
            tally.bury(alive, epoch)
            if not alive.any():
                return
            settings = {name: column[alive] for name, column in settings.items()}
            optimizer = replace(optimizer, **settings)
            params, loss, gradient = params[:, alive], loss[alive], gradient[:, alive]
            state = {name: tensor[:, alive] for name, tensor in state.items()}
        tally.record(loss)
        yield epoch
        if epoch < run.epochs:
            optimizer.step(epoch + 1, params, gradient, state)
    tally.finish(loss)


class Tally:
    """What is kept of all runs of a sweep."""

    def __init__(self, sweep: Sweep, dtype: torch.dtype) -> None:
        self.sweep = sweep
        minimum = sweep.run.problem.minimum
        self.levels = (
            {gap: level(minimum, gap, dtype) for gap in sweep.targets} if minimum is not None else {}
        )
        self.final = torch.full((sweep.size,), math.nan, dtype=torch.float64)
        self.best = self.final.clone()
        self.diverged_at = torch.full((sweep.size,), -1)
        self.epochs_to = {gap: self.diverged_at.clone() for gap in self.levels}

    def over(self, rows: Tensor) -> "BlockTally":
        return BlockTally(self, rows)

    def result(
        self, settings: dict[str, Tensor], seeds: Tensor, seconds: float, stopped: bool
    ) -> SweepResult:
        return SweepResult(
            self.sweep,
            settings,
            seeds,
            self.final,
            self.best,
            self.diverged_at,
            self.epochs_to,
            seconds,
            stopped,
        )


class BlockTally:
    """What is kept of the runs of one block that are still alive."""

    def __init__(self, tally: Tally, rows: Tensor) -> None:
        self.tally, self.rows = tally, rows
        dtype = getattr(torch, tally.sweep.run.dtype)
        self.best = torch.full((len(rows),), math.inf, dtype=dtype)
        self.waited = {gap: torch.zeros(len(rows)) for gap in tally.levels}  # exact up to 2^24 epochs
        self.above = torch.empty(len(rows))

    def record(self, loss: Tensor) -> None:
        torch.minimum(self.best, loss, out=self.best)
        for gap, waited in self.waited.items():
            waited.add_(torch.gt(self.best, self.tally.levels[gap], out=self.above))

    def bury(self, alive: Tensor, epoch: int) -> None:
        """Write down the runs that diverged, and go on with those alive."""
        self.tally.diverged_at[self.rows[~alive]] = epoch
        self._write(~alive)
        self.rows, self.best, self.above = self.rows[alive], self.best[alive], self.above[alive]
        self.waited = {gap: waited[alive] for gap, waited in self.waited.items()}

    def finish(self, loss: Tensor) -> None:
        self.tally.final[self.rows] = loss.double()
        self._write(torch.ones(len(self.rows), dtype=torch.bool))

    def _write(self, which: Tensor) -> None:
        rows, best = self.rows[which], self.best[which]
        self.tally.best[rows] = best.double().where(best.isfinite(), math.nan)
        for gap, waited in self.waited.items():
            reached = best <= self.tally.levels[gap]
            self.tally.epochs_to[gap][rows] = waited[which].long().where(reached, -1)


def level(minimum: float, gap: float, dtype: torch.dtype) -> float:
    """The largest loss of this precision that is at most `gap` above the minimum."""
    highest = torch.tensor(minimum + gap, dtype=dtype)
    while highest.double().item() - minimum > gap:
        highest = torch.nextafter(highest, torch.tensor(-math.inf, dtype=dtype))
    return highest.item()
