"""Many runs trained as one tensor program."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from time import perf_counter

import torch
from torch import Tensor

from trainers.modes import sweep_mode
from trainers.optimizers import Rule
from trainers.settings import Real, knobs
from trainers.sweeps import Sweep, SweepResult

BLOCK = 32_768
"""Parameters trained together: enough to share the cost of a call, few enough for the processor's cache."""
ROOM = 2**18
"""The numbers that the losses of a block go through at a time, for the same reasons."""
CHUNK = 16
"""Epochs between two looks at the losses."""

FEW = 4_000
"""Fewer parameters than these take about as long as they do."""
PROBE, PROBED, PATIENCE = 5, 2**17, 0.05
"""For an estimate: the epochs trained, the numbers they go through, the seconds that suffice."""

OnProgress = Callable[[float], bool | None]


def sweep(sweep: Sweep, on_progress: OnProgress | None = None) -> SweepResult:
    """Train all runs of a sweep. The same sweep gives the same bytes each time.

    `on_progress(share)` is called after each epoch of a block with the share done so far; training ends
    when it returns True, and what has not been trained then is NaN.
    """
    began, tally = perf_counter(), Tally(sweep)
    with sweep_mode():
        for rows in torch.arange(sweep.size).split(block_size(sweep)):
            for epoch in train_block(sweep, rows, tally):
                done = int(rows[0]) + len(rows) * (epoch + 1) / (sweep.run.epochs + 1)
                if on_progress is not None and on_progress(done / sweep.size):
                    return tally.result(perf_counter() - began, stopped=True)
    return tally.result(perf_counter() - began, stopped=False)


def work(sweep: Sweep) -> float:
    """How much there is to do, in updates of one parameter; few runs at once cost as much as some more."""
    load = max(sweep.run.problem.size, sweep.run.training.load)
    return float(max(sweep.size * load, FEW * sweep.run.updates) * (sweep.run.epochs + 1))


def estimate(sweep: Sweep) -> float:
    """The seconds that a sweep will take about, from a few epochs of its first block."""
    few = max(PROBED // sweep.run.training.load, 4)
    rows = torch.arange(min(block_size(sweep), sweep.size, few))
    with sweep_mode():
        block = Block(sweep, rows)
        block.advance(0)
        began = perf_counter()
        epochs = 0
        while epochs < PROBE and perf_counter() - began < PATIENCE:
            epochs += 1
            block.advance(epochs)
        spent = (perf_counter() - began) / epochs
    return spent * (sweep.run.epochs + 1) * sweep.size / len(rows)


def memory(sweep: Sweep) -> float:
    """The bytes that a sweep will take about: its result, and the block it works on."""
    block = min(block_size(sweep), sweep.size)
    numbers = 5 + len(sweep.axes) + len(sweep.targets)
    return 8.0 * sweep.size * numbers + 8.0 * block * (8 * sweep.run.problem.size + CHUNK)


def block_size(sweep: Sweep) -> int:
    """How many runs are trained together."""
    rows = sweep.run.training.count
    share = sweep.run.batch / rows if sweep.run.updates > 1 else 1.0
    return max(min(BLOCK // sweep.run.problem.size, int(ROOM / (sweep.run.training.load * share))), 1)


def curves(sweep: Sweep, rows: Tensor | None = None, on_progress: OnProgress | None = None) -> Tensor:
    """The losses of these runs of a sweep, or of all: `(epochs + 1, rows)`, NaN from divergence on.

    Where `on_progress(share)`, called after each epoch, returns True, training ends; NaN from there on, too.
    """
    rows = torch.arange(sweep.size) if rows is None else rows
    losses = torch.full((sweep.run.epochs + 1, len(rows)), math.nan, dtype=getattr(torch, sweep.run.dtype))
    with sweep_mode():
        block = Block(sweep, rows)
        for epoch in range(len(losses)):
            losses[epoch] = block.advance(epoch)
            if on_progress is not None and on_progress((epoch + 1) / len(losses)):
                break
    return losses.masked_fill(diverged(losses), math.nan)


def train_block(sweep: Sweep, rows: Tensor, tally: "Tally") -> Iterator[int]:
    """Train these runs together, yielding after each epoch. Runs that diverge leave the block."""
    block, ledger = Block(sweep, rows), Ledger(tally, rows)
    rest = range(sweep.run.epochs + 1)
    losses = torch.empty(CHUNK, len(rows), dtype=tally.dtype)
    while rest:
        chunk, rest = rest[:CHUNK], rest[CHUNK:]
        for row, epoch in enumerate(chunk):
            losses[row] = block.advance(epoch)
            yield epoch
        alive = ledger.record(chunk[0], losses[: len(chunk)])
        if alive is not None:
            ledger.keep(alive)
            if not alive.any():
                return
            block.keep(alive)
            losses = losses[:, alive]
    ledger.finish(losses[len(chunk) - 1])


class Block:
    """Runs under way: their parameters `(n, runs)`, and what their optimizer remembers."""

    def __init__(self, sweep: Sweep, rows: Tensor) -> None:
        self.training, self.updates = sweep.run.training, sweep.run.updates
        self.batches = sweep.run.batched.batches()
        self.settings = {name: column[rows] for name, column in self.columns(sweep)}
        self.optimizer: Rule = replace(sweep.run.optimizer, **self.settings)  # type: ignore[assignment]
        self.params = sweep.initial(rows)
        self.state = self.optimizer.init(self.params)

    @staticmethod
    def columns(sweep: Sweep) -> Iterator[tuple[str, Tensor]]:
        """The swept knobs; where only the relative size counts, on a log scale, in the run's precision."""
        for name, column in sweep.settings.items():
            knob = knobs(sweep.run.optimizer)[name]
            relative = isinstance(knob, Real) and knob.scale == "log"
            yield name, column.to(getattr(torch, sweep.run.dtype)) if relative else column

    def advance(self, epoch: int) -> Tensor:
        """The losses `(runs,)` after that many epochs; then the updates of the next."""
        if self.updates == 1:
            loss, gradient = self.training.points(self.params)
            self.optimizer.step(epoch + 1, self.params, gradient, self.state)
            return loss
        loss = self.training.loss(self.params)
        for update in range(1 + epoch * self.updates, 1 + (epoch + 1) * self.updates):
            gradient = next(self.batches).gradient(self.params)
            self.optimizer.step(update, self.params, gradient, self.state)
        return loss

    def keep(self, alive: Tensor) -> None:
        """Go on with these runs alone."""
        self.settings = {name: column[alive] for name, column in self.settings.items()}
        self.optimizer = replace(self.optimizer, **self.settings)
        self.params = self.params[:, alive]
        self.state = {name: tensor[:, alive] for name, tensor in self.state.items()}


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
