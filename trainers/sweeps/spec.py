"""Hyperparameter sweep: a grid or Sobol points over settings of one run."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.quasirandom import SobolEngine

from trainers.exports import Exportable
from trainers.modes import cacheable
from trainers.objective import FAILURE_FACTOR
from trainers.optimizers import Optimizer
from trainers.run import Method, Run
from trainers.schedules import Schedule
from trainers.settings import Integer, Number, SettingError, Settings, coerce, real_settings, settings_of
from trainers.sweeps.axis import MAX_RUNS, Axis, is_whole
from trainers.words import is_number, safe_text

PREFIX = "schedule."
"""Before the name of a setting of the schedule, where it is an axis."""
MAX_RUN_EPOCHS = 10_000_000_000
"""Max. size of a sweep: runs times epochs."""


@dataclass(frozen=True)
class Sweep(Exportable):
    """A run with some of its optimizer's hyperparameters replaced by axes.

    Trains the grid of all axes' values or, if given, `num_points` quasi-random points (scrambled Sobol
    sequence from the run's seed). In place of axes, `points` has the values of each point, by setting. Each
    point is trained with `seeds` seeds: `seed`, `seed + 1`, ... of the run. An invalid axis, value, count or
    size raises `SettingError`.
    """

    run: Run
    axes: Mapping[str, Axis] = field(default_factory=dict)
    seeds: int = 1
    num_points: int | None = None
    targets: tuple[float, ...] = (1e-2,)
    points: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    __getstate__ = Settings.__getstate__

    def __post_init__(self) -> None:
        if not isinstance(self.run, Run):
            raise SettingError("run", f"of a sweep must be a Run, got {safe_text(self.run)}")
        if not isinstance(self.axes, Mapping) or not all(isinstance(a, Axis) for a in self.axes.values()):
            raise SettingError("axes", f"must map settings to axes, got {safe_text(self.axes)}")
        if not self.run.optimizer.by_hand():
            name = type(self.run.optimizer).__name__
            raise SettingError(
                "optimizer", f"must have a hand-written update rule in a sweep; {name} has none"
            )
        for name, axis in self.axes.items():
            self._check_values(name, (axis.low, axis.high))
        self._check_points()
        object.__setattr__(self, "seeds", _count("seeds", self.seeds))
        if self.num_points is not None:
            object.__setattr__(self, "num_points", _count("num_points", self.num_points))
        if not isinstance(self.targets, tuple) or not all(is_number(x) and x == x for x in self.targets):
            raise SettingError("targets", f"must be a tuple of target gaps, got {safe_text(self.targets)}")
        if self.run.start is not None and self.seeds > 1:
            raise SettingError("seeds", f"must be 1 for a run with a custom start, got {self.seeds}")
        if self.size > MAX_RUNS:
            raise SettingError("sweep", f"must have at most {MAX_RUNS:,} runs, got {self.size:,}")
        if self.size * self.run.epochs > MAX_RUN_EPOCHS:
            size = f"{self.size:,} runs of {self.run.epochs:,} epochs"
            raise SettingError("sweep", f"must have at most {MAX_RUN_EPOCHS:,} epochs in all, got {size}")
        replace(self.run.optimizer, **self.optimizer_settings)  # raises if settings contradict each other

    def _check_points(self) -> None:
        if not isinstance(self.points, Mapping) or not all(
            isinstance(p, tuple) for p in self.points.values()
        ):
            raise SettingError("points", f"must map settings to tuples, got {safe_text(self.points)}")
        if self.points and (self.axes or self.num_points is not None):
            raise SettingError("points", "must stand in place of axes, not beside them")
        counts = {len(values) for values in self.points.values()}
        if self.points and (len(counts) != 1 or 0 in counts):
            raise SettingError("points", f"must have as many values for each setting, got {sorted(counts)}")
        for name, values in self.points.items():
            self._check_values(name, values)

    def _check_values(self, name: str, values: Iterable[float]) -> None:
        able = real_settings(self.run.optimizer)
        if self.run.schedule is not None:
            able = able | {PREFIX + n: each for n, each in real_settings(self.run.schedule).items()}
        setting = able.get(name)
        if setting is None:
            raise SettingError("axis", f"must be one of {', '.join(able)}, got {safe_text(name)}")
        for value in values:
            setting.validate(name, value)

    @property
    def size(self) -> int:
        """Number of runs."""
        return self.num_settings * int(self.seeds)

    @property
    def num_settings(self) -> int:
        """Number of points, each trained with all seeds."""
        if self.points:
            return len(next(iter(self.points.values())))
        return int(self.num_points or math.prod(int(axis.count) for axis in self.axes.values()))

    @property
    def swept(self) -> tuple[str, ...]:
        """Names of the swept settings."""
        return tuple(self.points or self.axes)

    @cached_property
    @cacheable
    def settings(self) -> dict[str, Tensor]:
        """The swept settings, each `(size,)`, float64. The seeds of one point are adjacent.

        Those of the schedule are called `schedule.warmup` and the like.
        """
        if self.points:
            columns = [torch.tensor(values, dtype=torch.float64) for values in self.points.values()]
        elif self.num_points is not None and self.axes:
            engine = SobolEngine(len(self.axes), scramble=True, seed=self.run.seed)
            shares = engine.draw(self.num_points, dtype=torch.float64).T
            columns = [axis.at(share) for axis, share in zip(self.axes.values(), shares, strict=True)]
        else:
            grids = (
                torch.meshgrid(*(axis.values() for axis in self.axes.values()), indexing="ij")
                if self.axes
                else ()
            )
            columns = [grid.flatten() for grid in grids]
        return {
            name: (column.round() if self._is_whole(name) else column).repeat_interleave(self.seeds)
            for name, column in zip(self.swept, columns, strict=True)
        }

    def _is_whole(self, name: str) -> bool:
        schedule = settings_of(self.run.schedule) if self.run.schedule is not None else {}
        kinds = {**settings_of(self.run.optimizer), **{PREFIX + n: each for n, each in schedule.items()}}
        return isinstance(kinds[name], Integer)

    @property
    def optimizer_settings(self) -> dict[str, Tensor]:
        """The swept settings of the optimizer."""
        return {name: column for name, column in self.settings.items() if not name.startswith(PREFIX)}

    @property
    def schedule_settings(self) -> dict[str, Tensor]:
        """The swept settings of the schedule, by their own names."""
        return {
            name.removeprefix(PREFIX): column
            for name, column in self.settings.items()
            if name.startswith(PREFIX)
        }

    @property
    def lr(self) -> Number:
        """The learning rate: a number, or that of each run, `(size,)`; 1 without one."""
        lr: Number = self.settings.get("lr", getattr(self.run.optimizer, "lr", 1.0))
        return lr

    def optimizer(self, row: int) -> Optimizer:
        """The optimizer of one run."""
        optimizer = self.run.optimizer
        values = {name: column[row].item() for name, column in self.optimizer_settings.items()}
        given = {name: getattr(optimizer, name) for name in settings_of(optimizer)}
        # Nesterov without momentum is plain descent, to which `coerce` changes it.
        alone: Optimizer = coerce(type(optimizer), given | values)[0]
        return alone

    def schedule(self, row: int) -> Schedule | None:
        """The schedule of one run."""
        values: dict[str, Any] = {name: column[row].item() for name, column in self.schedule_settings.items()}
        return replace(self.run.schedule, **values) if self.run.schedule is not None else None

    def method(self, row: int) -> Method:
        """The optimizer and schedule of one run, updated by hand."""
        changes: dict[str, Any] = {"optimizer": self.optimizer(row), "schedule": self.schedule(row)}
        return replace(self.run.method, **changes, runner="manual").suited(self.run.problem)

    @cached_property
    @cacheable
    def run_seeds(self) -> Tensor:
        """The seed of each run, `(size,)`, int64."""
        return self._first_seeds().repeat(self.size // self.seeds)

    def _first_seeds(self) -> Tensor:
        return (self.run.seed + torch.arange(self.seeds)) % 2**31

    @cached_property
    def tasks(self) -> tuple[Run, ...]:
        """The run with each of the seeds."""
        return tuple(replace(self.run, seed=seed) for seed in self._first_seeds().tolist())

    @property
    def splits_differ(self) -> bool:
        """Whether each seed has a validation split of its own, and so its own training set."""
        return self.seeds > 1 and self.run.validation is not None

    @property
    def batches_differ(self) -> bool:
        """Whether each seed has mini-batches of its own."""
        return self.seeds > 1 and self.run.steps_per_epoch > 1

    @cached_property
    @cacheable
    def minima(self) -> Tensor | None:
        """`(seeds,)`, float64: the minimum loss on the training set of each seed; None if unknown."""
        minimum = self.run.training.minimum
        if minimum is None:
            return None
        minima = [each.training.minimum for each in self.tasks] if self.splits_differ else [minimum]
        return torch.tensor(minima, dtype=torch.float64).expand(self.seeds)

    @cached_property
    def rounding(self) -> float:
        """Gap up to which a gap is rounding error; 0 if the minimum is unknown."""
        dtype = getattr(torch, self.run.dtype)
        return max(
            each.training.rounding(dtype) for each in (self.tasks if self.splits_differ else [self.run])
        )

    def gap_or_loss(self, loss: Tensor, rows: Tensor | None = None) -> Tensor:
        """The gaps of losses `(..., runs)`, float64, or the losses where the minimum is unknown.

        Of all runs, or of those in `rows`.
        """
        if self.minima is None:
            return loss.double()
        rows = torch.arange(self.size) if rows is None else rows
        return loss.double() - self.minima[rows % self.seeds]

    def initial(self, rows: Tensor) -> Tensor:
        """The initial parameters of some runs, `(n, rows)`, in the run's dtype."""
        return self._start_params[:, rows % self.seeds]

    @cached_property
    @cacheable
    def _start_params(self) -> Tensor:
        return torch.stack([each.initial() for each in self.tasks], dim=1)

    @cached_property
    @cacheable
    def median_start(self) -> float:
        """The median initial gap, or loss where the minimum is unknown; of two in the middle the larger."""
        if self.splits_differ:
            losses = torch.stack([each.training.loss(each.initial()) for each in self.tasks])
        else:
            losses = self.run.training.loss(self._start_params)
        above = self.gap_or_loss(losses, torch.arange(self.seeds))
        ordered = above.where(~above.isnan(), math.inf).sort().values
        return float(ordered[self.seeds // 2])

    @property
    def limit(self) -> float:
        """`FAILURE_FACTOR` times the size of `median_start`; runs that end above it failed."""
        return FAILURE_FACTOR * abs(self.median_start) or math.inf


def _count(name: str, value: Any) -> int:
    if not is_whole(value) or not 1 <= value <= MAX_RUNS:
        raise SettingError(name, f"must be a whole number from 1 to {MAX_RUNS:,}, got {safe_text(value)}")
    return int(value)
