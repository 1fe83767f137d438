"""How a race ended."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd
import torch
from torch import Tensor

from trainers.optimizers import Optimizer
from trainers.races.spec import Race
from trainers.sweeps.result import SweepResult

EDGE_FRACTION = 0.02
"""What share of the range of rates, on a log scale, is its edge."""


@dataclass(frozen=True)
class OptimizerResult:
    """One optimizer in a race. Results are as `Race.score` says."""

    optimizer: Optimizer
    trials: SweepResult
    trial_scores: Tensor
    """`(trials, starts)`"""
    best_trial: int
    """The trial with the smallest median."""
    losses: Tensor
    """`(epochs + 1, starts)`: the best trial trained again from fresh starts."""
    tuned_scores: Tensor
    """`(starts,)`: the results of that."""
    default_scores: Tensor
    """`(starts,)`: the same for torch's learning rate."""

    @property
    def scores(self) -> Tensor:
        """`(trials,)`: the medians over the starts."""
        return median(self.trial_scores)

    @property
    def diverged(self) -> Tensor:
        """`(trials,)`, bool: whether the median start diverged, which is worse than to end far away."""
        gone = self.trials.diverged_at.reshape(self.trial_scores.shape) >= 0
        return median(gone.double()) > 0

    def optimizer_at(self, trial: int) -> Optimizer:
        """The optimizer as one trial had it."""
        return self.trials.sweep.optimizer(trial * self.trial_scores.shape[1])

    @property
    def failed(self) -> bool:
        """Whether every trial failed, or none reached the target."""
        return bool(self.scores.isinf().all())

    @property
    def best_optimizer(self) -> Optimizer:
        """The optimizer as its best trial had it."""
        return self.optimizer_at(self.best_trial)

    @property
    def at_edge(self) -> str:
        """ "low" or "high" if the best learning rate is at that end of its range, else nothing."""
        axis = self.trials.sweep.axes["lr"]
        place = math.log(self.best_optimizer.lr / axis.low) / math.log(axis.high / axis.low)  # type: ignore[attr-defined]
        margin = max(EDGE_FRACTION, 0.5 / (axis.count - 1))
        return "low" if place < margin else "high" if place > 1 - margin else ""


@dataclass(frozen=True, eq=False)
class RaceResult:
    """How a race ended."""

    race: Race
    results: tuple[OptimizerResult, ...]
    seconds: float
    stopped: bool = False

    @cached_property
    def ranking(self) -> list[int]:
        """The entries from the best to the worst, by their medians over the fresh starts."""
        medians = [float(median(entry.tuned_scores)) for entry in self.results]
        return sorted(range(len(self.results)), key=medians.__getitem__)

    def expected_best(self, entry: OptimizerResult, counts: Sequence[int]) -> list[float]:
        """The expected result of an entry for smaller budgets of trials; see `expected_best`.

        A trial that failed, or made it worse, counts as what it began with, the gap at the start; one that
        did not reach the target as all the epochs.
        """
        miss = float(self.race.epochs) if self.race.metric == "epochs" else self.race.limit / 10
        return [expected_best(entry.scores, count, miss) for count in counts]

    def win_rates(self) -> Tensor:
        """`(entries, entries)`: in what share of the fresh starts one entry beat another; a tie is half."""
        results = torch.stack([entry.tuned_scores for entry in self.results])
        ours, theirs = results[:, None], results[None, :]
        return ((ours < theirs).double() + 0.5 * (ours == theirs).double()).mean(2)

    def frame(self, names: Sequence[str]) -> pd.DataFrame:
        """One row a trial and start: run, trial, and the columns of `SweepResult.frame`."""
        parts = []
        for name, entry in zip(names, self.results, strict=True):
            frame = entry.trials.frame()
            frame.insert(0, "run", name)
            frame.insert(1, "trial", frame.index // self.race.seeds)
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
