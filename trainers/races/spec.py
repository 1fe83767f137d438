"""Specification of a race: optimizers tuned with equal budgets, then compared on new seeds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from trainers.exports import Exportable
from trainers.objective import Objective
from trainers.optimizers import SGD, Adagrad, Adam, Optimizer, RMSprop
from trainers.run import Method, Run
from trainers.schedules import SCHEDULES, Schedule
from trainers.settings import Real, SettingError, Settings, choice, integer, real, settings_of
from trainers.sweeps.axis import SIGNIFICANT_DIGITS, Axis
from trainers.sweeps.result import SweepResult
from trainers.sweeps.spec import PREFIX, Sweep
from trainers.words import format_value, safe_text

DEFAULT_OPTIMIZERS = (
    SGD(),
    SGD(momentum=0.9),
    SGD(momentum=0.9, nesterov=True),
    Adam(),
    RMSprop(),
    Adagrad(),
)
"""Default optimizers."""
MAX_WARMUP = 0.2
"""Longest warm-up that is tried, as a fraction of the epochs."""


@dataclass(frozen=True, kw_only=True)
class RaceSettings(Settings):
    """Settings of a race, the same for all optimizers."""

    trials: int = integer(
        36, 2, 1000, scale="log", help="Number of trials of each optimizer.", label="Trials per optimizer"
    )
    seeds: int = integer(
        10,
        1,
        100,
        scale="log",
        help="Number of seeds of each trial; its score is the median.",
        label="Seeds per trial",
    )
    epochs: int = integer(
        500, 1, 10_000, scale="log", help="Passes over the training data in each run.", label="Epochs per run"
    )
    metric: str = choice(
        "final",
        ("final", "best", "epochs"),
        help="Score of a run: final loss, best loss, or epochs until the gap is within the target. A trial's "
        "score is the median over its seeds.",
        captions={"final": "final loss", "best": "best loss", "epochs": "epochs to target"},
    )
    target: float = real(
        1e-2, 1e-12, 1e6, scale="log", help="Gap that counts as reaching the target.", label="Target gap"
    )
    tune: str = choice(
        "lr",
        ("lr", "all"),
        help="The learning rate only, on a log grid, or all hyperparameters, at quasi-random points.",
        label="Tuned hyperparameters",
        captions={"lr": "lr only"},
    )
    lr_min: float = real(
        1e-4, 1e-8, 100, scale="log", help="Lower end of the search range.", label="Min. learning rate"
    )
    lr_max: float = real(
        10, 1e-8, 100, scale="log", help="Upper end of the search range.", label="Max. learning rate"
    )
    schedule: str = choice(
        "none",
        ("none", *SCHEDULES),
        help="Learning rate schedule of all optimizers, with its default settings over the epochs of a run.",
        label="Schedule",
    )
    warmup: int = integer(
        0,
        0,
        10_000,
        scale="log",
        help="Epochs of linear warm-up before the schedule; tuned, too, if all hyperparameters are.",
        label="Warm-up",
    )

    def is_active(self, name: str) -> bool:
        used = name != "warmup" or (self.schedule != "none" and self.tune == "lr")
        return used and super().is_active(name)

    @property
    def lr_schedule(self) -> Schedule | None:
        """The schedule of all runs, None without one."""
        if self.schedule == "none":
            return None
        return SCHEDULES[self.schedule](warmup=self.warmup if self.tune == "lr" else 0)

    def check(self) -> None:
        super().check()
        if not self.lr_min < self.lr_max:
            if self.lr_max == settings_of(self)["lr_max"].default:
                raise SettingError(
                    "lr_min",
                    f"must be below lr_max, {format_value(self.lr_max)}, got {format_value(self.lr_min)}",
                )
            raise SettingError(
                "lr_max",
                f"must be above lr_min, {format_value(self.lr_min)}, got {format_value(self.lr_max)}",
            )

    def space(self, optimizer: Optimizer) -> dict[str, Axis]:
        """Search space: log-spaced learning rates, and the `search` ranges of others if all are tuned."""
        axes = {"lr": Axis(self.lr_min, self.lr_max, self.trials, log=True, digits=SIGNIFICANT_DIGITS)}
        if self.tune == "all":
            for name, setting in settings_of(optimizer).items():
                if name != "lr" and isinstance(setting, Real) and setting.search is not None:
                    log = setting.scale == "log"
                    axes[name] = Axis(*setting.search, self.trials, log, SIGNIFICANT_DIGITS)
            if self.schedule != "none":
                axes[f"{PREFIX}warmup"] = Axis(0, max(self.epochs * MAX_WARMUP, 1), self.trials)
        return axes


@dataclass(frozen=True, kw_only=True)
class Race(RaceSettings, Objective, Exportable):
    """A race of optimizers on a problem. Invalid values raise `SettingError`.

    Each trial is trained with `seeds` seeds: `seed`, `seed + 1`, ...; its score is the median over them. The
    best trial of each optimizer is retrained with the next `seeds` seeds.

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

    def evaluation_sweep(self, optimizer: Optimizer, schedule: Schedule | None = None) -> Sweep:
        """The sweep that trains an optimizer with new seeds, which no trial has used.

        `schedule` stands for that of the race.
        """
        run = replace(self.run(optimizer), schedule=schedule or self.lr_schedule)
        return Sweep(replace(run, seed=(self.seed + self.seeds) % 2**31), seeds=self.seeds)

    @cached_property
    def parts(self) -> list[Sweep]:
        """Sweeps used to estimate cost: trials plus two evaluation sweeps per optimizer."""
        parts: list[Sweep] = []
        for optimizer, trials in zip(self.optimizers, self.sweeps, strict=True):
            parts += [trials, self.evaluation_sweep(optimizer), self.evaluation_sweep(optimizer)]
        return parts

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
        """Number of runs in all."""
        return len(self.optimizers) * self.seeds * (self.trials + 2)

    @property
    def limit(self) -> float:
        """Gap above which a run failed; see `Sweep.limit`."""
        return self.sweeps[0].limit

    @property
    def rounding(self) -> float:
        """Rounding error of the gap."""
        return self.training.rounding(getattr(torch, self.dtype))

    def score(self, final: Tensor, best: Tensor, epochs_to_target: Tensor | None) -> Tensor:
        """Score `(runs,)` by the metric: lower is better, infinite if failed; see `limit`.

        `final` and `best` are losses, the first NaN where a run diverged; `epochs_to_target`, for the metric
        "epochs", is -1 if never.
        """
        if epochs_to_target is not None:
            return epochs_to_target.double().where(epochs_to_target >= 0, math.inf)
        loss = final if self.metric == "final" else best.where(final.isfinite(), math.nan)
        above = self.training.gap_or_loss(loss)
        near = above.where(above <= self.limit, math.inf)
        return near.clamp(min=self.rounding) if self.training.minimum is not None else near

    def score_trials(self, result: SweepResult) -> Tensor:
        """Scores `(trials, seeds)`."""
        epochs_to_target = result.epochs_to[self.target] if self.metric == "epochs" else None
        return self.score(result.final_loss, result.best_loss, epochs_to_target).reshape(-1, self.seeds)

    def score_curves(self, losses: Tensor) -> Tensor:
        """Scores `(runs,)` of loss curves `(epochs + 1, runs)`."""
        epochs_to_target = None
        if self.metric == "epochs":
            reached = self.training.gap_or_loss(losses) <= self.target
            epochs_to_target = reached.int().argmax(0).where(reached.any(0), -1)
        return self.score(losses[-1], losses.where(~losses.isnan(), math.inf).amin(0), epochs_to_target)


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
