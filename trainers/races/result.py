"""How a race ended."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd
import torch
from torch import Tensor

from trainers.optimizers import Rule
from trainers.races.spec import Race
from trainers.sweeps.result import SweepResult

NEAR = 0.02
"""What share of the range of rates, on a log scale, is its edge."""


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
