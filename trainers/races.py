"""What a race is: optimizers tuned with the same budget, then compared from starts they have not seen."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property

import pandas as pd
import torch
from torch import Tensor

from trainers.objective import Objective
from trainers.optimizers import SGD, Adagrad, Adam, Optimizer, RMSprop, Rule
from trainers.run import Run
from trainers.settings import KnobError, Real, Settings, choice, integer, knobs, real
from trainers.sweeps import FAILED, Axis, Sweep, SweepResult
from trainers.words import figure, plain, shown

USUAL = (SGD(), SGD(momentum=0.9), SGD(momentum=0.9, nesterov=True), Adam(), RMSprop(), Adagrad())
"""Who races where nobody is named."""
NEAR = 0.02
"""What share of the range of rates, on a log scale, is its edge."""
DIGITS = 4
"""Settings are tried to so many significant digits, so that they can be written down."""


@dataclass(frozen=True, kw_only=True)
class Racing(Settings):
    """The rules of a race, the same for all."""

    trials: int = integer(36, 2, 1000, scale="log", help="How many settings each optimizer tries.")
    starts: int = integer(10, 1, 100, scale="log", help="How many random starts each trial is trained from.")
    epochs: int = integer(500, 1, 10_000, scale="log", help="How many epochs each run is trained for.")
    criterion: str = choice(
        "final",
        ("final", "best", "epochs"),
        help="What decides: the loss at the end, the best loss on the way, or the epochs until the gap to "
        "the smallest loss is within the target. Of the starts, the median counts.",
    )
    target: float = real(1e-2, 1e-12, 1e6, scale="log", help="The gap that counts as arrived.")
    search: str = choice(
        "lr",
        ("lr", "all"),
        help="Tune the learning rate alone, on a grid, or with the other settings, at quasi-random points.",
    )
    low: float = real(1e-4, 1e-8, 100, scale="log", help="The smallest learning rate tried.")
    high: float = real(10, 1e-8, 100, scale="log", help="The largest learning rate tried.")

    def check(self) -> None:
        super().check()
        if not self.low < self.high:
            if self.high == knobs(self)["high"].default:
                raise KnobError("low", f"must be below high, {plain(self.high)}, got {plain(self.low)}")
            raise KnobError("high", f"must be above low, {plain(self.low)}, got {plain(self.high)}")

    def space(self, optimizer: Optimizer) -> dict[str, Axis]:
        """What is searched: learning rates evenly on a log scale, other knobs where they say."""
        axes = {"lr": Axis(self.low, self.high, self.trials, log=True, digits=DIGITS)}
        if self.search == "all":
            for name, knob in knobs(optimizer).items():
                if name != "lr" and isinstance(knob, Real) and knob.search is not None:
                    axes[name] = Axis(*knob.search, self.trials, knob.scale == "log", DIGITS)
        return axes


@dataclass(frozen=True, kw_only=True)
class Race(Racing, Objective):
    """A race of these optimizers on a problem; a bad value raises `KnobError` before any work.

    Each optimizer has the same number of trials over its own space, trained from the seeds
    `seed`, `seed + 1`, ...; its best trial is trained again from as many seeds that follow them.

    Sources: F. Schneider, L. Balles and P. Hennig 2019, "DeepOBS"; D. Choi et al. 2019, arXiv 1910.05446.
    """

    optimizers: tuple[Optimizer, ...] = USUAL

    def check(self) -> None:
        super().check()
        if not isinstance(self.optimizers, tuple | list):
            raise KnobError("optimizers", f"must be a tuple of optimizers, got {shown(self.optimizers)}")
        object.__setattr__(self, "optimizers", tuple(self.optimizers))
        if not self.optimizers:
            raise KnobError("optimizers", "must be at least one, got none")
        for optimizer in self.optimizers:
            if not isinstance(optimizer, Rule) or "lr" not in knobs(optimizer):
                raise KnobError("optimizers", f"must have a rule by hand and a rate, got {shown(optimizer)}")
        if self.criterion == "epochs" and self.training.minimum is None:
            raise KnobError("criterion", "epochs needs a problem whose smallest loss is known")

    @cached_property
    def sweeps(self) -> tuple[Sweep, ...]:
        """The trials of each optimizer."""
        points = self.trials if self.search == "all" else None
        return tuple(
            Sweep(self.run(rule), self.space(rule), starts=self.starts, points=points, targets=(self.target,))
            for rule in self.optimizers
        )

    def setting(self, entry: int, trial: int) -> Optimizer:
        """An optimizer as one of its trials has it."""
        return self.sweeps[entry].optimizer(trial * self.starts)

    def fresh(self, optimizer: Optimizer) -> Sweep:
        """One setting trained from starts that no trial has seen."""
        run = self.run(optimizer)
        return Sweep(replace(run, seed=(self.seed + self.starts) % 2**31), starts=self.starts)

    @cached_property
    def parts(self) -> list[Sweep]:
        """All that is trained, or what takes as long: the trials, then the best one and torch's rate."""
        parts: list[Sweep] = []
        for optimizer, trials in zip(self.optimizers, self.sweeps, strict=True):
            parts += [trials, self.fresh(optimizer), self.fresh(optimizer)]
        return parts

    def run(self, optimizer: Optimizer) -> Run:
        shared = {f.name: getattr(self, f.name) for f in fields(Objective)}
        return Run(**shared, optimizer=optimizer, epochs=self.epochs)

    @property
    def size(self) -> int:
        """How many runs are trained in all."""
        return len(self.optimizers) * self.starts * (self.trials + 2)

    @property
    def limit(self) -> float:
        """Results beyond this count as failed; see `Sweep.limit`."""
        return self.sweeps[0].limit

    @property
    def counted(self) -> str:
        """What the criterion counts, in words."""
        if self.criterion == "epochs":
            return f"epochs to gap {figure(self.target, 6)}"
        return f"{self.criterion} {'loss' if self.training.minimum is None else 'gap'}"

    @property
    def missed(self) -> str:
        """What a result is called that is infinite."""
        return "not reached" if self.criterion == "epochs" else "failed"

    @property
    def failure(self) -> str:
        """What it is to fail, where epochs are not what counts."""
        return (
            FAILED if self.criterion == "final" else "diverged, or stayed ten times as far away as runs begin"
        )

    def told(self, result: Tensor | float) -> str:
        """A result as text."""
        number = float(result)
        if math.isinf(number):
            return self.missed
        if self.criterion == "epochs":
            return f"{number:,.0f}"
        if self.training.minimum is not None and number <= self.rounding:
            return "0 (rounding)"
        return figure(number)

    @property
    def rounding(self) -> float:
        """Gaps up to this are the rounding of the loss, not the optimizer's work."""
        return self.training.rounding(getattr(torch, self.dtype))

    def judged(self, final: Tensor, best: Tensor, arrived: Tensor) -> Tensor:
        """What counts, by the criterion, of some runs: small is good, infinite is `missed`; see `limit`.

        `final` and `best` are losses, the first NaN where a run diverged; `arrived` is an epoch or -1.
        """
        if self.criterion == "epochs":
            return arrived.double().where(arrived >= 0, math.inf)
        loss = final if self.criterion == "final" else best.where(final.isfinite(), math.nan)
        above = self.training.above(loss)
        near = above.where(above <= self.limit, math.inf)
        return near.clamp(min=self.rounding) if self.training.minimum is not None else near

    def judged_trials(self, result: SweepResult) -> Tensor:
        """`(trials, starts)`"""
        arrived = result.epochs_to.get(self.target, result.diverged_at)
        return self.judged(result.final_loss, result.best_loss, arrived).reshape(-1, self.starts)

    def judged_curves(self, losses: Tensor) -> Tensor:
        """`(runs,)` for losses `(epochs + 1, runs)`."""
        reached = self.training.above(losses) <= self.target
        arrived = reached.int().argmax(0).where(reached.any(0), -1)
        return self.judged(losses[-1], losses.where(~losses.isnan(), math.inf).amin(0), arrived)


@dataclass(frozen=True)
class Entry:
    """One optimizer in a race. Results are as `Race.judged` says."""

    optimizer: Rule
    trials: SweepResult
    results: Tensor
    """`(trials, starts)`"""
    best: int
    """The trial with the smallest median."""
    losses: Tensor
    """`(epochs + 1, starts)`: the best trial trained again from fresh starts."""
    tuned: Tensor
    """`(starts,)`: the results of that."""
    untuned: Tensor
    """`(starts,)`: the same for torch's learning rate."""

    @property
    def scores(self) -> Tensor:
        """`(trials,)`: the medians over the starts."""
        return median(self.results)

    @property
    def diverged(self) -> Tensor:
        """`(trials,)`, bool: whether the median start diverged, which is worse than to end far away."""
        gone = self.trials.diverged_at.reshape(self.results.shape) >= 0
        return median(gone.double()) > 0

    def setting(self, trial: int) -> Rule:
        """The optimizer as one trial had it."""
        optimizer = self.trials.sweep.optimizer(trial * self.results.shape[1])
        assert isinstance(optimizer, Rule)
        return optimizer

    @property
    def failed(self) -> bool:
        """Whether every trial failed, or none reached the target."""
        return bool(self.scores.isinf().all())

    @property
    def winner(self) -> Rule:
        """The optimizer as its best trial had it."""
        return self.setting(self.best)

    @property
    def at_edge(self) -> str:
        """ "low" or "high" if the best learning rate is at that end of its range, else nothing."""
        axis = self.trials.sweep.axes["lr"]
        place = math.log(self.winner.lr / axis.low) / math.log(axis.high / axis.low)  # type: ignore[attr-defined]
        margin = max(NEAR, 0.5 / (axis.count - 1))
        return "low" if place < margin else "high" if place > 1 - margin else ""


@dataclass(frozen=True, eq=False)
class RaceResult:
    """How a race ended."""

    race: Race
    entries: tuple[Entry, ...]
    seconds: float
    stopped: bool = False

    @cached_property
    def ranking(self) -> list[int]:
        """The entries from the best to the worst, by their medians over the fresh starts."""
        medians = [float(median(entry.tuned)) for entry in self.entries]
        return sorted(range(len(self.entries)), key=medians.__getitem__)

    def expected_best(self, entry: Entry, counts: Sequence[int]) -> list[float]:
        """The expected result of an entry for smaller budgets of trials; see `expected_best`.

        A trial that failed, or made it worse, counts as what it began with, the gap at the start; one that
        did not reach the target as all the epochs.
        """
        miss = float(self.race.epochs) if self.race.criterion == "epochs" else self.race.limit / 10
        return [expected_best(entry.scores, count, miss) for count in counts]

    def wins(self) -> Tensor:
        """`(entries, entries)`: in what share of the fresh starts one entry beat another; a tie is half."""
        results = torch.stack([entry.tuned for entry in self.entries])
        ours, theirs = results[:, None], results[None, :]
        return ((ours < theirs).double() + 0.5 * (ours == theirs).double()).mean(2)

    def frame(self, names: Sequence[str]) -> pd.DataFrame:
        """One row a trial and start: run, trial, and the columns of `SweepResult.frame`."""
        parts = []
        for name, entry in zip(names, self.entries, strict=True):
            frame = entry.trials.frame()
            frame.insert(0, "run", name)
            frame.insert(1, "trial", frame.index // self.race.starts)
            parts.append(frame)
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def median(results: Tensor) -> Tensor:
    """The median over the last dimension, where a miss is infinite; of two in the middle, the worse."""
    return results.sort(dim=-1).values[..., results.shape[-1] // 2]


def expected_best(scores: Tensor, count: int, miss: float) -> float:
    """The mean of the best of `count` trials, drawn without replacement from those that were made.

    Exact: the i-th best of N is the best drawn with probability C(N - i, count - 1) / C(N, count). What is
    worse than `miss` counts as that.

    Source: P. Sivaprasad et al. 2020, arXiv 1910.11758.
    """
    ordered = scores.clamp(max=miss).sort().values.tolist()
    share, expected, total = count / len(ordered), 0.0, len(ordered)
    for place, score in enumerate(ordered):
        expected += share * score
        left = total - place - 1
        share *= (left - count + 1) / left if left else 0.0
    return expected
