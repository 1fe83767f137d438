"""Result of a race."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd
import torch
from torch import Tensor

from trainers.display import NotebookDisplay
from trainers.optimizers import Optimizer
from trainers.races.redraw import Evidence, is_better, median
from trainers.races.spec import Race
from trainers.sweeps.result import SweepResult

EDGE_FRACTION = 0.02
"""Fraction of the log learning-rate range that counts as its edge."""


@dataclass(frozen=True)
class OptimizerResult:
    """Result of one optimizer. For scores see `Race.score`: lower is better, infinite if failed."""

    optimizer: Optimizer
    trials: SweepResult
    trial_scores: Tensor = field(repr=False)
    """`(trials, seeds)`; those in question may have been trained with more seeds since."""
    best_trial: int
    """Index of the trial with the lowest median score over all its seeds; of ties, the middle one."""
    losses: Tensor = field(repr=False)
    """`(len(race.recorded), seeds)`: loss curves of the best trial, retrained with new seeds."""
    redrawn: Tensor | None = field(repr=False)
    """`(REDRAWN,)`, int64: the best trial of each re-drawn race; None if the race compares nothing."""
    new_scores: dict[int, Tensor] = field(repr=False)
    """`(seeds,)`, by trial, ascending: scores with new seeds of those that are best here or redrawn."""
    new_ranges: dict[int, Tensor] = field(repr=False)
    """`(seeds, 2)`, by trial: the lowest and the highest score of each of these runs and its twins."""
    default_scores: Tensor = field(repr=False)
    """`(seeds,)`: the scores at the default learning rate."""

    @property
    def tuned_scores(self) -> Tensor:
        """`(seeds,)`: scores of the best trial with new seeds."""
        return self.new_scores[self.best_trial]

    @property
    def scores(self) -> Tensor:
        """`(trials,)`: median scores over the seeds."""
        return median(self.trial_scores)

    @property
    def diverged(self) -> Tensor:
        """`(trials,)`, bool: whether the median seed diverged, which is worse than any final gap."""
        gone = self.trials.diverged_at.reshape(self.trial_scores.shape) >= 0
        return median(gone.double()) > 0

    def optimizer_at(self, trial: int) -> Optimizer:
        """The optimizer with the hyperparameters of one trial."""
        return self.trials.sweep.optimizer(trial * self.trial_scores.shape[1])

    @property
    def succeeded(self) -> bool:
        """Whether a trial succeeded, in the median over its seeds; else the middle one is compared."""
        return bool(self.scores.isfinite().any())

    @property
    def failed(self) -> bool:
        """Whether every trial failed, or none reached the target, and so did the best one with new seeds."""
        return not self.succeeded and bool(median(self.tuned_scores).isinf())

    @property
    def best_optimizer(self) -> Optimizer:
        """The optimizer with the hyperparameters of its best trial."""
        return self.optimizer_at(self.best_trial)

    @property
    def best_settings(self) -> dict[str, float]:
        """The tuned settings of its best trial, by name."""
        row = self.best_trial * self.trial_scores.shape[1]
        return {name: float(column[row]) for name, column in self.trials.settings.items()}

    @property
    def best_lr(self) -> float:
        """The learning rate of its best trial."""
        return float(getattr(self.best_optimizer, "lr"))  # noqa: B009

    @property
    def at_edge(self) -> str:
        """ "low" or "high" if the best learning rate is at that edge of its range, else "".

        On a grid the edge is its last point.
        """
        if not self.succeeded:
            return ""
        axis, on_grid = self.trials.sweep.axes["lr"], self.trials.sweep.num_points is None
        place = math.log(self.best_lr / axis.low) / math.log(axis.high / axis.low)
        margin = max(EDGE_FRACTION, 0.5 / (axis.count - 1)) if on_grid else EDGE_FRACTION
        return "low" if place < margin else "high" if place > 1 - margin else ""


@dataclass(frozen=True, eq=False)
class RaceResult(NotebookDisplay):
    """Result of a race, one entry per optimizer that finished."""

    race: Race
    results: tuple[OptimizerResult, ...] = field(repr=False)
    seconds: float
    stopped: bool = False
    evidence: Evidence | None = field(default=None, repr=False)
    """How sure the comparison is; None with one optimizer, too few seeds, or if stopped before."""

    @property
    def seeds(self) -> int:
        """Number of new seeds with which the optimizers are compared."""
        return len(self.results[0].tuned_scores) if self.results else self.race.seeds

    @property
    def medians(self) -> Tensor:
        """`(optimizers,)`: median scores over the new seeds."""
        if not self.results:  # stopped before any had finished
            return torch.empty(0, dtype=torch.float64)
        return torch.stack([median(entry.tuned_scores) for entry in self.results])

    @property
    def decided(self) -> bool:
        """Whether the first optimizer beats every other one, or is within 10% of it; nothing else is left.

        True where nothing can be decided: one optimizer, few seeds, or all failed with every seed.
        """
        if not self.evidence:
            return True
        if not self.leaders:
            return all(bool(entry.tuned_scores.isinf().all()) for entry in self.results)
        first, *others = self.ranking
        return bool((self.evidence.beats | self.evidence.alike)[first, others].all())

    @cached_property
    def ranking(self) -> list[int]:
        """Indices of the results from best to worst: by group of `evidence`, then by median score."""
        medians = self.medians.tolist()
        groups = self.evidence.groups if self.evidence else [range(len(medians))]
        return [place for group in groups for place in sorted(group, key=medians.__getitem__)]

    @property
    def leaders(self) -> list[int]:
        """Indices of the results whose median score is the lowest but for rounding; none if all failed."""
        medians = self.medians
        if not len(medians) or medians.min().isinf():
            return []
        return self.race.tied(medians, medians.min()).nonzero().flatten().tolist()

    def win_rates(self) -> Tensor:
        """`(optimizers, optimizers)`: fraction of new seeds with the row better; ties count half."""
        if not self.results:  # stopped before any had finished
            return torch.empty(0, 0, dtype=torch.float64)
        ranges = torch.stack([entry.new_ranges[entry.best_trial] for entry in self.results])
        better = is_better(self.race, ranges[:, None], ranges[None, :])
        return (0.5 + 0.5 * better.double() - 0.5 * better.transpose(0, 1).double()).mean(2)

    def frame(self, names: Sequence[str] | None = None) -> pd.DataFrame:
        """One row per trial and seed: run, trial, and the columns of `SweepResult.frame`.

        The column run holds `names`, by default those of `Race.name_of`.
        """
        names = [self.race.name_of(entry.optimizer) for entry in self.results] if names is None else names
        parts = []
        for name, entry in zip(names, self.results, strict=True):
            frame = entry.trials.frame()
            frame.insert(0, "run", name)
            frame.insert(1, "trial", frame.index // self.race.seeds)
            parts.append(frame)
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
