"""Specification of a race: optimizers tuned with equal budgets, then compared on new seeds."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from trainers.exports import Exportable
from trainers.objective import Objective
from trainers.optimizers import SGD, Adagrad, Adam, Optimizer, RMSprop
from trainers.races.settings import MIN_SEEDS, RaceSettings
from trainers.run import Method, Run, snapshot_epochs
from trainers.settings import SettingError, settings_of
from trainers.sweeps.result import SweepResult
from trainers.sweeps.spec import PREFIX, Sweep
from trainers.sweeps.twins import COPIES
from trainers.ties import tied
from trainers.words import safe_text

DEFAULT_OPTIMIZERS = (
    SGD(),
    SGD(momentum=0.9),
    SGD(momentum=0.9, nesterov=True),
    Adam(),
    RMSprop(),
    Adagrad(),
)
"""Default optimizers."""
NEW_SEEDS = 2**30
"""Distance of the seeds of the comparison from those of the trials, so that no race nearby is tuned on
them."""
CURVE_POINTS = 150
"""Most epochs of which a race keeps losses."""
LOOKS = 4
"""Most times that a race until decided is looked at, each time with about twice as many seeds."""


@dataclass(frozen=True, kw_only=True)
class Race(RaceSettings, Objective, Exportable):
    """A race of optimizers on a problem. Invalid values raise `SettingError`.

    Each trial is trained with `seeds` seeds: `seed`, `seed + 1`, ...; its score is the median over them. The
    best trial of each optimizer is retrained with as many new seeds, `seed + NEW_SEEDS` and on. For more
    seeds see `rounds`.

    Sources: F. Schneider, L. Balles and P. Hennig 2019, "DeepOBS"; D. Choi et al. 2019, arXiv 1910.05446.
    """

    optimizers: tuple[Optimizer, ...] = DEFAULT_OPTIMIZERS

    def check(self) -> None:
        super().check()
        if not isinstance(self.optimizers, tuple | list):
            raise SettingError(
                "optimizers", f"must be a tuple of optimizers, got {safe_text(self.optimizers)}"
            )
        object.__setattr__(self, "optimizers", tuple(self.optimizers))
        if not self.optimizers:
            raise SettingError("optimizers", "must be at least one, got none")
        for optimizer in self.optimizers:
            if not can_race(optimizer):
                reason = "must have a hand-written update rule and a learning rate"
                raise SettingError("optimizers", f"{reason}, got {safe_text(optimizer)}")
        if self.metric == "epochs" and self.training.minimum is None:
            raise SettingError("metric", "epochs needs a problem with a known minimum")

    @cached_property
    def sweeps(self) -> tuple[Sweep, ...]:
        """The sweep of each optimizer's trials."""
        points = self.trials if self.tune == "all" else None
        return tuple(
            Sweep(
                self.run(optimizer),
                self.space(optimizer),
                seeds=self.seeds,
                num_points=points,
                targets=(self.target,),
            )
            for optimizer in self.optimizers
        )

    def optimizer_at(self, entry: int, trial: int) -> Optimizer:
        """An optimizer with the hyperparameters of one of its trials."""
        return self.sweeps[entry].optimizer(trial * self.seeds)

    def method_at(self, entry: int, trial: int) -> Method:
        """An optimizer and its schedule with the hyperparameters of one of its trials."""
        return self.sweeps[entry].method(trial * self.seeds)

    @property
    def compares(self) -> bool:
        """Whether it can tell how sure the comparison of its optimizers is."""
        return self.seeds >= MIN_SEEDS and len(self.optimizers) > 1

    @cached_property
    def looks(self) -> tuple[int, ...]:
        """Numbers of seeds with which the optimizers are compared: one, or that of each round."""
        count = LOOKS if self.until_decided and self.compares else 1
        return tuple((self.seeds - 1) * 2**place + 1 for place in range(count))

    @property
    def rounds(self) -> tuple[range, ...]:
        """The seeds that each round adds, counted from 0: to the trials in question, and as many new ones."""
        return tuple(range(*ends) for ends in pairwise((0, *self.looks)))

    @cached_property
    def recorded(self) -> list[int]:
        """Epochs of which a race keeps losses."""
        return snapshot_epochs(self.epochs, CURVE_POINTS)

    def tuning_sweep(self, entry: int, trials: Sequence[int], seeds: range) -> Sweep:
        """The sweep that trains some trials of an optimizer with these of their seeds."""
        if seeds.start == 0:
            return self.sweeps[entry]
        run = self.run(self.optimizers[entry])
        return self._sweep(run, self._points(entry, trials), self.seed, seeds)

    def evaluation_sweep(self, entry: int, trials: Sequence[int], seeds: range | None = None) -> Sweep:
        """The sweep that trains some trials of an optimizer, and last its default lr, with new seeds."""
        run, points = self.run(self.optimizers[entry]), self._points(entry, trials)
        points = {name: (*values, _own_value(run, name)) for name, values in points.items()}
        return self._sweep(run, points, self.seed + NEW_SEEDS, self.rounds[0] if seeds is None else seeds)

    def _points(self, entry: int, trials: Sequence[int]) -> dict[str, tuple[float, ...]]:
        settings = self.sweeps[entry].settings
        return {name: tuple(each[:: self.seeds][list(trials)].tolist()) for name, each in settings.items()}

    def _sweep(self, run: Run, points: Mapping[str, tuple[float, ...]], first: int, seeds: range) -> Sweep:
        run = replace(run, seed=(first + seeds.start) % 2**31)
        return Sweep(run, seeds=len(seeds), targets=(self.target,), points=points)

    def planned(self, entry: int, seeds: range) -> tuple[Sweep, Sweep]:
        """The sweeps of a round, to estimate its cost: how many trials are in question is known then.

        The second, with new seeds, has each point as often as it has copies.
        """
        trials = range(self.num_expected)
        evaluation = self.evaluation_sweep(entry, trials, seeds)
        points = {name: values * self.copies for name, values in evaluation.points.items()}
        return self.tuning_sweep(entry, trials, seeds), replace(evaluation, points=points)

    @property
    def num_expected(self) -> int:
        """Expected number of trials of an optimizer in question: about the square root of all, see
        docs/method.md.
        """
        return round(self.trials**0.5) if self.compares else 1

    @property
    def copies(self) -> int:
        """How often each run with new seeds is trained: it and its twins, if the race compares."""
        return COPIES if self.compares else 1

    @cached_property
    def parts(self) -> list[Sweep]:
        """Sweeps used to estimate cost: for each round and optimizer its trials, and their evaluation."""
        entries = range(len(self.optimizers))
        return [part for seeds in self.rounds for entry in entries for part in self.planned(entry, seeds)]

    def run(self, optimizer: Optimizer) -> Run:
        shared = {f.name: getattr(self, f.name) for f in fields(Objective)}
        method = Method(optimizer=optimizer, schedule=self.lr_schedule).suited(self.problem)
        return Run(**shared, **vars(method), epochs=self.epochs)

    def name_of(self, optimizer: Optimizer) -> str:
        """Class of an optimizer, with its hyperparameters that are neither default nor tuned."""
        tuned = self.space(optimizer)
        fixed = [(name, value) for name, value in optimizer.non_default().items() if name not in tuned]
        settings = ", ".join(f"{name}={value}" for name, value in fixed)
        return type(optimizer).__name__ + f"({settings})" * bool(settings)

    @property
    def size(self) -> int:
        """Number of runs without twins, about: how many trials are in question is known at the end."""
        tuning, evaluation = self.parts[::2], self.parts[1::2]
        return sum(each.size for each in tuning) + sum(each.size for each in evaluation) // self.copies

    @property
    def limit(self) -> float:
        """Gap above which a run failed; see `Sweep.limit`."""
        return self.sweeps[0].limit

    @property
    def rounding(self) -> float:
        """Rounding error of the gap."""
        return self.sweeps[0].rounding

    def score(self, final: Tensor, best: Tensor, stays_from: Tensor | None) -> Tensor:
        """Score `(runs,)` by the metric: lower is better, infinite if failed; see `limit`.

        `final` and `best` are gaps, or losses where the minimum is unknown, the first NaN where a run
        diverged; `stays_from`, for the metric "epochs", are the epochs from which on the target stayed
        reached, -1 if it did not.
        """
        if stays_from is not None:
            return stays_from.double().where(stays_from >= 0, math.inf)
        above = final if self.metric == "final" else best.where(final.isfinite(), math.nan)
        near = above.where(above <= self.limit, math.inf)
        return near.clamp(min=self.rounding) if self.training.minimum is not None else near

    def tied(self, ours: Tensor, theirs: Tensor) -> Tensor:
        """Whether scores are equal but for rounding, bool."""
        if self.metric == "epochs":
            return ours == theirs
        return tied(ours, theirs, self.rounding, getattr(torch, self.dtype))

    def score_trials(self, result: SweepResult) -> Tensor:
        """Scores `(trials, seeds)`."""
        stays_from = result.stays_from[self.target] if self.metric == "epochs" else None
        final, best = map(result.sweep.gap_or_loss, (result.final_loss, result.best_loss))
        return self.score(final, best, stays_from).reshape(-1, result.sweep.seeds)

    def new_gaps(self, losses: Tensor) -> Tensor:
        """Gaps of losses `(..., seeds)` with the new seeds, or losses where the minimum is unknown."""
        count = losses.shape[-1]
        return self.evaluation_sweep(0, [0], range(count)).gap_or_loss(losses, torch.arange(count))


def _own_value(run: Run, name: str) -> float:
    """Return the value of a setting, without tuning: the learning rate's default, else the run's own."""
    if name == "lr":
        return float(settings_of(run.optimizer)["lr"].default)
    part = run.schedule if name.startswith(PREFIX) else run.optimizer
    return float(getattr(part, name.removeprefix(PREFIX)))


def can_race(optimizer: Any) -> bool:
    """Whether an optimizer has a hand-written update rule and a learning rate."""
    return isinstance(optimizer, Optimizer) and optimizer.by_hand() and "lr" in settings_of(optimizer)


def eligible_optimizers(optimizers: Sequence[Optimizer], settings: RaceSettings) -> tuple[Optimizer, ...]:
    """Optimizers that can race, without those that differ in tuned hyperparameters only."""
    eligible: dict[tuple[Any, ...], Optimizer] = {}
    for optimizer in filter(can_race, optimizers):
        tuned = settings.space(optimizer)
        fixed = [getattr(optimizer, name) for name in settings_of(optimizer) if name not in tuned]
        eligible.setdefault((type(optimizer), *fixed), optimizer)
    return tuple(eligible.values())
