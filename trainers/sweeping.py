"""Many runs at once: a run whose knobs are rows of numbers, trained as one tensor program."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from time import perf_counter
from typing import Any

import pandas as pd
import torch
from torch import Tensor
from torch.quasirandom import SobolEngine

from trainers.knobs import KnobError, Real, is_number, knobs, plain, shown
from trainers.optimizers import Rule
from trainers.run import Run

BLOCK = 8192
"""Runs trained together: many enough to share the cost of a call, few enough for the processor's cache."""

MOST_RUNS = 1_000_000
MOST_POINTS = 10_000_000_000
"""The largest sweep: runs times epochs."""

OnProgress = Callable[[float], bool | None]


@dataclass(frozen=True)
class Axis:
    """Values of one knob: `count` of them from `low` to `high`, evenly spaced, or so on a log scale."""

    low: float
    high: float
    count: int = 32
    log: bool = False

    def __post_init__(self) -> None:
        if not all(is_number(x) and math.isfinite(x) for x in (self.low, self.high)):
            raise KnobError("axis", f"must have numbers as ends, got {shown(self.low)} to {shown(self.high)}")
        if not self.low < self.high:
            raise KnobError("axis", f"must go from low to high, got {plain(self.low)} to {plain(self.high)}")
        if self.log and self.low <= 0:
            raise KnobError("axis", f"must begin above 0 on a log scale, got {plain(self.low)}")
        if not is_number(self.count) or int(self.count) != self.count or self.count < 2:
            raise KnobError("axis", f"must have at least 2 values, got {shown(self.count)}")

    def at(self, shares: Tensor) -> Tensor:
        """The values at these shares of the way from low to high, 0 to 1."""
        if self.log:
            low, high = math.log(self.low), math.log(self.high)
            return torch.exp(low + (high - low) * shares).clamp(self.low, self.high)
        return self.low + (self.high - self.low) * shares

    def values(self) -> Tensor:
        """`(count,)`, float64."""
        return self.at(torch.linspace(0, 1, int(self.count), dtype=torch.float64))


@dataclass(frozen=True)
class Sweep:
    """A run with some of its optimizer's knobs replaced by axes; the run's other settings stay.

    The grid of all axes' values is trained, or, if `points` is given, as many quasi-random points
    (scrambled Sobol sequence from the run's seed). Each point is trained from `starts` seeds, the run's
    own first. A bad axis, count or size raises `KnobError` before any work.
    """

    run: Run
    axes: Mapping[str, Axis] = field(default_factory=dict)
    starts: int = 1
    points: int | None = None
    targets: tuple[float, ...] = (1e-2,)

    def __post_init__(self) -> None:
        if not isinstance(self.run.optimizer, Rule):
            name = type(self.run.optimizer).__name__
            raise KnobError("optimizer", f"of a sweep must be written by hand; {name} is not")
        for name, axis in self.axes.items():
            self._check_axis(name, axis)
        _check_count("starts", self.starts)
        if self.points is not None:
            _check_count("points", self.points)
        if self.run.start is not None and self.starts > 1:
            raise KnobError("starts", f"must be 1 where the run's start is chosen, got {self.starts}")
        if self.size > MOST_RUNS:
            raise KnobError("sweep", f"must have at most {MOST_RUNS:,} runs, got {self.size:,}")
        if self.size * self.run.epochs > MOST_POINTS:
            asked = f"{self.size:,} runs of {self.run.epochs:,} epochs"
            raise KnobError("sweep", f"must have at most {MOST_POINTS:,} epochs in all, got {asked}")

    def _check_axis(self, name: str, axis: Axis) -> None:
        knob = knobs(self.run.optimizer).get(name)
        if not isinstance(knob, Real):
            able = [n for n, k in knobs(self.run.optimizer).items() if isinstance(k, Real)]
            raise KnobError("axis", f"must be one of {', '.join(able)}, got {shown(name)}")
        for end in (axis.low, axis.high):
            knob.checked(name, end)

    @property
    def size(self) -> int:
        """How many runs there are."""
        count = self.points or math.prod(int(axis.count) for axis in self.axes.values())
        return int(count) * int(self.starts)

    def settings(self) -> dict[str, Tensor]:
        """The swept knobs, `(size,)` each in float64. The starts of one point lie side by side."""
        if self.points is not None and self.axes:
            engine = SobolEngine(len(self.axes), scramble=True, seed=self.run.seed)
            shares = engine.draw(self.points, dtype=torch.float64).T
            columns = [axis.at(share) for axis, share in zip(self.axes.values(), shares, strict=True)]
        else:
            grids = (
                torch.meshgrid(*(axis.values() for axis in self.axes.values()), indexing="ij")
                if self.axes
                else ()
            )
            columns = [grid.flatten() for grid in grids]
        return {
            name: column.repeat_interleave(self.starts)
            for name, column in zip(self.axes, columns, strict=True)
        }

    def seeds(self) -> Tensor:
        """`(size,)`: the seed of each run's start."""
        return (self.run.seed + torch.arange(self.starts)).repeat(self.size // self.starts)


def _check_count(name: str, value: object) -> None:
    if not is_number(value) or int(value) != value or not 1 <= value <= MOST_RUNS:  # type: ignore[call-overload, operator]
        raise KnobError(name, f"must be a whole number from 1 to {MOST_RUNS:,}, got {shown(value)}")


@dataclass(frozen=True)
class SweepResult:
    """How each run of a sweep ended. Tensors have shape `(size,)`, float64 unless said otherwise."""

    sweep: Sweep
    settings: dict[str, Tensor]
    seeds: Tensor
    final_loss: Tensor
    """NaN for a run that diverged."""
    best_loss: Tensor
    diverged_at: Tensor
    """int64: the first epoch whose loss is not finite, or -1."""
    epochs_to: dict[float, Tensor]
    """int64, by target gap: the updates after which it was first reached, or -1."""
    seconds: float
    stopped: bool

    @cached_property
    def gap(self) -> Tensor:
        """The final loss minus the smallest loss there is; NaN where that is unknown or the run diverged."""
        minimum = self.sweep.run.problem.minimum
        return self.final_loss - (math.nan if minimum is None else minimum)

    def run(self, row: int) -> Run:
        """One run of the sweep, to be trained alone."""
        values = {name: column[row].item() for name, column in self.settings.items()}
        optimizer = replace(self.sweep.run.optimizer, **values)
        return replace(self.sweep.run, optimizer=optimizer, seed=int(self.seeds[row]))

    def frame(self) -> pd.DataFrame:
        """One row a run: swept knobs, start, final_loss, best_loss, gap, status, diverged_at, epochs_to_X."""
        diverged = self.diverged_at >= 0
        status = pd.Series("finished", index=range(len(self.seeds))).mask(
            pd.Series(diverged.numpy()), "diverged"
        )
        columns: dict[str, Any] = {name: column.numpy() for name, column in self.settings.items()}
        columns |= {"start": self.seeds.numpy(), "final_loss": self.final_loss.numpy()}
        columns |= {"best_loss": self.best_loss.numpy(), "gap": self.gap.numpy(), "status": status}
        columns |= {"diverged_at": _missing(self.diverged_at)}
        columns |= {f"epochs_to_{plain(gap)}": _missing(epochs) for gap, epochs in self.epochs_to.items()}
        return pd.DataFrame(columns)


def _missing(epochs: Tensor) -> pd.Series:
    return pd.Series(epochs.numpy(), dtype="Int64").mask(pd.Series((epochs < 0).numpy()))


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
